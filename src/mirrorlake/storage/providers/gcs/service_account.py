"""A service account by its key file: tokens by a signed request, and signatures of URLs on this machine.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.gcs.token_requests import checked_address, post_form, token_of
from mirrorlake.storage.providers.gcs.tokens import UrlSigner
from mirrorlake.storage.tokens import AccessToken
from mirrorlake.storage.wire import MACHINE, Wire

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # loaded when a key is used

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_LIFE_S = 3600  # the longest that Google accepts
_FIX = "Download a new key of the service account as JSON, and use the whole file."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """The parts of a key file. A TokenSource, and the signer of its own URLs."""

    email: str
    key_id: str
    private_key: str = field(repr=False)  # PEM
    token_url: str = TOKEN_URL
    wire: Wire = MACHINE

    @classmethod
    def from_document(cls, document: Mapping[str, object], wire: Wire = MACHINE) -> ServiceAccount:
        """The service account of a key file. Raises SettingsError if anything is missing or not a key."""
        found = {name: document.get(name) for name in ("client_email", "private_key", "private_key_id")}
        missing = [name for name, value in found.items() if not isinstance(value, str) or not value.strip()]
        if missing:
            raise SettingsError(f"The key of the service account has no {' and no '.join(missing)}.", _FIX)
        made = cls(
            email=_sendable(str(found["client_email"])),
            key_id=str(found["private_key_id"]),
            private_key=str(found["private_key"]),
            token_url=checked_address(document.get("token_uri", TOKEN_URL), "token_uri"),
            wire=wire,
        )
        _load(made.private_key)
        return made

    @property
    def principal(self) -> str | None:
        """Its e-mail address."""
        return self.email

    def fetch(self, scope: str) -> AccessToken:
        """A token for a request that its key signs."""
        what = f"No access token for {self.email}"
        fields = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._assertion(scope)}
        return token_of(post_form(self.token_url, fields, what, self.wire), what)

    def signer(self) -> UrlSigner | None:
        """Itself."""
        return self

    def sign(self, data: bytes) -> bytes:
        """The RSA signature, made on this machine."""
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  loaded when a key is used
        from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

        return _load(self.private_key).sign(data, padding.PKCS1v15(), hashes.SHA256())

    def _assertion(self, scope: str) -> str:
        now = int(time.time())
        head = {"alg": "RS256", "typ": "JWT", "kid": self.key_id}
        claims = {"iss": self.email, "scope": scope, "aud": self.token_url, "iat": now, "exp": now + _LIFE_S}
        signed = f"{_encode(json.dumps(head).encode())}.{_encode(json.dumps(claims).encode())}"
        return f"{signed}.{_encode(self.sign(signed.encode()))}"


@lru_cache(maxsize=8)
def _load(pem: str) -> RSAPrivateKey:
    """The key. Raises SettingsError, without any part of it."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  loaded when a key is used
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError("The private_key of the service account cannot be read.", _FIX) from None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError("The private_key of the service account is not an RSA key.", _FIX)
    return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _sendable(email: str) -> str:
    if not email.isascii() or not email.isprintable() or " " in email or "@" not in email:
        raise SettingsError("The client_email of the service account is not an e-mail address.", _FIX)
    return email
