"""Credentials from the settings and secrets of a connection, one function for each form."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.connections import ConnectionSettings
from mirrorlake.model.credentials import (
    Ambient,
    AwsKeys,
    AwsRole,
    AwsWebIdentity,
    AzureAccountKey,
    AzureManagedIdentity,
    AzureSas,
    AzureServicePrincipal,
    Credentials,
    GcsServiceAccount,
    GcsWorkloadIdentity,
    Unsigned,
)
from mirrorlake.storage.providers.registry import parse_connection_string

SESSION_NAME = "mirrorlake"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}")
_SESSION = re.compile(r"[A-Za-z0-9+=,.@_-]{2,64}")  # RoleSessionName of AssumeRole
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")  # it becomes part of a host name
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")  # of a storage account of Azure


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What credentials are made of."""

    settings: ConnectionSettings
    secrets: Mapping[str, str] = field(repr=False)
    external_id: str
    role_proven: bool


def checked(settings: ConnectionSettings) -> ConnectionSettings:
    """The settings, whose forms can be checked without secrets. Raises SettingsError."""
    for name in ("endpoint", "sts_endpoint", "proxy"):
        value = getattr(settings, name)
        if value is not None:
            settings = replace(settings, **{name: _address(value, name)})
    if settings.region is not None and not _REGION.fullmatch(settings.region):
        raise SettingsError(f"{settings.region!r} is not a region.", "Use a name such as eu-west-1.", field="region")
    if settings.role_arn is not None and not _ROLE.fullmatch(settings.role_arn):
        raise SettingsError(
            f"{settings.role_arn!r} is not the ARN of a role.",
            "Write arn:aws:iam::123456789012:role/NAME.",
            field="role_arn",
        )
    if settings.session_name is not None and not _SESSION.fullmatch(settings.session_name):
        raise SettingsError(
            f"{settings.session_name!r} is not a session name.",
            "Use 2 to 64 letters, digits and characters of +=,.@_-.",
            field="session_name",
        )
    return settings


def _address(text: str, name: str) -> str:
    """An HTTP address without a login, which would be a secret. Raises SettingsError, which shows no login."""
    text = text.strip().rstrip("/")
    if "@" in text:
        raise SettingsError(
            f"The setting {name} contains a user name or password.",
            "Leave it out: settings are shown.",
            field=name,
        )
    try:
        parts = urlsplit(text)
        usable = bool(parts.scheme in ("http", "https") and parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, None
    if not usable or parts is None or parts.query or parts.fragment or " " in text:
        raise SettingsError(
            f"{text!r} is not the address of a server ({name}).",
            "Write https://host or http://host:port.",
            field=name,
        )
    return text


def ambient(_given: Given) -> Credentials:
    """Those of the machine."""
    return Ambient()


def unsigned(_given: Given) -> Credentials:
    """None."""
    return Unsigned()


def local(given: Given) -> Credentials:
    """None are needed; the folder must be an absolute path without `..`."""
    folder = given.settings.bucket or ""
    if not folder.startswith("/") or os.path.normpath(folder) != folder.rstrip("/"):
        raise SettingsError(
            f"{folder!r} is not an absolute path.", "Write the path of a folder, such as /data/photos.", field="bucket"
        )
    return Ambient()


def aws_keys(given: Given) -> AwsKeys:
    """An access key."""
    return AwsKeys(
        access_key_id=given.secrets["access_key_id"],
        secret_access_key=given.secrets["secret_access_key"],
        session_token=given.secrets.get("session_token"),
    )


def keys_or_ambient(given: Given) -> Credentials:
    """An access key if there is one, else the machine's identity."""
    return aws_keys(given) if _has_keys(given) else Ambient()


def _has_keys(given: Given) -> bool:
    found = [name in given.secrets for name in ("access_key_id", "secret_access_key")]
    if any(found) and not all(found):
        raise SettingsError(
            "The access key is incomplete.",
            "Specify both --access-key-id and --secret-access-key, or none of them.",
            field="access_key_id" if found[1] else "secret_access_key",
        )
    return all(found)


def aws_role(given: Given) -> AwsRole:
    """A role, assumed by an access key or by the machine's identity."""
    return AwsRole(
        role_arn=given.settings.role_arn,
        external_id=given.external_id,
        session_name=given.settings.session_name or SESSION_NAME,
        base=aws_keys(given) if _has_keys(given) else None,
        profile=given.settings.profile,
        sts_endpoint=given.settings.sts_endpoint,
        proven=given.role_proven,
    )


def aws_web_identity(given: Given) -> AwsWebIdentity:
    """A role, assumed with a token."""
    return AwsWebIdentity(
        role_arn=given.settings.role_arn or "",
        token_file=given.settings.token_file,
        session_name=given.settings.session_name or SESSION_NAME,
        sts_endpoint=given.settings.sts_endpoint,
    )


def gcs_service_account(given: Given) -> GcsServiceAccount:
    """A key file of Google Cloud, as its text."""
    info = _json(given, "service_account", "private_key")
    return GcsServiceAccount(info=info)


def gcs_workload_identity(given: Given) -> GcsWorkloadIdentity:
    """A configuration file of workload identity federation, as its text."""
    return GcsWorkloadIdentity(info=_json(given, "external_account", "credential_source"))


def _json(given: Given, kind: str, needed: str) -> str:
    text = given.secrets["credentials_json"]
    try:
        found: object = json.loads(text)
    except ValueError:
        found = None
    document = cast("dict[str, object]", found) if isinstance(found, dict) else dict[str, object]()
    if document.get("type") != kind or needed not in document:  # nothing of it is shown
        raise SettingsError(
            f"The secret credentials_json is not a file of the type {kind}.",
            "Give the whole file as it was downloaded: --credentials-json - < FILE.",
            field="credentials_json",
        )
    return text


def azure_key(given: Given) -> AzureAccountKey:
    """An account key."""
    return AzureAccountKey(account=_account(given), key=_base64(given.secrets["account_key"], "account_key"))


def azure_sas(given: Given) -> AzureSas:
    """A shared access signature, as a query string."""
    return AzureSas(account=_account(given), token=_sas(given.secrets["sas_token"]))


def azure_connection_string(given: Given) -> Credentials:
    """What a connection string contains: an account key or a signature."""
    found = parse_connection_string(given.secrets["connection_string"]).credentials
    return replace(found, account=_account(given))


def of_connection_string(settings: ConnectionSettings, secrets: Mapping[str, str]) -> ConnectionSettings:
    """The settings with account and endpoint of the connection string. Raises SettingsError."""
    found = parse_connection_string(secrets["connection_string"])
    return replace(
        settings,
        account=settings.account or found.credentials.account,
        endpoint=settings.endpoint or found.endpoint,
    )


def azure_service_principal(given: Given) -> AzureServicePrincipal:
    """An application with its secret."""
    return AzureServicePrincipal(
        account=_account(given),
        tenant_id=given.settings.tenant_id or "",
        client_id=given.settings.client_id or "",
        client_secret=given.secrets["client_secret"],
    )


def azure_managed_identity(given: Given) -> AzureManagedIdentity:
    """The machine's identity."""
    return AzureManagedIdentity(account=_account(given), client_id=given.settings.client_id)


def _account(given: Given) -> str:
    account = given.settings.account or ""
    if not _ACCOUNT.fullmatch(account):
        raise SettingsError(
            f"{account!r} is not the name of a storage account.",
            "It has 3 to 24 lower-case letters and digits.",
            field="account",
        )
    return account


def _sas(text: str) -> str:
    token = text.strip().removeprefix("?")
    if "sig=" not in token or any(letter.isspace() for letter in token):
        raise SettingsError(
            "The shared access signature has no sig=.",
            "Copy the whole query string, such as sv=…&sig=….",
            field="sas_token",
        )
    return token


def _base64(text: str, name: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SettingsError(
            f"The key in {name} is not valid base64.", "Copy the whole key, with its last =.", field=name
        ) from None
    return text
