"""A sign-in under way at the identity provider, sealed in a cookie: who begins one has to keep it, not the server."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken

LONGEST_S: Final = 600  # between the beginning and the end of a sign-in
COOKIE_CHARACTERS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """What the end of a sign-in has to fit."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)  # of PKCE
    earlier: bytes | None = None  # hash of the cookie of the session that the browser had when it began


class Seal:
    """Encrypts and authenticates sign-ins under way. Servers with the same token and provider read each other's."""

    def __init__(self, token: str, issuer: str, client_id: str, *, clock: Callable[[], float] = time.time) -> None:
        about = msgspec.json.encode(("sign-in under way", issuer, client_id))
        key = hmac.new(token.encode(), about, hashlib.sha256).digest()
        self._fernet = Fernet(urlsafe_b64encode(key))
        self._clock = clock

    def close(self, under_way: UnderWay) -> str:
        """The value of the cookie."""
        return self._fernet.encrypt_at_time(msgspec.json.encode(under_way), int(self._clock())).decode()

    def open(self, cookie: str) -> UnderWay | None:
        """The sign-in of a cookie; None if it has expired or is not from here."""
        if not cookie.isascii() or len(cookie) > COOKIE_CHARACTERS:
            return None
        try:
            content = self._fernet.decrypt_at_time(cookie.encode(), LONGEST_S, int(self._clock()))
        except InvalidToken:
            return None
        return msgspec.json.decode(content, type=UnderWay)
