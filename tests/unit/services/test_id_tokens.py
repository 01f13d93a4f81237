"""Only a token that the provider signed for us, for this sign-in and just now, identifies anybody."""

from __future__ import annotations

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from mirrorlake.core.errors import SignInRefused
from mirrorlake.services.id_tokens import LEEWAY_S, UnknownKey, read_id_token, read_keys, verified_email

ISSUER, CLIENT, NONCE, NOW = "https://id.example", "lake", "n-1", int(time.time())
KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
CURVE = ECKey.generate_key("P-256", parameters={"kid": "two"})


def public(*keys: RSAKey | ECKey | OctKey) -> KeySet:
    return read_keys({"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in keys]})


def token(key: Any = KEY, alg: str = "RS256", *, kid: str = "one", **claims: Any) -> str:
    content = {"iss": ISSUER, "aud": CLIENT, "sub": "7", "nonce": NONCE, "iat": NOW, "exp": NOW + 300} | claims
    content = {name: value for name, value in content.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": kid}, content, key, algorithms=[alg])


def read(text: object, keys: KeySet | None = None) -> dict[str, Any]:
    return read_id_token(text, keys or public(KEY, CURVE), issuer=ISSUER, client=CLIENT, nonce=NONCE, now=NOW)


def test_a_token_for_us_identifies_somebody() -> None:
    assert read(token())["sub"] == "7"
    assert read(token(CURVE, "ES256", kid="two"))["sub"] == "7"
    assert read(token(aud=["another", CLIENT], azp=CLIENT))["sub"] == "7"
    assert read(token(exp=NOW - LEEWAY_S + 5))["sub"] == "7"  # clocks differ a little


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (token(nonce="n-2"), "nonce"),
        (token(nonce=None), "nonce"),
        (token(nonce=[NONCE]), "nonce"),
        (token(aud="another"), "aud"),
        (token(aud=None), "aud"),
        (token(aud=["another", CLIENT]), "azp"),
        (token(azp="another"), "azp"),
        (token(iss="https://evil.example"), "another provider"),
        (token(iss=[ISSUER]), "another provider"),
        (token(exp=NOW - LEEWAY_S - 1), "times"),
        (token(exp=None), "times"),
        (token(exp="tomorrow"), "times"),
        (token(iat=NOW + 3600), "times"),
        (token(nbf=NOW + 3600), "times"),
        (token(sub=None), "subject"),
        (token(sub=7), "subject"),
        (token(sub="a\0b"), "subject"),
        (token(sub="x" * 256), "subject"),
        (token(OTHER), "signature"),
        (token()[:-4] + "AAAA", "signature"),
        (token().rpartition(".")[0] + ".", "signature"),
        ("eyJhbGciOiJub25lIn0." + token().split(".")[1] + ".", "signature"),  # alg none
        (token(OctKey.import_key("a shared secret of 32 characters."), "HS256"), "signature"),
        ("a.b.c", "signature"),
        ("", "no ID token"),
        (None, "no ID token"),
        (["x"], "no ID token"),
    ],
)
def test_any_other_token_identifies_nobody(text: object, reason: str) -> None:
    with pytest.raises(SignInRefused, match=reason):
        read(text)


def test_a_token_of_an_unknown_key_asks_for_new_keys() -> None:
    with pytest.raises(UnknownKey):
        read(token(kid="three"))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": "none"},
        {"keys": [7]},
        {"keys": []},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]},
        {"keys": [KEY.as_dict(private=False) | {"use": "enc"}]},
    ],
)
def test_keys_that_cannot_check_a_signature_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused, match="keys"):
        read_keys(document)


@pytest.mark.parametrize(
    "unusable",
    [
        {"kty": "RSA", "kid": "one"},
        {"kty": "EC", "kid": "new", "crv": "P-512", "x": "AA", "y": "AA"},
        {"kty": "OKP", "kid": "new", "crv": "Ed999", "x": "AA"},
        {"kty": "AKP", "kid": "new", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": ["RSA"]},
        7,
    ],
)
def test_a_key_that_cannot_be_read_does_not_hide_the_others(unusable: object) -> None:
    keys = read_keys({"keys": [unusable, KEY.as_dict(private=False), unusable]})
    assert [key.kid for key in keys] == ["one"]
    assert read(token(), keys)["sub"] == "7"


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "Anna@Example.com", "email_verified": True}, "anna@example.com"),
        ({"email": "anna@example.com", "email_verified": "true"}, "anna@example.com"),
        ({"email": "anna@example.com", "email_verified": False}, None),
        ({"email": "anna@example.com", "email_verified": 1.5}, None),
        ({"email": "anna@example.com"}, None),
        ({"email": ["anna@example.com"], "email_verified": True}, None),
        ({"email_verified": True}, None),
        ({"email": "\u212aate@example.com", "email_verified": True}, None),  # its lower case would be kate
        ({"email": "kate@ex\u00e4mple.com", "email_verified": True}, None),
    ],
)
def test_only_a_verified_address_counts(claims: dict[str, Any], email: str | None) -> None:
    assert verified_email(claims) == email
