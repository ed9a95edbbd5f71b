"""Verbs of keys, of what was encrypted with them, and of tokens."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import datetime

from shared.commands.status import Status
from shared.commands.verbs.verb import Verb, add_dry_run


def _add_rotate(parser: ArgumentParser) -> None:
    parser.add_argument("--now", action="store_true", help="whatever the age of the keys")
    add_dry_run(parser, "say what would become of each key, and change nothing")


def _rotate(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.rotate_keys import rotate_keys

    return rotate_keys(environ, now=options.now, dry_run=options.dry_run, as_json=options.json)


def _add_encrypt(parser: ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--decrypt", action="store_true", help="back to plain text")
    form.add_argument("--rotate", action="store_true", help="with a new data key")
    form.add_argument("--dry-run", action="store_true", help="count what is stored in which form, and change nothing")
    parser.add_argument(
        "--new-wrapping-key", action="store_true", help="bring a new version of field-encryption-key and wrap with it"
    )


def _encrypt(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.encrypt_fields import Wanted, encrypt_fields

    wanted = Wanted(
        decrypt=options.decrypt, rotate=options.rotate, rewrap=options.new_wrapping_key, dry_run=options.dry_run
    )
    return encrypt_fields(environ, wanted, as_json=options.json)


def _add_revoke(parser: ArgumentParser) -> None:
    named = parser.add_mutually_exclusive_group(required=True)
    named.add_argument(
        "--principal",
        dest="key",
        type=_principal,
        metavar="TID/OID",
        help="all tokens issued to it until now, or --before",
    )
    named.add_argument("--token", dest="key", type=_token, metavar="UTI", help="the one token with this claim uti")
    named.add_argument(
        "--client", dest="key", type=_client, metavar="ID", help="all tokens of this client, until lifted, or --before"
    )
    named.add_argument("--list", action="store_true", help="what is refused now")
    parser.add_argument(
        "--before", type=_moment, metavar="ISO", help="only tokens issued until this time (not for --token)"
    )
    parser.add_argument("--lift", action="store_true", help="accept them again")
    add_dry_run(parser, "say what would be refused or accepted, and change nothing")


def _principal(text: str) -> tuple[str, str]:
    from shared.commands.revoke_tokens import principal

    return principal(text)


def _token(text: str) -> tuple[str, str]:
    from shared.commands.revoke_tokens import token

    return token(text)


def _client(text: str) -> tuple[str, str]:
    from shared.commands.revoke_tokens import client

    return client(text)


def _moment(text: str) -> datetime:
    from shared.commands.revoke_tokens import moment

    return moment(text)


def _revoke(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.revoke_tokens import lift_revocation, list_revocations, revoke_tokens

    if options.list:
        return list_revocations(environ, as_json=options.json)
    if options.lift:
        return lift_revocation(environ, options.key, dry_run=options.dry_run, as_json=options.json)
    return revoke_tokens(environ, options.key, options.before, dry_run=options.dry_run, as_json=options.json)


VERBS = (
    Verb(
        name="rotate-keys",
        help="bring new versions of keys into use and end old ones",
        about="Those that are due, and those that nothing depends on; calls go on meanwhile.",
        keys=("keys", "dry_run"),
        add=_add_rotate,
        run=_rotate,
    ),
    Verb(
        name="revoke-tokens",
        help="refuse tokens that have not expired",
        about="Though they are signed; every instance does so within ten seconds. Needs OWNER_DATABASE_URL. Status 1 "
        "where there is nothing to lift.",
        keys=("revocations", "dry_run"),
        add=_add_revoke,
        run=_revoke,
    ),
    Verb(
        name="encrypt-fields",
        help="encrypt customers' e-mail addresses and telephone numbers, or decrypt them",
        about="Of all customers; calls go on meanwhile. Needs OWNER_DATABASE_URL. Stopped at any time it loses "
        "nothing. Status 1 where values stay as they are.",
        keys=(
            *("changed_rows", "values_left", "keys_retired", "keys_rewrapped"),
            *("plain_values", "encrypted_values", "wrapped_by"),
        ),
        add=_add_encrypt,
        run=_encrypt,
    ),
)
