"""Tokens of Microsoft Entra ID: requested through the guarded HTTP client, renewed before they expire.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import orjson

from mirrorlake.core.errors import AccessDenied, ServerAnswer, SettingsError, SourceUnreachable, StorageError
from mirrorlake.storage.http import NoAnswer, client_of
from mirrorlake.storage.server_address import is_loopback
from mirrorlake.storage.server_words import clean_code, clean_text
from mirrorlake.storage.tokens import AccessToken, NoCredentials, TokenCache
from mirrorlake.storage.wire import MACHINE, Wire

AUTHORITY = "https://login.microsoftonline.com"
METADATA = "http://169.254.169.254"  # the metadata service of every virtual machine
STORAGE = "https://storage.azure.com"  # what tokens are for
_TOKEN_BYTES = 64 << 10  # of a response, or of a token file
_WAIT_S = 20.0  # for a token; outside of Azure nothing answers at the metadata address

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request for a token. `metadata`: to a fixed address of the machine or its environment, never a user's."""

    base: str
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes | None = field(default=None, repr=False)
    metadata: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)


class Grant:
    """A way to obtain a token."""

    def request(self) -> TokenRequest:
        """The request to make now. Raises StorageError or SettingsError."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret(Grant):
    """An application with a secret."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    authority: str = AUTHORITY
    resource: str = STORAGE

    def request(self) -> TokenRequest:
        """Client credentials with the secret."""
        return _client_request(self, {"client_secret": self.client_secret}, self.client_secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedToken(Grant):
    """An application with a token of another identity provider (workload identity), read again each time."""

    tenant_id: str
    client_id: str
    token_file: str
    authority: str = AUTHORITY
    resource: str = STORAGE

    def request(self) -> TokenRequest:
        """Client credentials with the content of the file."""
        try:
            with Path(self.token_file).open("rb") as file:
                token = file.read(_TOKEN_BYTES).decode("ascii").strip()
        except (OSError, ValueError) as error:
            raise AccessDenied(
                f"The token file {self.token_file} cannot be read.", "Check AZURE_FEDERATED_TOKEN_FILE."
            ) from error
        own = {"client_assertion_type": _ASSERTION, "client_assertion": token}
        return _client_request(self, own, token)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineIdentity(Grant):
    """The managed identity of a virtual machine, or of App Service with its own `endpoint` and `header`."""

    client_id: str | None = None
    base: str = METADATA
    path: str = "/metadata/identity/oauth2/token"
    header: str | None = field(default=None, repr=False)
    resource: str = STORAGE

    def request(self) -> TokenRequest:
        """One request to the metadata service."""
        version = "2018-02-01" if self.header is None else "2019-08-01"
        asked = {"api-version": version, "resource": f"{self.resource}/"}
        if self.client_id is not None:
            asked["client_id"] = self.client_id
        headers = {"Metadata": "true"} if self.header is None else {"X-IDENTITY-HEADER": self.header}
        target = f"{self.path}?{urlencode(asked)}"
        secrets = () if self.header is None else (self.header,)
        return TokenRequest(
            base=self.base, method="GET", target=target, headers=headers, metadata=True, secrets=secrets
        )


class TokenSource:
    """The current token of a grant. Thread-safe. A pickled one begins without a token."""

    def __init__(self, grant: Grant, wire: Wire = MACHINE, holder: str | None = None) -> None:
        self._made_of = grant, wire, holder
        self._cache = TokenCache(lambda: _obtained(grant.request(), wire))

    def __reduce__(self) -> tuple[Callable[..., TokenSource], tuple[Grant, Wire, str | None]]:
        return source_of, self._made_of

    def current(self) -> str:
        """A token that is valid for some minutes. Raises AccessDenied or SourceUnreachable."""
        return self._cache.current()

    def drop(self, refused: str) -> None:
        """Forget a token that a server refused before it expired."""
        self._cache.drop(refused)

    def secrets(self) -> tuple[str, ...]:
        """The token, if there is one."""
        token = self._cache.known()
        return () if token is None else (token,)


@lru_cache(maxsize=64)
def source_of(grant: Grant, wire: Wire = MACHINE, holder: str | None = None) -> TokenSource:
    """The source of this grant's tokens that all stores of this process share: many live for one request only.

    `holder` is the connection; None: the machine itself.
    """
    return TokenSource(grant, wire, holder)


def _client_request(grant: ClientSecret | FederatedToken, own: dict[str, str], secret: str) -> TokenRequest:
    scope = f"{grant.resource}/.default"
    fields = {"grant_type": "client_credentials", "client_id": grant.client_id, "scope": scope, **own}
    return TokenRequest(
        base=grant.authority,
        method="POST",
        target=f"/{grant.tenant_id}/oauth2/v2.0/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(fields).encode(),
        secrets=(secret,),
    )


def _obtained(asked: TokenRequest, wire: Wire) -> AccessToken:
    """The token of one request."""
    client = client_of(asked.base, wire, metadata=asked.metadata)
    try:
        answer = client.send(asked.method, asked.target, client.headers(asked.headers), asked.body, deadline_s=_WAIT_S)
        body = client.read(answer, limit=_TOKEN_BYTES)
    except NoAnswer as error:
        if asked.metadata:
            raise NoCredentials(
                f"No managed identity is available: {asked.base} does not answer ({error}).", _no_identity()
            ) from error
        raise SourceUnreachable(
            f"{asked.base} cannot be reached for a token: {error}.", "Check the network, or try again later."
        ) from error
    finally:
        client.close()
    try:
        fields: Any = orjson.loads(body)
        if answer.status != HTTPStatus.OK:
            raise _refusal(asked, answer.status, fields)
        token, life_s = str(fields["access_token"]), float(fields["expires_in"])
    except (ValueError, KeyError, TypeError) as error:
        if answer.status != HTTPStatus.OK:
            raise _refusal(asked, answer.status, {}) from error
        raise AccessDenied(
            f"{asked.base} answered a request for a token with something else.", "Check the authority and any proxy."
        ) from error
    if not (token.isascii() and token.isprintable() and " " not in token and 0 < life_s < float("inf")):
        raise AccessDenied(f"{asked.base} returned an invalid token.", "Check the authority and any proxy.")
    return AccessToken(text=token, life_s=life_s)


def _refusal(asked: TokenRequest, status: int, fields: Any) -> StorageError:
    if status in (408, 410, 429) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceUnreachable(f"{asked.base} answered {status} to a request for a token.", "Try again later.")
    fields = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
    words = str(fields.get("error_description") or fields.get("error") or "")
    for secret in asked.secrets:
        words = words.replace(secret, "...")
    reports = f" The server reports: {clean_text(words.partition('Trace ID')[0]).rstrip('.')}." if words else ""
    error = AccessDenied(
        f"Microsoft Entra ID refused the application ({status}).{reports}",
        "Check the tenant id, the client id and the secret, and whether the secret has expired.",
    )
    if asked.metadata:
        error = AccessDenied(f"The managed identity was refused ({status}).{reports}", _no_identity())
    error.answer = ServerAnswer(
        status=status,
        code=clean_code(str(fields.get("error") or "")),
        words=clean_text(words.partition("Trace ID")[0]),
        service="entra",
    )
    return error


def _no_identity() -> str:
    return (
        "Assign a managed identity to this machine, or give other credentials: AZURE_STORAGE_CONNECTION_STRING, "
        "AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN; use --anonymous for a public container."
    )


def check_authority(authority: str) -> str:
    """The address of an authority, which gets secrets. Raises SettingsError unless it is HTTPS, or this machine."""
    plain = authority.strip().rstrip("/")
    try:
        parts = urlsplit(plain)
        usable = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        usable = usable and bool(parts.hostname) and not (parts.path or parts.query or parts.fragment)
        usable = usable and parts.port != 0 and "@" not in plain and plain.isascii() and plain.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in plain:
        raise SettingsError(
            "The authority of Microsoft Entra ID is not an address that begins with https://.",
            f"Leave it out for {AUTHORITY}.",
        )
    return plain
