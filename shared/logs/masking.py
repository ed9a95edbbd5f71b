"""What nobody may read in a log goes out of a text or a value, however deep it lies: secrets, people, statements."""

import re
from collections.abc import Mapping

MASK = "***"
MAX_DEPTH = 8
MAX_PARTS = 200
"""Of one value. What is deeper, or more, is masked as a whole."""
MAX_TEXT = 8000
"""Characters; what is longer is cut. No pattern takes more than linear time for them."""

_NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|signing[_-]?key|"
    r"instrumentation[_-]?key|credential|authorization|cookie|signature|\bsig\b|\bcode\b"
)
_PRIVATE_NAME = re.compile(
    rf"{_NAMES}|\bkey$|rls.?context|connection.?string|(database|postgresql|sql).?(query|url)|"
    r"^(query|sql|statement|arguments?|parameters|body)$|e.?mail|phone|first.?name|last.?name",
    re.IGNORECASE,
)
"""Of a field whose value is masked, whatever it is."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # A statement, or a piece of one in an error of PostgreSQL's, to the end of the text.
        (
            r"\b(?:select\s|with\s+(?:recursive\s+)?[\w\"]{1,100}\s*(?:\([^)]{0,500}\)\s*)?as\s*(?:materialized\s*)?\(|"
            r"insert\s+into\s|update\s+\S{1,200}\s+set\s|delete\s+from\s|declare\s+\w{1,100}\s|"
            r"LINE\s\d+:|DETAIL:|CONTEXT:|QUERY:)[\s\S]*",
            MASK,
        ),
        # Who and what a URL logs in with.
        (r"(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/?#@]{0,500}@", rf"\1{MASK}@"),
        # A signed context.
        (r"\bv1(?:-[a-z]{1,20})?\|[^\s\"'<>]*", MASK),
        # A JSON Web Token.
        (r"\bey[a-z0-9_-]{5,}\.[a-z0-9_.-]+", MASK),
        (r"\b(bearer|basic)\s+[a-z0-9._~+/=-]+", rf"\1 {MASK}"),
        # name=value, "name": "value", name: [several].
        (
            rf"((?:{_NAMES})[\w-]{{0,50}}[\"']?\s{{0,5}}[=:]\s{{0,5}})"
            r"(?:[\[({][^\])}]*|b?\"(?:[^\"\\]|\\.)*\"?|b?'(?:[^'\\]|\\.)*'?|[^\s,;&\"'}\])]+)",
            rf"\1{MASK}",
        ),
        (r"[^\s\"'<>,;:()\[\]{}|\\@=]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", MASK),
        (r"(?<![\w.:-])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}[\s.-])\d{3}[\s.-]?\d{4}(?![\w:-])", MASK),
        (r"(?<![\w.:-])\+\d(?:[\s.-]?\d){7,14}(?![\w:-])", MASK),
        # A secret of ours is 32 bytes in base64; what is as long and as mixed is taken for one.
        (r"(?<![\w+/=-])[a-z0-9+/_-]{43}=(?![\w+/=-])", MASK),
        (r"(?<![\w+/=-])(?=[\w+-]{0,200}\d)(?=[\w+-]{0,200}[a-z])[\w+-]{40,}={0,2}", MASK),
    )
)
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}


def masked_text(text: str) -> str:
    """The text without what is private in it, and not longer than MAX_TEXT."""
    text = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
    for written, meant in _ESCAPES.items():  # of a repr: a word begins behind them
        text = text.replace(written, meant)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def masked(value: object, *, name: str = "", depth: int = 0) -> object:
    """A value as JSON can hold it, with what is private masked. name: of the field that it is the value of."""
    if value is None or isinstance(value, bool):
        return value
    if _PRIVATE_NAME.search(name) or isinstance(value, bytes | bytearray | memoryview):
        return MASK
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return _masked_fields(value, depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        whole = depth >= MAX_DEPTH or len(value) > MAX_PARTS
        return MASK if whole else [masked(each, depth=depth + 1) for each in value]
    return masked_text(value if isinstance(value, str) else str(value))


def _masked_fields(fields: Mapping[object, object], depth: int) -> object:
    if depth > MAX_DEPTH or len(fields) > MAX_PARTS:
        return MASK
    return {masked_text(str(name)): masked(each, name=str(name), depth=depth) for name, each in fields.items()}
