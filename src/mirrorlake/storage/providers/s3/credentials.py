"""Credentials that sign requests, and the machine's AWS configuration for one access. Does not load botocore."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mirrorlake.core.errors import AccessDenied
from mirrorlake.storage.providers.s3.access import S3Access

# Where each credential is usually set, for messages: the value itself is never shown.
_VARIABLES = {
    "access key id": "AWS_ACCESS_KEY_ID",
    "secret access key": "AWS_SECRET_ACCESS_KEY",
    "session token": "AWS_SESSION_TOKEN",
}


class CredentialSource(Protocol):
    """Returns the current keys, refreshed before they expire. Thread-safe."""

    def current(self) -> Keys:
        """Keys to sign with. Raises AccessDenied if there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys that sign a request. Also a CredentialSource of permanent keys."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)  # of temporary keys

    @classmethod
    def from_machine(cls, access_key: str | None, secret_key: str | None, token: str | None) -> Keys:
        """Keys as the machine's configuration contains them. Raises AccessDenied if no header can contain them."""
        return cls(
            access_key=_clean("access key id", access_key or ""),
            secret_key=_clean("secret access key", secret_key or ""),
            token=None if token is None else _clean("session token", token),
        )

    def current(self) -> Keys:
        """These keys."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """The server that requests of one access go to."""

    url: str  # scheme, host and perhaps a path; of AWS: the endpoint of the region
    origin: str | None = None  # what specifies it, for users; None = the region, on AWS

    @property
    def is_aws(self) -> bool:
        """Whether it is the endpoint of AWS itself, which lists in byte order and has a host name for each bucket."""
        return self.origin is None

    def __str__(self) -> str:
        return self.url if self.origin is None else f"{self.url} ({self.origin})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsConfig:
    """What requests need, of the machine or of a connection. `source` None: they are not signed."""

    region: str
    server: S3Server
    ca_bundle: str | None  # path of a PEM file with additional authorities
    source: CredentialSource | None = field(repr=False)
    path_style: bool | None = None
    requester_pays: bool = False
    proxy: str | None = field(default=None, repr=False)  # its address may contain a login
    networks: tuple[str, ...] | None = None  # see `storage.connections.is_forbidden`


def machine_config(access: S3Access, credentials: CredentialSource | None = None) -> AwsConfig:
    """Call `aws_session.config_of`, imported lazily: not needed with a given AwsConfig. Raises SettingsError."""
    from mirrorlake.storage.providers.s3.aws_session import config_of  # noqa: PLC0415  loads botocore

    return config_of(access, credentials)


def is_sendable(value: str) -> bool:
    """Whether a header can contain this credential: printable ASCII without blanks."""
    return value.isascii() and value.isprintable() and " " not in value


def _clean(name: str, value: str) -> str:
    """A credential without surrounding blanks and line ends. Never included in an error."""
    value = value.strip()
    if not is_sendable(value):
        raise AccessDenied(
            f"The AWS {name} holds a blank, a line end or another character that none has.",
            f"Check {_VARIABLES[name]}, ~/.aws/credentials or the connection for a wrongly pasted value.",
        )
    return value
