"""The kinds of connections, one row each: their settings, their secrets, and how these become credentials."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from mirrorlake.connections import credential_forms as forms
from mirrorlake.connections.names import SECRET_NAMES, SETTING_NAMES
from mirrorlake.connections.presets import apply_preset
from mirrorlake.connections.proxy_login import PROXY_LOGIN, add_login
from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.connections import ConnectionKind, ConnectionSettings
from mirrorlake.model.credentials import Credentials

NAME_LIMIT = 100  # characters of a connection's name
TEXT_LIMIT = 4096  # characters of a setting
SECRET_LIMIT = 64 << 10  # characters of a secret; a key file of Google Cloud has 2,400
_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{NAME_LIMIT - 2}}}[A-Za-z0-9])?")

# Every kind has these settings.
_COMMON: Final = frozenset({"endpoint", "region", "bucket", "prefix", "ca_bundle", "proxy", "allow_writes"})
_S3: Final = _COMMON | {"preset", "path_style", "requester_pays", "account"}
_KEYS: Final = frozenset({"access_key_id", "secret_access_key"})
_STS: Final = frozenset({"session_name", "sts_endpoint"})
_GCS: Final = _COMMON | {"project", "requester_pays"}
# Settings from which the server that secrets are sent to follows.
ADDRESSES: Final = frozenset({"endpoint", "preset", "account", "sts_endpoint", "proxy", "tenant_id"})
_OF_CREDENTIALS: Final = frozenset(
    {"region", "role_arn", "session_name", "token_file", "client_id", "profile", "ca_bundle"}
)
# Settings that name files and configuration of the library's machine.
OPERATOR_ONLY: Final = frozenset({"profile", "token_file", "ca_bundle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of connection."""

    kind: ConnectionKind
    summary: str
    settings: frozenset[str]
    required: frozenset[str] = frozenset()  # settings and secrets without which it cannot be used
    secrets: frozenset[str] = frozenset()
    sends_identity: bool = False  # the machine's own tokens go to the endpoint, so only an operator may choose that
    credentials: Callable[[forms.Given], Credentials]


def _kind(
    kind: ConnectionKind,
    summary: str,
    settings: frozenset[str],
    credentials: Any,
    secrets: frozenset[str] = frozenset(),
    **more: Any,
) -> Kind:
    if "proxy" in settings:
        secrets |= {PROXY_LOGIN}
    return Kind(kind=kind, summary=summary, settings=settings, credentials=credentials, secrets=secrets, **more)


KINDS: Final[Mapping[ConnectionKind, Kind]] = {
    row.kind: row
    for row in (
        _kind(
            ConnectionKind.AWS_KEYS,
            "an access key of AWS",
            _S3,
            forms.aws_keys,
            secrets=_KEYS | {"session_token"},
            required=_KEYS,
        ),
        _kind(
            ConnectionKind.AWS_ROLE,
            "a role of AWS, which is assumed with an external id",
            _S3 | _STS | {"role_arn", "profile"},  # the role may follow: its trust policy needs our external id
            forms.aws_role,
            secrets=_KEYS | {"session_token"},
        ),
        _kind(
            ConnectionKind.AWS_AMBIENT, "the AWS identity of the library's machine", _S3 | {"profile"}, forms.ambient
        ),
        _kind(
            ConnectionKind.AWS_WEB_IDENTITY,
            "a role of AWS, which is assumed with a token of an identity provider",
            _S3 | _STS | {"role_arn", "token_file"},
            forms.aws_web_identity,
            required=frozenset({"role_arn"}),
        ),
        _kind(
            ConnectionKind.AWS_BUCKET_POLICY,
            "the AWS identity of the library's machine, or a key, that the bucket's policy admits",
            _S3 | {"profile"},
            forms.keys_or_ambient,
            secrets=_KEYS | {"session_token"},
        ),
        _kind(
            ConnectionKind.S3,
            "a key of a server that speaks the protocol of S3",
            _S3,
            forms.aws_keys,
            secrets=_KEYS | {"session_token"},
            required=_KEYS | {"endpoint"},
        ),
        _kind(
            ConnectionKind.S3_ANONYMOUS,
            "a public bucket of AWS, or of a server that speaks the protocol of S3",
            _S3 - {"requester_pays"},  # somebody must pay
            forms.unsigned,
        ),
        _kind(
            ConnectionKind.GCS_SERVICE_ACCOUNT,
            "the key file of a service account of Google Cloud",
            _GCS,
            forms.gcs_service_account,
            secrets=frozenset({"credentials_json"}),
            required=frozenset({"credentials_json"}),
        ),
        _kind(
            ConnectionKind.GCS_WORKLOAD_IDENTITY,
            "workload identity federation of Google Cloud",
            _GCS,
            forms.gcs_workload_identity,
            secrets=frozenset({"credentials_json"}),
            required=frozenset({"credentials_json"}),
            sends_identity=True,
        ),
        _kind(
            ConnectionKind.GCS_AMBIENT,
            "the Google Cloud identity of the library's machine",
            _GCS,
            forms.ambient,
            sends_identity=True,
        ),
        _kind(
            ConnectionKind.GCS_HMAC,
            "an HMAC key of Google Cloud Storage",
            _GCS,
            forms.aws_keys,
            secrets=_KEYS,
            required=_KEYS,
        ),
        _kind(ConnectionKind.GCS_ANONYMOUS, "a public bucket of Google Cloud Storage", _COMMON, forms.unsigned),
        _kind(
            ConnectionKind.AZURE_KEY,
            "the key of a storage account of Azure",
            _COMMON | {"account"},
            forms.azure_key,
            secrets=frozenset({"account_key"}),
            required=frozenset({"account", "account_key"}),
        ),
        _kind(
            ConnectionKind.AZURE_SAS,
            "a shared access signature of Azure",
            _COMMON | {"account"},
            forms.azure_sas,
            secrets=frozenset({"sas_token"}),
            required=frozenset({"account", "sas_token"}),
        ),
        _kind(
            ConnectionKind.AZURE_CONNECTION_STRING,
            "a connection string of Azure",
            _COMMON | {"account"},
            forms.azure_connection_string,
            secrets=frozenset({"connection_string"}),
            required=frozenset({"connection_string"}),
        ),
        _kind(
            ConnectionKind.AZURE_SERVICE_PRINCIPAL,
            "an application of Microsoft Entra ID",
            _COMMON | {"account", "tenant_id", "client_id"},
            forms.azure_service_principal,
            secrets=frozenset({"client_secret"}),
            required=frozenset({"account", "tenant_id", "client_id", "client_secret"}),
        ),
        _kind(
            ConnectionKind.AZURE_MANAGED_IDENTITY,
            "the Azure identity of the library's machine",
            _COMMON | {"account", "client_id"},
            forms.azure_managed_identity,
            required=frozenset({"account"}),
            sends_identity=True,
        ),
        _kind(
            ConnectionKind.AZURE_ANONYMOUS,
            "a public container of Azure",
            _COMMON | {"account"},
            forms.unsigned,
            required=frozenset({"account"}),
        ),
        _kind(
            ConnectionKind.LOCAL,
            "a folder of the library's machine",
            frozenset({"bucket"}),
            forms.local,
            required=frozenset({"bucket"}),
        ),
    )
}
# Names of Roboflow's credential documents.
ALIASES: Final[Mapping[str, ConnectionKind]] = {
    "iam": ConnectionKind.AWS_KEYS,
    "assumerole": ConnectionKind.AWS_ROLE,
    "assumerolewithwebidentity": ConnectionKind.AWS_WEB_IDENTITY,
    "gcs": ConnectionKind.GCS_SERVICE_ACCOUNT,
    "usernamepassword": ConnectionKind.S3,  # a user name and password are the keys of such a server
    "apikey": ConnectionKind.AZURE_KEY,
}
_NAME_ALIASES: Final[Mapping[str, str]] = {
    "username": "access_key_id",
    "password": "secret_access_key",
    "credentialfile": "credentials_json",
    "projectid": "project",
    "apikey": "account_key",
    "bucketname": "bucket",
}
_BY_COMPACT_NAME: Final = {
    name.replace("_", ""): name for name in (*SETTING_NAMES, *SECRET_NAMES)
}  # accessKeyId is access_key_id


def parse_kind(text: str) -> ConnectionKind:
    """The kind with this name, or the alias of one. Raises UsageError."""
    try:
        return ConnectionKind(text)
    except ValueError:
        pass
    found = ALIASES.get(text.lower())
    if found is None:
        raise UsageError(
            f"{text!r} is not a kind of connection.", f"Use one of {', '.join(kind.value for kind in ConnectionKind)}."
        )
    return found


def check_name(name: str) -> None:
    """Raise UsageError for a name that no connection may have."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"Invalid connection name {name!r}.",
            f"Use 1 to {NAME_LIMIT} letters, digits, dots, hyphens and underscores, beginning and ending with a letter "
            "or digit.",
        )


def canonical_name(name: str) -> str:
    """The name of a setting or secret; other products write it in camel case."""
    compact = name.replace("_", "").replace("-", "").lower()
    return _NAME_ALIASES.get(compact) or _BY_COMPACT_NAME.get(compact, name)


def change_settings(
    kind: ConnectionKind, stored: ConnectionSettings, given: Mapping[str, object]
) -> ConnectionSettings:
    """`stored` with the given settings by name; None resets one. Raises SettingsError for unknown or invalid ones."""
    row = KINDS[kind]
    change: dict[str, object] = {}
    defaults = ConnectionSettings()
    for name, value in given.items():
        own = canonical_name(name)
        if own == "external_id":
            raise SettingsError("The external id is made by mirrorlake and cannot be chosen.", "Leave it out.")
        if own not in row.settings:
            raise SettingsError(
                f"A connection of the kind {kind.value} has no setting {name!r}.",
                f"It has {', '.join(sorted(row.settings))}.",
            )
        change[own] = getattr(defaults, own) if value is None else value
    if "endpoint" not in change and stored.preset is not None and change.keys() & {"preset", "region", "account"}:
        change["endpoint"] = None  # it follows from these
    try:
        changed = msgspec.convert({**msgspec.to_builtins(stored), **change}, ConnectionSettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Invalid settings of a connection: {error}.", "Correct the value.") from None
    for name in change:
        _check_text(name, getattr(changed, name))
    return apply_preset(forms.checked(changed))


def check_secrets(kind: ConnectionKind, given: Mapping[str, str | None]) -> dict[str, str | None]:
    """The given secrets by their own names. Raises SettingsError for unknown or unusable ones, which it never shows."""
    found: dict[str, str | None] = {}
    for name, value in given.items():
        own = canonical_name(name)
        if own not in KINDS[kind].secrets:
            allowed = ", ".join(sorted(KINDS[kind].secrets)) or "none"
            raise SettingsError(f"A connection of the kind {kind.value} has no secret {name!r}.", f"It has {allowed}.")
        if value is not None and not _is_usable(value):
            raise SettingsError(
                f"The secret {own} is empty, too long or no text.", "Check how it was pasted.", field=own
            )
        found[own] = value if value is None else value.strip()
    return found


def _is_usable(secret: str) -> bool:
    if not secret.strip() or len(secret) > SECRET_LIMIT or "\0" in secret:
        return False
    try:
        secret.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write
        return False
    return True


def check_complete(kind: ConnectionKind, settings: ConnectionSettings, secrets: frozenset[str]) -> None:
    """Raise SettingsError if a required setting or secret is missing."""
    given = {name for name in SETTING_NAMES if getattr(settings, name) is not None} | secrets
    missing = sorted(KINDS[kind].required - given)
    if missing:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise SettingsError(
            f"A connection of the kind {kind.value} needs {' and '.join(missing)}.",
            f"Specify {options}.",
            field=missing[0],
        )


def make_credentials(
    kind: ConnectionKind,
    settings: ConnectionSettings,
    secrets: Mapping[str, str],
    *,
    external_id: str,
    role_proven: bool = False,
) -> tuple[ConnectionSettings, Credentials]:
    """The credentials, and the settings with what the secrets add to addresses. Raises SettingsError.

    `secrets` are the secrets themselves, not references to them.
    """
    check_complete(kind, settings, frozenset(secrets))  # what is stored may be of another version, or a copy without it
    if kind is ConnectionKind.AZURE_CONNECTION_STRING:
        settings = forms.of_connection_string(settings, secrets)
    settings = add_login(settings, secrets)
    given = forms.Given(settings=settings, secrets=secrets, external_id=external_id, role_proven=role_proven)
    return settings, KINDS[kind].credentials(given)


def access_values(settings: ConnectionSettings, *, region: str | None) -> dict[str, object]:
    """The settings as access options by name, for a provider to read; a datasource may have its own region."""
    values = {name: getattr(settings, name) for name in SETTING_NAMES}
    return {**values, "region": region or settings.region}


def changed_addresses(before: ConnectionSettings, after: ConnectionSettings) -> list[str]:
    """The names of the changed settings from which the servers follow that secrets are sent to."""
    return sorted(name for name in ADDRESSES if getattr(before, name) != getattr(after, name))


def changes_credentials(before: ConnectionSettings, after: ConnectionSettings) -> bool:
    """Whether other credentials, or other servers for them, follow from the changed settings."""
    return any(getattr(before, name) != getattr(after, name) for name in ADDRESSES | _OF_CREDENTIALS)


def _check_text(name: str, value: object) -> None:
    if isinstance(value, str) and (len(value) > TEXT_LIMIT or not value.isprintable() or not value.strip()):
        if name == "prefix" and not value:
            return
        raise SettingsError(
            f"The setting {name} is empty, too long or contains control characters.",
            "Check how it was pasted.",
            field=name,
        )


def without_secrets(settings: ConnectionSettings) -> dict[str, object]:
    """The settings that differ from their defaults, for a record. Settings contain no secrets."""
    defaults = ConnectionSettings()
    values = cast("dict[str, object]", msgspec.to_builtins(settings))
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}
