"""Create a datasource without running it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from mirrorlake.catalog import connections, datasources
from mirrorlake.core.errors import Conflict
from mirrorlake.mirror.source_stores import check_fits
from mirrorlake.model.access import Context
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.select.json_reader import Json
from mirrorlake.services.base import Resources
from mirrorlake.services.connection_changes import check_address
from mirrorlake.services.label_mapping import check_mapping
from mirrorlake.services.mirror import find_connection
from mirrorlake.services.mirror_request import MirrorRequest, read_request


def create(
    resources: Resources,
    caller: Context,
    uri: str,
    *,
    name: str | None,
    connection: str | None,
    settings: Mapping[str, Json] | None,
) -> Datasource:
    """Create a datasource. Errors as in `Datasources.create`."""
    source = check_new(resources, caller, uri, name=name, connection=connection, settings=settings)
    if name is not None and datasources.by_name(resources.catalog, name, deleted=True) is not None:
        raise Conflict(
            f"A datasource named {name} already exists.",
            "Choose another name. The address of a datasource cannot be changed.",
        )
    return datasources.create(
        resources.catalog,
        name=name,
        location=source.location,
        access=source.access,
        settings=source.settings,
        connection_id=source.connection_id,
        by=caller,
    )


def check_new(
    resources: Resources,
    caller: Context,
    uri: str,
    *,
    name: str | None,
    connection: str | None,
    settings: Mapping[str, Json] | None,
) -> Datasource:
    """The datasource that would be created, which is not stored and has the id 0. Errors as in `Datasources.create`."""
    options = read_request(
        MirrorRequest(
            uri=uri,
            name=name,
            connection=connection,
            settings_json=None if settings is None else json.dumps(settings),
        )
    )
    new = options.mirror_settings(MirrorSettings())
    check_mapping(resources.catalog, None, new.labels)
    connected = find_connection(resources.catalog, connection)
    check_address(
        resources.settings, caller, options.location, None if connected is not None else options.hint.endpoint
    )
    plain = Datasource(
        id=0,
        name=name or "",
        location=options.location,
        access=Access(),
        settings=new,
    )
    if connected is None:
        return replace(plain, access=options.access(Access()))
    found = connections.named(resources.catalog, connected.name).connection
    check_fits(plain, found.kind, found.settings, found.name)
    access = options.access(Access(), connected)
    return replace(plain, access=access, connection=connected.name, connection_id=connected.id)
