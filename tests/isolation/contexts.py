"""Signed contexts that must not hold: made with another key, changed, expired, or spelled another way."""

from uuid import UUID

from shared.database.schema import hmac_pads
from shared.rls_context import sign_context
from tests.conftest import KEY, caller_of, context_of


def forged_contexts() -> dict[str, str]:
    """Contexts of the head office that an attacker may come by or make, by what is wrong with them."""
    head_office = caller_of("head-office").principal_id
    good = context_of("head-office", seconds=600)
    mine = context_of("kirkland", seconds=600)
    claim, mac = good.rsplit("|", 1)
    version, principal, scope, expiry, kid, my_mac = mine.split("|")
    old = context_of("head-office", seconds=-3600)
    digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    return {
        "wrong key": sign_context(b"k" * 32, KEY.version, head_office),
        "empty key": sign_context(b"", KEY.version, head_office),
        "the key in base64": sign_context(KEY.value.encode(), KEY.version, head_office),
        "the inner pad as key": sign_context(hmac_pads(KEY.key())[0], KEY.version, UUID(int=0)),
        "unknown kid": sign_context(KEY.key(), "another", head_office),
        "empty kid": sign_context(KEY.key(), "", head_office),
        "kid of a path": sign_context(KEY.key(), "../test-key-1", head_office),
        "kid of a quote": sign_context(KEY.key(), "' OR true --", head_office),
        "no mac": f"{claim}|",
        "no sixth field": claim,
        "short mac": f"{claim}|{mac[:-1]}",
        "half a mac": f"{claim}|{mac[:32]}",
        "one byte of mac": f"{claim}|{mac[:2]}",
        "longer mac": f"{claim}|{mac}0",
        "upper-case mac": f"{claim}|{mac.upper()}",
        "mac of zeros": f"{claim}|{'0' * 64}",
        "mac of wildcards": f"{claim}|{'%' * 64}",
        "my mac": f"{claim}|{my_mac}",
        "my mac and their principal": "|".join([version, str(head_office), scope, expiry, kid, my_mac]),
        "later expiry": "|".join([version, principal, scope, str(int(expiry) + 1), kid, my_mac]),
        "narrower scope": "|".join([version, principal, str(UUID(int=1)), expiry, kid, my_mac]),
        "expired": old,
        "expired a second ago": context_of("head-office", seconds=-1),
        "expired and made later": old.replace(old.split("|")[3], "9999999999"),
        "called plain": good.replace("v1|", "v1-plain|", 1),
        "called single": good.replace("v1|", "v1-single|", 1),
        "version 2": good.replace("v1|", "v2|", 1),
        "no version": good.removeprefix("v1|"),
        "upper-case version": good.replace("v1|", "V1|", 1),
        "extra field": f"{good}|x",
        "extra bar": f"{good}|",
        "leading bar": f"|{good}",
        "leading space": f" {good}",
        "trailing space": f"{good} ",
        "trailing newline": f"{good}\n",
        "leading newline": f"\n{good}",
        "two contexts": f"{mine}\n{good}",
        "mine, then theirs": f"{mine}|{good}",
        "commas": good.replace("|", ","),
        "full-width bars": good.replace("|", "｜"),
        "unicode digits": "|".join([version, str(head_office), scope, expiry.translate(digits), kid, mac]),
        "upper-case principal": good.replace(str(head_office), str(head_office).upper()),
        "principal in braces": good.replace(str(head_office), f"{{{head_office}}}"),
        "principal without hyphens": good.replace(str(head_office), head_office.hex),
        "scope of all": "|".join([version, str(head_office), "**", expiry, kid, mac]),
        "empty scope": "|".join([version, str(head_office), "", expiry, kid, mac]),
        "negative expiry": "|".join([version, str(head_office), scope, "-1", kid, mac]),
        "endless expiry": "|".join([version, str(head_office), scope, "9" * 30, kid, mac]),
        "expiry in hexadecimal": "|".join([version, str(head_office), scope, hex(int(expiry)), kid, mac]),
        "expiry with a fraction": "|".join([version, str(head_office), scope, f"{expiry}.0", kid, mac]),
        "expiry with zeros": "|".join([version, str(head_office), scope, f"00{expiry}", kid, mac]),
        "empty": "",
        "bars": "|||||",
        "a wildcard": "%",
        "very long": "v1|" + "x" * 50_000,
        "a pattern's end": f"{good[:-1]}$",
        "a tab": good.replace("|", "\t|", 1),
    }
