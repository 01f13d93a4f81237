"""Check the ID tokens of an identity provider (OpenID Connect Core 1.0, 3.1.3.7). Pure: keys and time are given."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from typing import Any, Final, cast

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from mirrorlake.core.errors import SignInRefused

# Signatures with the key of the provider. Not `none`, and no HMAC, whose key everybody with the client secret has.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
LEEWAY_S: Final = 60  # between the clocks of the provider and of this machine
TOKEN_CHARACTERS: Final = 64 * 1024
SUBJECT_CHARACTERS: Final = 255  # as the specification allows

_log = logging.getLogger(__name__)


class UnknownKey(Exception):
    """The token was signed with a key that is not among these: the provider may have changed its keys."""


def read_keys(document: Mapping[str, Any]) -> KeySet:
    """The public keys of a provider for signatures. Raises SignInRefused if there are none.

    Keys of kinds that are unknown here, or that cannot be read, are skipped (RFC 7517, section 5).
    """
    found = map(_read_key, map(_as_object, _as_list(document.get("keys"))))
    keys = [key for key in found if key is not None]
    if not keys:
        raise refused("it has no keys for signatures that can be read")
    return KeySet(list(keys))


def read_id_token(token: object, keys: KeySet, *, issuer: str, client: str, nonce: str, now: int) -> dict[str, Any]:
    """The claims of a token that this provider issued for us, for the sign-in with this nonce.

    Raises SignInRefused with the reason, and UnknownKey.
    """
    if not isinstance(token, str) or not 0 < len(token) <= TOKEN_CHARACTERS:
        raise refused("it sent no ID token")
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise refused("the signature of its ID token is not valid") from error
    if claims.get("iss") != issuer:
        raise refused("its ID token was issued by another provider")
    _check_audience(claims, client)
    try:
        essential = {name: {"essential": True} for name in ("sub", "exp", "iat")}
        jwt.JWTClaimsRegistry(now=now, leeway=LEEWAY_S, **essential).validate(claims)  # type: ignore[arg-type]
    except JoseError as error:
        raise refused(f"the times or the subject of its ID token are not valid ({error.error})") from error
    if not claims["sub"].isprintable() or len(claims["sub"]) > SUBJECT_CHARACTERS:
        raise refused("the subject of its ID token is not one that can be stored")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise refused("its ID token is for another sign-in (nonce)")
    return claims


def verified_email(claims: Mapping[str, Any]) -> str | None:
    """The e-mail address of a person, if the provider has verified it; in lower case.

    ASCII alone: the lower case of other letters can be one of these, so that two addresses would be the same.
    """
    email = claims.get("email")
    verified = claims.get("email_verified") in (True, "true")  # some providers write a text
    if not verified or not isinstance(email, str) or not email.isascii() or not email.isprintable():
        return None
    return email.strip().lower()


def refused(reason: str) -> SignInRefused:
    """The error for an answer of the provider that admits nobody."""
    return SignInRefused(
        f"The identity provider did not sign you in: {reason}.", "Sign in again, or ask the operator of this server."
    )


def _read_key(given: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey | None:
    """A public key for signatures; None if it is for something else or cannot be read."""
    if given.get("use", "sig") != "sig":
        return None
    usable = {name: value for name, value in given.items() if name not in {"key_ops", "use"}}
    kinds: dict[object, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    kind = usable.get("kty")
    if not isinstance(kind, str) or kind not in kinds:
        return None
    try:
        return kinds[kind].import_key(usable)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        _log.warning("The identity provider has a key that cannot be read: %s", type(error).__name__)
        return None


def _check_audience(claims: Mapping[str, Any], client: str) -> None:
    audience: object = claims.get("aud")
    several = _as_list(audience) or [audience]
    if client not in several:
        raise refused("its ID token is for another application (aud)")
    if claims.get("azp", client if len(several) == 1 else None) != client:
        raise refused("its ID token was issued to another application (azp)")


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _as_object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
