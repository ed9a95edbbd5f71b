"""The two headers that say who asks and how narrowly."""

from uuid import UUID

import pytest

from shared.errors import Unauthenticated, ValidationFault
from shared.identity.caller import bearer_token, store_scope_of


@pytest.mark.parametrize("header", ["Bearer a.b-c_d.e", "bearer a.b-c_d.e", "BEARER   a.b-c_d.e"])
def test_the_bearer_scheme_is_read_in_any_case(header: str) -> None:
    assert bearer_token(header) == "a.b-c_d.e"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "a.b.c",
        "Basic a.b.c",
        "Bearer a.b.c d.e.f",
        "Bearer a.b.c, Bearer d.e.f",
        "Bearer a.b.c,Bearer d.e.f",
        "Bearer a.b.c\n",
        "Bearer\ta.b.c",
        " Bearer a.b.c",
        "Bearer ä.b.c",
        'Bearer "a.b.c"',
    ],
)
def test_anything_but_one_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        bearer_token(header)


def test_a_refused_authorization_header_is_not_quoted() -> None:
    with pytest.raises(Unauthenticated) as refusal:
        bearer_token("Basic c2VjcmV0")
    assert "c2VjcmV0" not in str(refusal.value)


def test_without_the_header_nothing_is_narrowed() -> None:
    assert store_scope_of(None) is None


def test_a_store_id_is_read_in_either_case() -> None:
    store = UUID("9c8b7a65-4321-fed0-9876-543210fedcba")
    assert store_scope_of(str(store)) == store_scope_of(str(store).upper()) == store


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "7",
        "all",
        "9c8b7a654321fed09876543210fedcba",
        "{9c8b7a65-4321-fed0-9876-543210fedcba}",
        "urn:uuid:9c8b7a65-4321-fed0-9876-543210fedcba",
        "9c8b7a65-4321-fed0-9876-543210fedcba\n",
        "9c8b7a65-4321-fed0-9876-543210fedcba,f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "9c8b7a65-4321-fed0-9876-543210fedcb\N{FULLWIDTH DIGIT ONE}",
    ],
)
def test_a_malformed_store_id_is_a_mistake_and_not_an_absent_one(header: str) -> None:
    with pytest.raises(ValidationFault):
        store_scope_of(header)
