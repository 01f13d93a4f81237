"""Who we are to a bucket: botocore's own chain (environment, profile, SSO, instance role), asked when first needed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import botocore.session
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ProfileNotFound

from mirrorlake.errors import AccessDenied, SettingsError
from mirrorlake.model.sources import Access

if TYPE_CHECKING:
    from obstore.store import S3Credential

_OBSTORE_LIFE = timedelta(minutes=5)  # how long obstore may keep what it was given before it asks again


class CredentialSource(Protocol):
    """Gives the credentials of this moment, refreshed where they expire. Thread-safe."""

    def current(self) -> ReadOnlyCredentials:
        """Credentials to sign with. Raises AccessDenied where there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Static:
    """Credentials that somebody handed us; they do not expire by themselves."""

    access_key: str
    secret_key: str
    token: str | None = None

    def current(self) -> ReadOnlyCredentials:
        """What was handed over."""
        return ReadOnlyCredentials(self.access_key, self.secret_key, self.token)


class MachineChain:
    """The machine's own credential chain, as the AWS command line walks it."""

    def __init__(self, session: botocore.session.Session, profile: str | None) -> None:
        self._session = session
        self._profile = profile
        self._found: Credentials | None = None
        self._lock = threading.Lock()

    def current(self) -> ReadOnlyCredentials:
        """The chain's credentials, found at the first call and refreshed by botocore when they expire."""
        try:
            with self._lock:
                if self._found is None:
                    self._found = self._session.get_credentials()
            if self._found is not None:
                return self._found.get_frozen_credentials()
        except BotoCoreError as error:
            raise AccessDenied(
                f"The machine's AWS credentials could not be obtained: {error}.",
                "Sign in again (aws sso login), or check ~/.aws/config.",
            ) from error
        where = f" for the profile {self._profile!r}" if self._profile else ""
        raise AccessDenied(
            f"No AWS credentials were found{where}.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run `aws configure`, name a profile with --profile, "
            "or use --anonymous for a public bucket.",
        )


def machine_session(access: Access) -> botocore.session.Session:
    """A botocore session for the profile that `access` names. Raises SettingsError if there is none of that name."""
    session = botocore.session.Session(profile=access.profile)
    try:
        session.get_scoped_config()
    except ProfileNotFound as error:
        known = ", ".join(sorted(session.available_profiles)) or "none"
        raise SettingsError(
            f"There is no AWS profile named {access.profile or session.profile!r}.",
            f"Known profiles: {known}. See ~/.aws/config.",
        ) from error
    except BotoCoreError as error:
        raise SettingsError(f"The AWS configuration cannot be read: {error}.", "Correct ~/.aws/config.") from error
    return session


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
