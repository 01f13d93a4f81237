"""What authenticates requests to one storage account. It can be pickled for workers; no `repr` has a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import parse_qsl, unquote

from mirrorlake.core.dates import read_date
from mirrorlake.storage.providers.azure.signing import VERSION, shared_key
from mirrorlake.storage.providers.azure.tokens import TokenSource
from mirrorlake.storage.wire import MACHINE, Wire

_PERMISSIONS = re.compile(r"[a-z]{1,20}")


class Authentication(Protocol):
    """Authenticates requests. Thread-safe."""

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Target and headers as they are sent. Raises StorageError if a token cannot be obtained."""
        ...

    def renew(self, sent: Mapping[str, str]) -> bool:
        """Whether other credentials can be obtained than those in these headers, which a server refused."""
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

    def renew(self, sent: Mapping[str, str]) -> bool:
        """There is no other key."""
        del sent
        return False

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

    def renew(self, sent: Mapping[str, str]) -> bool:
        """There is no other one."""
        del sent
        return False

    def secrets(self) -> tuple[str, ...]:
        """The whole query, and its signature."""
        signature = self.token.partition("sig=")[2].partition("&")[0]
        return self.token, signature, unquote(signature)

    @property
    def expires(self) -> datetime | None:
        """When it ends; None if that is not written in it but in a policy of the container."""
        return read_date(self._parameter("se").replace(" ", "T"))

    @property
    def permissions(self) -> str | None:
        """Its letters, such as `rl`; None if a policy of the container specifies them."""
        found = self._parameter("sp")
        return found if _PERMISSIONS.fullmatch(found) else None

    @property
    def is_of_one_object(self) -> bool:
        """Whether it is for a single blob, a version or a snapshot of one."""
        return self._parameter("sr") in ("b", "bv", "bs")

    def _parameter(self, name: str) -> str:
        return dict(parse_qsl(self.token)).get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A token of Microsoft Entra ID, renewed before it expires."""

    tokens: TokenSource = field(repr=False)

    def authenticate(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """With the current token."""
        del method
        return target, {**with_date(headers), "Authorization": f"Bearer {self.tokens.current()}"}

    def renew(self, sent: Mapping[str, str]) -> bool:
        """The token may have been revoked for a newer one."""
        self.tokens.drop(sent["Authorization"].removeprefix("Bearer "))
        return True

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

    def renew(self, sent: Mapping[str, str]) -> bool:
        """There are none."""
        del sent
        return False

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
    wire: Wire = MACHINE


def with_date(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that every request has, with `headers`, which may name another version."""
    return {"x-ms-version": VERSION, "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True), **headers}
