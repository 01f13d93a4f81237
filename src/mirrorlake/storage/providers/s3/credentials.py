"""Who signs our requests: keys of this moment, and how obstore asks for them. Loads nothing of botocore."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from mirrorlake.storage.providers.s3.access import S3Access

if TYPE_CHECKING:
    from obstore.store import S3Credential

_OBSTORE_LIFE = timedelta(minutes=5)  # how long obstore may keep what it was given before it asks again


class CredentialSource(Protocol):
    """Gives the keys of this moment, refreshed where they expire. Thread-safe."""

    def current(self) -> Keys:
        """Keys to sign with. Raises AccessDenied where there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What signs a request. Also a source of itself: keys that somebody handed us, and that last."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)  # of keys that were lent for a while

    def current(self) -> Keys:
        """These very keys."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsConfig:
    """What this machine's AWS configuration says about one access. `source` None: sign nothing."""

    region: str
    ca_bundle: str | None  # path of a PEM file with authorities beyond the system's
    source: CredentialSource | None


class ObstoreProvider:
    """Called by obstore whenever what it was given before has run out."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def __call__(self) -> S3Credential:
        """Credentials with the time until which obstore may use them."""
        now = self._source.current()
        return {
            "access_key_id": now.access_key or "",
            "secret_access_key": now.secret_key or "",
            "token": now.token,
            "expires_at": datetime.now(UTC) + _OBSTORE_LIFE,
        }


def machine_config(access: S3Access, credentials: CredentialSource | None = None) -> AwsConfig:
    """`aws_session.config_of`, loaded now: a process that was given an AwsConfig needs none. Raises SettingsError."""
    from mirrorlake.storage.providers.s3.aws_session import config_of  # noqa: PLC0415  loads botocore

    return config_of(access, credentials)
