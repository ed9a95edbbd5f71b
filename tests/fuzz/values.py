"""JSON values that programs trip over."""

from typing import Any

from hypothesis import strategies as st

TEXTS = (
    *("", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "é" * 300, "𝕏" * 200, "a" * 5000),
    *(
        "null",
        "NaN",
        "{}",
        "[]",
        "%s",
        "%(x)s",
        "%",
        "{0}",
        "$1",
        "${jndi:x}",
        "{{7*7}}",
        "../../etc/passwd",
        "\r\nx: y",
    ),
    *(
        "__proto__",
        "__class__",
        "constructor",
        "data:,",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "-1",
        "1e999",
    ),
)
NUMBERS = (
    *(0, -0.0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400, 0.1, 1e308, 5e-324),
    *(float("nan"), float("inf"), float("-inf")),
)

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
numbers = st.one_of(st.sampled_from(NUMBERS), st.integers(), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)


@st.composite
def nested(draw: st.DrawFn) -> Any:
    """One value below many levels."""
    value: Any = draw(scalars)
    in_list = draw(st.booleans())
    for _ in range(draw(st.sampled_from([1, 10, 100, 400]))):
        value = [value] if in_list else {"a": value}
    return value


values = st.one_of(scalars, nested(), st.lists(scalars, max_size=4), st.dictionaries(texts, scalars, max_size=4))
