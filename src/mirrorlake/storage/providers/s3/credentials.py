"""Credentials that sign requests, and their provider for obstore. Does not load botocore."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from mirrorlake.storage.providers.s3.access import S3Access

if TYPE_CHECKING:
    from obstore.store import S3Credential

_OBSTORE_LIFE = timedelta(minutes=5)  # how long obstore may use credentials before it requests them again


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

    def current(self) -> Keys:
        """These keys."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsConfig:
    """The machine's AWS configuration for one access. `source` None: requests are not signed."""

    region: str
    ca_bundle: str | None  # path of a PEM file with additional authorities
    source: CredentialSource | None


class ObstoreProvider:
    """Called by obstore whenever its credentials have expired."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def __call__(self) -> S3Credential:
        """Credentials with the time at which obstore must request new ones."""
        now = self._source.current()
        return {
            "access_key_id": now.access_key or "",
            "secret_access_key": now.secret_key or "",
            "token": now.token,
            "expires_at": datetime.now(UTC) + _OBSTORE_LIFE,
        }


def machine_config(access: S3Access, credentials: CredentialSource | None = None) -> AwsConfig:
    """Call `aws_session.config_of`, imported lazily: not needed with a given AwsConfig. Raises SettingsError."""
    from mirrorlake.storage.providers.s3.aws_session import config_of  # noqa: PLC0415  loads botocore

    return config_of(access, credentials)
