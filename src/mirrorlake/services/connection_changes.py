"""Add and change connections: check what was given by whom, and seal the secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from mirrorlake.catalog import connections
from mirrorlake.catalog.connections import ConnectionValues
from mirrorlake.connections import references
from mirrorlake.connections.input.check import check_input
from mirrorlake.connections.kinds import (
    KINDS,
    OPERATOR_ONLY,
    access_values,
    canonical_name,
    change_settings,
    changed_addresses,
    changes_credentials,
    check_complete,
    check_name,
    check_secrets,
    make_credentials,
    parse_kind,
    without_secrets,
)
from mirrorlake.connections.names import is_reference
from mirrorlake.connections.proxy_login import split_login
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Context
from mirrorlake.model.connections import Connection, ConnectionKind, ConnectionSettings, Sealed, StoredConnection
from mirrorlake.model.sources import Location
from mirrorlake.select.json_reader import Json
from mirrorlake.services.base import Resources
from mirrorlake.storage.providers.registry import provider_of

_Value = TypeVar("_Value")


def add(
    resources: Resources,
    caller: Context,
    name: str,
    kind: str,
    *,
    given: Mapping[str, Json],
    secrets: Mapping[str, str | None],
) -> Connection:
    """Store a new connection; no secret is part of an error.

    Raises Conflict, UsageError, SettingsError, and AccessDenied for a role that admits callers without an external id.
    """
    check_name(name)
    own = parse_kind(kind)
    given, secrets = split_login(_canonical(given), _canonical(secrets))
    check_input(own, _named(given), _named(secrets))
    settings = change_settings(own, ConnectionSettings(), given)
    check_settings(resources.settings, caller, own, ConnectionSettings(), settings)
    found = {key: value for key, value in check_secrets(own, secrets).items() if value is not None}
    plain, referred = _split(resources.settings, caller, found)
    external_id = connections.new_external_id()
    if not caller.is_operator:
        _check_credential_source(plain)
    trusted = caller.is_operator
    _check_form(resources.settings, own, settings, plain, referred, external_id=external_id, trusted=trusted)
    values = ConnectionValues(
        settings=settings,
        references=referred,
        secret_names=tuple(sorted(plain)),
        sealed=_seal(resources, external_id, plain),
        trusted=trusted,
    )
    details: dict[str, object] = {"kind": own.value, "settings": without_secrets(settings), "secrets": sorted(found)}
    return connections.add(resources.catalog, name, own, external_id, values, details=details, by=caller)


def change(
    resources: Resources,
    caller: Context,
    name: str,
    *,
    given: Mapping[str, Json],
    secrets: Mapping[str, str | None],
) -> Connection:
    """Change a connection. Raises NotFound, and the errors of `add`; no secret is part of an error.

    Raises Conflict if somebody else changes it meanwhile: checks of credentials ask servers, so it is not locked.
    """
    given, secrets = split_login(_canonical(given), _canonical(secrets))

    def change_values(stored: StoredConnection) -> tuple[ConnectionValues, Mapping[str, object]]:
        before = stored.connection
        check_input(before.kind, {"endpoint": before.settings.endpoint, **_named(given)}, _named(secrets))
        settings = change_settings(before.kind, before.settings, given)
        check_settings(resources.settings, caller, before.kind, before.settings, settings)
        changed = check_secrets(before.kind, secrets)
        moved = changed_addresses(before.settings, settings)
        stale = sorted({*before.secrets, *before.references} - changed.keys())
        if moved and stale and not caller.is_operator:
            raise SettingsError(
                f"Changing {' and '.join(moved)} sends the secrets of {name} to another server.",
                f"Give them again in the same request: {', '.join(stale)}.",
            )
        plain, referred = _split(resources.settings, caller, {k: v for k, v in changed.items() if v is not None})
        trusted = caller.is_operator if moved else before.trusted
        checked = bool(changed) or changes_credentials(before.settings, settings)
        kept = _kept_secrets(resources, stored) if checked else dict[str, str]()
        plain = {**{key: value for key, value in kept.items() if key not in changed}, **plain}
        referred = {**{key: value for key, value in before.references.items() if key not in changed}, **referred}
        names = tuple(sorted(plain)) if changed else before.secrets
        if checked:
            if not caller.is_operator:
                _check_credential_source(plain)
            found = (before.kind, settings, plain, referred)
            _check_form(resources.settings, *found, external_id=before.external_id, trusted=trusted)
        else:
            check_complete(before.kind, settings, frozenset({*names, *referred}))
        values = ConnectionValues(
            settings=settings,
            references=referred,
            secret_names=names,
            sealed=_seal(resources, before.external_id, plain) if changed else stored.sealed,
            trusted=trusted,
        )
        details = {
            "before": without_secrets(before.settings),
            "after": without_secrets(settings),
            "secrets": sorted(changed),
        }
        return values, details

    stored = connections.named(resources.catalog, name)
    values, details = change_values(stored)
    return connections.change(resources.catalog, stored, values, details=details, by=caller)


def _canonical(values: Mapping[str, _Value]) -> dict[str, _Value]:
    """Settings or secrets by their own names."""
    return {canonical_name(name): value for name, value in values.items()}


def _named(values: Mapping[str, object]) -> dict[str, object]:
    """Those that are not references to secrets."""
    return {name: value for name, value in values.items() if not (isinstance(value, str) and is_reference(value))}


def check_settings(
    settings: Settings, caller: Context, kind: ConnectionKind, before: ConnectionSettings, after: ConnectionSettings
) -> None:
    """Raise SettingsError for settings that only an operator may choose, unless they are unchanged."""
    if caller.is_operator:
        return
    changed = {name for name in KINDS[kind].settings if getattr(before, name) != getattr(after, name)}
    reserved = sorted(name for name in changed & OPERATOR_ONLY if getattr(after, name) is not None)
    if reserved:
        raise SettingsError(
            f"{' and '.join(reserved)} cannot be set over the API: they name files of the library's machine.",
            "Ask an operator to make the connection there: mirrorlake connection add.",
        )
    if KINDS[kind].sends_identity and changed & {"endpoint", "proxy"}:
        raise SettingsError(
            f"A connection of the kind {kind.value} sends the machine's own identity to its server, so its endpoint "
            "cannot be set over the API.",
            "Leave endpoint and proxy out, or ask an operator to make the connection on the library's machine.",
        )
    if kind is ConnectionKind.LOCAL:
        check_local_folder(settings, after.bucket or "")


def check_local_folder(settings: Settings, folder: str) -> None:
    """Raise SettingsError for a folder that callers of the API may not mirror. Symbolic links are followed."""
    real = os.path.realpath(folder)
    for root in settings.local_roots:
        allowed = os.path.realpath(root)
        if real == allowed or real.startswith(f"{allowed.rstrip('/')}/"):
            return
    raise SettingsError(
        f"The folder {folder} is not among those that may be mirrored over the API.",
        "An operator allows folders: MIRRORLAKE_LOCAL_ROOTS.",
        field="bucket",
    )


def check_address(settings: Settings, caller: Context, location: Location, endpoint: str | None) -> None:
    """Raise SettingsError for an address that only an operator may choose; `endpoint` is None with a connection."""
    if caller.is_operator:
        return
    if location.container.startswith("/"):
        check_local_folder(settings, location.container)
    elif endpoint is not None:
        raise SettingsError(
            "An endpoint over the API needs a connection: otherwise the machine's own credentials would be used there.",
            "Create a connection with this endpoint, and name it.",
        )


def _split(settings: Settings, caller: Context, secrets: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The secrets themselves, and the references to secrets."""
    allowed = None if caller.is_operator else settings.allow_references
    referred = {name: value for name, value in secrets.items() if is_reference(value)}
    for reference in referred.values():
        references.check_reference(reference, allowed=allowed)
    return {name: value for name, value in secrets.items() if name not in referred}, referred


def _check_form(
    library: Settings,
    kind: ConnectionKind,
    settings: ConnectionSettings,
    plain: Mapping[str, str],
    referred: Mapping[str, str],
    *,
    external_id: str,
    trusted: bool,
) -> None:
    """Raise SettingsError if something is missing, or a secret has not the form of its kind.

    Raises AccessDenied for a role that admits callers without an external id. `trusted`: an operator chose the
    addresses; others are asked only if they are allowed.
    """
    check_complete(kind, settings, frozenset({*plain, *referred}))
    if not referred:  # the form of a secret that is stored elsewhere shows at its use
        own, credentials = make_credentials(kind, settings, plain, external_id=external_id)
        networks = None if trusted else library.allow_addresses
        provider = provider_of(kind.provider)
        access = provider.read_access({**access_values(own, region=None), "networks": networks, "holder": external_id})
        provider.check_credentials(access, credentials)


def _check_credential_source(plain: Mapping[str, str]) -> None:
    """Raise SettingsError for a configuration of Google Cloud that names files or programs of the library's machine."""
    try:
        document: Any = json.loads(plain.get("credentials_json", "null"))
    except ValueError:
        return  # its form is checked elsewhere
    source = cast("Mapping[str, Any]", document).get("credential_source") if isinstance(document, dict) else None
    if isinstance(source, dict) and {"file", "executable", "certificate"} & source.keys():
        raise SettingsError(
            "The credential_source names a file or program of the library's machine.",
            "Ask an operator to make the connection there: mirrorlake connection add.",
        )


def _kept_secrets(resources: Resources, stored: StoredConnection) -> Mapping[str, str]:
    sealed = stored.sealed
    if sealed is None:
        return {}
    return Vault(resources.settings).open(stored.connection.external_id, lambda: sealed)


def _seal(resources: Resources, external_id: str, plain: Mapping[str, str]) -> Sealed | None:
    if not plain:
        return None
    may_make_key = not connections.any_sealed(resources.catalog)
    return Vault(resources.settings).seal(external_id, plain, may_make_key=may_make_key)
