"""The machine's own AWS configuration, by botocore: environment, profiles, SSO, instance roles.

Loading botocore takes a quarter of a second, so this module is imported only when needed: a process that receives
an AwsConfig does not need it.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import botocore.session
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ProfileNotFound

from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, CredentialSource, Keys

DEFAULT_REGION = "us-east-1"


def config_of(access: S3Access, credentials: CredentialSource | None = None) -> AwsConfig:
    """The machine's configuration for this access; `credentials` replace its own chain. Makes no request.

    Raises SettingsError if the profile does not exist or the configuration cannot be read.
    """
    session = _session(access)
    return AwsConfig(
        region=access.region or _setting(session, "region") or DEFAULT_REGION,
        ca_bundle=_setting(session, "ca_bundle"),
        source=None if access.anonymous else credentials or MachineChain(session, access.profile),
    )


def with_resolved_credentials(config: AwsConfig) -> AwsConfig | None:
    """The same for another process, with permanent keys; None if that process must read the configuration itself."""
    if not isinstance(config.source, MachineChain):
        return config
    permanent_keys = config.source.permanent_keys()
    return None if permanent_keys is None else replace(config, source=permanent_keys)


class MachineChain:
    """The machine's credential chain, in the order of the AWS command line."""

    def __init__(self, session: botocore.session.Session, profile: str | None) -> None:
        self._session = session
        self._profile = profile
        self._found: Credentials | None = None
        self._lock = threading.Lock()

    def current(self) -> Keys:
        """The chain's credentials, found at the first call and refreshed by botocore when they expire."""
        try:
            found = self._find()
            if found is not None:
                return _current_keys(found)
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

    def permanent_keys(self) -> Keys | None:
        """The chain's keys if they are permanent; None if they expire, are missing or cannot be obtained."""
        try:
            found = self._find()
        except BotoCoreError:
            return None  # `current` reports why
        if type(found) is not Credentials:  # its subclasses refresh themselves
            return None
        return _current_keys(found)

    def _find(self) -> Credentials | None:
        with self._lock:
            if self._found is None:
                self._found = self._session.get_credentials()
            return self._found


def _current_keys(found: Credentials) -> Keys:
    """The current keys. Raises BotoCoreError if they have expired and cannot be renewed, and AccessDenied."""
    keys = found.get_frozen_credentials()
    return Keys(
        access_key=_clean("access key id", keys.access_key or ""),
        secret_key=_clean("secret access key", keys.secret_key or ""),
        token=None if keys.token is None else _clean("session token", keys.token),
    )


def _clean(name: str, value: str) -> str:
    """A credential without surrounding spaces and line ends. Never included in an error."""
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise AccessDenied(
            f"The AWS {name} holds a blank, a line end or another character that none has.",
            "Check the environment or ~/.aws/credentials for a wrongly pasted value.",
        )
    return value


def _session(access: S3Access) -> botocore.session.Session:
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


def _setting(session: botocore.session.Session, name: str) -> str | None:
    """A setting of the machine's AWS configuration (region, ca_bundle), None where it has none."""
    try:
        value = session.get_config_variable(name)
    except BotoCoreError as error:
        raise SettingsError(f"The AWS configuration cannot be read: {error}.", "Correct ~/.aws/config.") from error
    return value if isinstance(value, str) and value else None
