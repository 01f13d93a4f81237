"""What authenticates requests to one storage account. It can be pickled for workers; no `repr` has a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote

from mirrorlake.storage.providers.azure.signing import VERSION, shared_key
from mirrorlake.storage.providers.azure.tokens import TokenSource


class Authentication(Protocol):
    """Authenticates requests. Thread-safe."""

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Target and headers as they are sent. Raises StorageError if a token cannot be obtained."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may contain, though a server may repeat them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedKey:
    """The key of an account, which signs each request."""

    account: str
    key: bytes = field(repr=False)

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """With a signature."""
        sent = with_date(headers)
        return target, {**sent, "Authorization": shared_key(method, target, sent, self.account, self.key)}

    def secrets(self) -> tuple[str, ...]:
        """Nothing that is ever sent."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sas:
    """A shared access signature, which is a part of each request's query."""

    token: str = field(repr=False)

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """With the signature in the query."""
        del method
        return f"{target}{'&' if '?' in target else '?'}{self.token}", with_date(headers)

    def secrets(self) -> tuple[str, ...]:
        """The whole query, and its signature."""
        signature = self.token.partition("sig=")[2].partition("&")[0]
        return self.token, signature, unquote(signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A token of Microsoft Entra ID, renewed before it expires."""

    tokens: TokenSource = field(repr=False)

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """With the current token."""
        del method
        return target, {**with_date(headers), "Authorization": f"Bearer {self.tokens.current()}"}

    def secrets(self) -> tuple[str, ...]:
        """The current token."""
        return self.tokens.secrets()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymous:
    """No authentication, for public containers."""

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """As it is."""
        del method
        return target, with_date(headers)

    def secrets(self) -> tuple[str, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureConfig:
    """How to reach containers: the credentials and the server, each with what specifies it."""

    authentication: Authentication
    account: str | None = None  # that the credentials are of; None: any
    endpoint: str | None = None  # None = the account's own on Azure
    origin: str = ""  # what specifies the endpoint, for users


def with_date(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that every request has, with `headers`, which may name another version."""
    return {"x-ms-version": VERSION, "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True), **headers}
