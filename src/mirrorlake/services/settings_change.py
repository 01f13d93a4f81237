"""Change a datasource: what it mirrors, when, and by which connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mirrorlake.catalog import connections, datasources
from mirrorlake.core.errors import SettingsError
from mirrorlake.mirror.source_stores import check_fits
from mirrorlake.model.access import Context
from mirrorlake.model.sources import Datasource
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings_patch import patch_settings
from mirrorlake.services.base import Resources
from mirrorlake.services.connection_changes import check_address
from mirrorlake.services.label_mapping import check_mapping
from mirrorlake.storage.providers.registry import provider_of

CONNECTION = "connection"  # the member of a change that names one, or is null


def change_datasource(resources: Resources, caller: Context, name: str, change: Mapping[str, Json]) -> None:
    """Set what `change` names, as in a settings file, and keep the rest. Errors as in `Datasources.change_settings`."""
    changed = _changing(resources, caller, name, change)
    datasources.change_stored(resources.catalog, name, changed, by=caller)


def changed_datasource(resources: Resources, caller: Context, name: str, change: Mapping[str, Json]) -> Datasource:
    """The datasource as `change_datasource` would make it. Nothing is stored. The same errors."""
    return _changing(resources, caller, name, change)(datasources.named(resources.catalog, name))


def _changing(
    resources: Resources, caller: Context, name: str, change: Mapping[str, Json]
) -> Callable[[Datasource], Datasource]:
    connect = _connect(resources, caller, change[CONNECTION]) if CONNECTION in change else _keep_connection
    settings = {key: value for key, value in change.items() if key != CONNECTION}
    if "labels" in settings:  # before the change, which must not wait for another connection while it holds one
        before = datasources.named(resources.catalog, name).settings
        check_mapping(resources.catalog, before.labels, patch_settings(before, settings).labels)

    def changed(stored: Datasource) -> Datasource:
        return connect(replace(stored, settings=patch_settings(stored.settings, settings)))

    return changed


def _keep_connection(stored: Datasource) -> Datasource:
    return stored


def _connect(resources: Resources, caller: Context, name: Json) -> Callable[[Datasource], Datasource]:
    """What makes a datasource use the connection of this name; without a name, none."""
    if name is None:

        def left(stored: Datasource) -> Datasource:
            if stored.connection_id is not None:
                check_address(resources.settings, caller, stored.location, stored.access.options().endpoint)
            return replace(stored, connection=None, connection_id=None)

        return left
    if not isinstance(name, str):
        raise SettingsError("connection must be the name of a connection, or null.", field=CONNECTION)
    found = connections.named(resources.catalog, name).connection

    def connected(stored: Datasource) -> Datasource:
        if stored.connection_id == found.id:
            return stored
        check_fits(stored, found.kind, found.settings, found.name)
        values = {"endpoint": found.settings.endpoint, "region": stored.access.options().region}
        access = provider_of(stored.location.provider).read_access(values)
        return replace(stored, access=access, connection=found.name, connection_id=found.id)

    return connected
