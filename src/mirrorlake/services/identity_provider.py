"""Requests to the identity provider: what it is, its keys, and what a code is worth.

Its answers are small JSON documents, read up to a limit within a deadline; no redirect is followed. The operator chose
the host of the issuer. Other hosts that it names pass the guard of addresses like those that callers of the API choose.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from mirrorlake.core.errors import MirrorlakeError, SourceUnreachable
from mirrorlake.core.settings import OidcSettings
from mirrorlake.services.id_tokens import UnknownKey, read_id_token, read_keys, refused
from mirrorlake.storage.http import NoAnswer, client_of
from mirrorlake.storage.server_words import clean_code
from mirrorlake.storage.wire import Wire

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

DISCOVERY: Final = "/.well-known/openid-configuration"
ANSWER_BYTES: Final = 256 * 1024
DEADLINE_S: Final = 10.0
KEPT_S: Final = 3600.0  # of what the provider publishes about itself, and of its keys
FAILED_S: Final = 5.0  # after a failed request: waiting for a provider that is down must not block the server
KEYS_PAUSE_S: Final = 30.0  # between two requests for keys because of unknown ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses of a provider."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    secret_in_body: bool  # the client secret is sent in the body: the provider does not take the header


class IdentityProvider:
    """The provider of the settings. Thread-safe. What it publishes is kept for an hour."""

    def __init__(
        self, settings: OidcSettings, networks: tuple[str, ...], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._networks = networks
        self._clock = clock
        self._lock = threading.Lock()  # one request of each kind at a time
        self._endpoints: tuple[Endpoints, float] | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._failed: tuple[MirrorlakeError, float] | None = None

    def endpoints(self) -> Endpoints:
        """Its addresses. Raises SignInRefused and SourceUnreachable."""
        with self._lock:
            if self._endpoints is None or self._clock() - self._endpoints[1] > KEPT_S:
                if self._failed is not None and self._clock() - self._failed[1] < FAILED_S:
                    raise copy(self._failed[0])  # each caller has its own: raising adds to the traceback
                try:
                    self._endpoints = self._discover(), self._clock()
                except MirrorlakeError as error:
                    self._failed = error, self._clock()
                    raise
            return self._endpoints[0]

    def _discover(self) -> Endpoints:
        issuer = self._settings.issuer
        document = self._request("GET", issuer.rstrip("/") + DISCOVERY)
        if document.get("issuer") != issuer:
            raise refused(f"its issuer is not {issuer}, as MIRRORLAKE_OIDC_ISSUER specifies")
        return _endpoints(document, self._is_usable)

    def claims(self, code: str, *, verifier: str, nonce: str, redirect: str) -> dict[str, Any]:
        """The claims about the person of a code, which can be exchanged once. Raises SignInRefused."""
        endpoints = self.endpoints()
        tokens = self._exchange(endpoints, code, verifier, redirect)
        claims = self._read(tokens.get("id_token"), endpoints, nonce)
        access = tokens.get("access_token")
        if "email" in claims or endpoints.userinfo is None or not _is_sendable(access):
            return claims
        more = self._request("GET", endpoints.userinfo, {"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:
            raise refused("its information is about somebody else")
        return {**more, **claims}

    def _read(self, token: object, endpoints: Endpoints, nonce: str) -> dict[str, Any]:
        values = {"issuer": self._settings.issuer, "client": self._settings.client_id, "nonce": nonce}
        try:
            return read_id_token(token, self._known_keys(endpoints), **values, now=int(time.time()))
        except UnknownKey:
            pass  # keys are replaced now and then
        try:
            return read_id_token(token, self._known_keys(endpoints, fresh=True), **values, now=int(time.time()))
        except UnknownKey as error:
            raise refused("its ID token was signed with an unknown key") from error

    def _known_keys(self, endpoints: Endpoints, *, fresh: bool = False) -> KeySet:
        with self._lock:
            age = float("inf") if self._keys is None else self._clock() - self._keys[1]
            if self._keys is None or age > (KEYS_PAUSE_S if fresh else KEPT_S):
                self._keys = read_keys(self._request("GET", endpoints.keys)), self._clock()
            return self._keys[0]

    def _exchange(self, endpoints: Endpoints, code: str, verifier: str, redirect: str) -> Mapping[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        client, secret = self._settings.client_id, self._settings.client_secret
        if secret is None or endpoints.secret_in_body:
            fields |= {"client_id": client} | ({} if secret is None else {"client_secret": secret})
        else:
            login = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        return self._request("POST", endpoints.token, headers, urlencode(fields).encode())

    def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Mapping[str, Any]:
        parts = urlsplit(url)
        own = parts.hostname == urlsplit(self._settings.issuer).hostname
        client = client_of(f"{parts.scheme}://{parts.netloc}", Wire(networks=None if own else self._networks))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        wanted = client.headers({"Accept": "application/json", **(headers or {})})
        try:
            answer = client.send(method, target, wanted, body, deadline_s=DEADLINE_S)
            text = client.read(answer, limit=ANSWER_BYTES)
        except NoAnswer as error:
            raise SourceUnreachable(
                f"The identity provider cannot be reached: {parts.hostname}: {error}.",
                "Try again later, or sign in with a password.",
            ) from error
        finally:
            client.close()
        document = _object_of(text)
        if answer.status != HTTPStatus.OK or document is None:
            code = None if document is None else document.get("error")
            words = f" ({clean_code(code)})" if isinstance(code, str) else ""
            raise refused(f"{parts.hostname} answered {answer.status}{words}")
        return document

    def _is_usable(self, address: object) -> bool:
        """Whether secrets may be sent to an address: as safe as the issuer, without a login and without blanks."""
        if not isinstance(address, str) or not address.isascii() or not address.isprintable() or " " in address:
            return False
        try:
            parts = urlsplit(address)
        except ValueError:
            return False
        own = urlsplit(self._settings.issuer)
        same_host = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        return bool(parts.hostname) and "@" not in parts.netloc and (parts.scheme == "https" or same_host)


def _endpoints(document: Mapping[str, Any], is_usable: Callable[[object], bool]) -> Endpoints:
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    wrong = [name for name in names if not is_usable(document.get(name))]
    if wrong:
        raise refused(f"its {wrong[0]} is not an address that is safe to use")
    methods = document.get("token_endpoint_auth_methods_supported")
    userinfo = document.get("userinfo_endpoint")
    return Endpoints(
        authorization=document["authorization_endpoint"],
        token=document["token_endpoint"],
        keys=document["jwks_uri"],
        userinfo=userinfo if is_usable(userinfo) else None,
        secret_in_body=isinstance(methods, list) and "client_secret_basic" not in methods,
    )


def _object_of(text: bytes) -> dict[str, Any] | None:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None


def _is_sendable(token: object) -> bool:
    return isinstance(token, str) and token.isascii() and token.isprintable() and bool(token) and " " not in token
