"""The machine's own AWS configuration, by botocore: environment, profiles, SSO, instance roles.

Loading botocore takes a quarter of a second, so this module is imported only when needed: a process that receives
an AwsConfig does not need it.
"""

from __future__ import annotations

import os
import re
import threading
from dataclasses import replace

import botocore.session
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ProfileNotFound

from mirrorlake.core.errors import AccessDenied, MirrorlakeError, SettingsError
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.aws_server import server_of
from mirrorlake.storage.providers.s3.credentials import AwsConfig, CredentialSource, Keys, is_sendable

DEFAULT_REGION = "us-east-1"
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_SECRET_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
_HEADER = re.compile(r"\bb?['\"].*|AWS4-HMAC.*", re.DOTALL)  # how libraries quote a header, and what ours begins with


def config_of(access: S3Access, credentials: CredentialSource | None = None) -> AwsConfig:
    """The machine's configuration for this access; `credentials` replace its own chain. Makes no request.

    Raises SettingsError if the profile does not exist, or the configuration cannot be read or is invalid.
    """
    session = _session(access)
    region = access.region or _setting(session, "region") or DEFAULT_REGION
    if not _REGION.fullmatch(region):
        raise SettingsError(f"{region!r} is not a region.", "Use a name such as --region eu-west-1.")
    return AwsConfig(
        region=region,
        server=server_of(access, session, region),
        ca_bundle=access.ca_bundle or _setting(session, "ca_bundle"),
        source=None if access.anonymous else credentials or MachineChain(session, access.profile),
        path_style=access.path_style,
        requester_pays=access.requester_pays,
        proxy=access.proxy,
        networks=access.networks,
    )


def with_resolved_credentials(config: AwsConfig) -> AwsConfig | None:
    """The same for another process, with permanent keys; None if that process must read the configuration itself."""
    if not isinstance(config.source, MachineChain):
        return config
    permanent_keys = config.source.permanent_keys()
    return None if permanent_keys is None else replace(config, source=permanent_keys)


def machine_chain(profile: str | None) -> MachineChain:
    """The machine's credentials, without the rest of its configuration. Raises SettingsError for an unknown profile."""
    return MachineChain(_session(S3Access(profile=profile)), profile)


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
        except MirrorlakeError:
            raise
        except Exception as error:  # noqa: BLE001  botocore raises anything for malformed data of a credential process
            # Libraries quote the header that they refuse: neither the text nor the chain of causes may be shown.
            raise AccessDenied(
                f"The machine's AWS credentials could not be obtained: {_reason(error)}.", _remedy()
            ) from None
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
        except Exception:  # noqa: BLE001  `current` reports which
            return None
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
    return Keys.from_machine(keys.access_key, keys.secret_key, keys.token)


def _reason(error: Exception) -> str:
    """The cause in one line, without credentials: only errors of AWS and botocore are known to explain themselves."""
    if type(error) is HTTPClientError:  # any error of the HTTP library; its text may contain the refused header
        return "the request for them cannot be sent as it is"
    if not isinstance(error, BotoCoreError | ClientError):
        return f"{type(error).__name__} while they were read"
    text = str(error)
    for name in _SECRET_VARIABLES:
        secret = os.environ.get(name, "").strip()
        if secret:
            text = text.replace(secret, "...")
    return " ".join(_HEADER.sub("...", text).split()).removesuffix(".")


def _remedy() -> str:
    bad = [name for name in _SECRET_VARIABLES if not is_sendable(os.environ.get(name, ""))]
    if bad:
        return f"Check {' and '.join(bad)} for a blank, a line end or another wrongly pasted character."
    return "Sign in again (aws sso login), or check ~/.aws/config."


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
