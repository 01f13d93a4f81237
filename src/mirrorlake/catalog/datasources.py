"""Datasources in the catalog: create, find by name or address, change, list."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.connection_checks import paused_datasources
from mirrorlake.catalog.runs import last_passes, last_runs, runs_at_work
from mirrorlake.catalog.schedules import database_time_in, next_dues, set_schedule
from mirrorlake.catalog.server_changes import check_unshared, dismiss_held, is_elsewhere, stop_runs
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound, SettingsError, UsageError
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.sources import (
    Access,
    AccessOptions,
    Datasource,
    DatasourceSummary,
    GlobFile,
    Location,
    MirrorSettings,
    summarize,
)
from mirrorlake.plan.cooldown import cooldown_minutes
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.settings import settings_to_json, stored_settings
from mirrorlake.storage.address import stored_location
from mirrorlake.storage.providers.registry import provider_of

NAME_LIMIT = 60  # characters of a derived name


@dataclass(frozen=True, slots=True)
class _Values:
    """What a datasource is created with."""

    location: Location
    access: Access
    settings: MirrorSettings
    connection_id: int | None


@retry_on_contention
def create(
    catalog: Catalog,
    *,
    name: str | None,
    location: Location,
    access: Access,
    settings: MirrorSettings,
    connection_id: int | None = None,
    by: Context = LIBRARY,
) -> Datasource:
    """Create a datasource, with a record of who did.

    Without a name, it is named after its address, with a number if that name is taken.

    Raises UsageError if the given name is taken.
    """
    with catalog.write() as connection:
        return _create(connection, name, _Values(location, access, settings, connection_id), by)


@retry_on_contention
def find_or_create(
    catalog: Catalog,
    *,
    name: str | None,
    location: Location,
    access: Access,
    settings: MirrorSettings,
    connection_id: int | None = None,
    by: Context = LIBRARY,
) -> tuple[Datasource, bool]:
    """The datasource with this name, or without a name the one of this address; and whether it was created now.

    Concurrent calls for one address get the same datasource: only one of them creates it. Raises SettingsError if
    several endpoints are possible.
    """
    with catalog.write() as connection:
        connection.execute(statement("lock_address").query, {"uri": location.uri, "name": name})
        found = (
            _by_source(connection, location, access.options().endpoint)
            if name is None
            else _by_name(connection, name, deleted=True)
        )
        if found is not None:
            return found, False
        return _create(connection, name, _Values(location, access, settings, connection_id), by), True


def by_name(catalog: Catalog, name: str, *, deleted: bool = False) -> Datasource | None:
    """The datasource with this name, None if there is none.

    With `deleted`, also a deleted one that is kept for its assets; mirroring it again revives it.
    """
    with catalog.read() as connection:
        return _by_name(connection, name, deleted=deleted)


def named(catalog: Catalog, name: str) -> Datasource:
    """The datasource with this name. Raises NotFound."""
    source = by_name(catalog, name)
    if source is None:
        raise _unknown(name)
    return source


def by_id(catalog: Catalog, datasource_id: int) -> Datasource:
    """The datasource with this number. Raises NotFound."""
    with catalog.read() as connection:
        return _by_id(connection, datasource_id)


def find_by_source(catalog: Catalog, location: Location, endpoint: str | None) -> Datasource | None:
    """The oldest datasource with this address at this endpoint, None if there is none.

    Without an endpoint, the one stored without an endpoint, else the only one. Raises SettingsError if several
    endpoints are possible.
    """
    with catalog.read() as connection:
        return _by_source(connection, location, endpoint)


def list_all(catalog: Catalog) -> list[Datasource]:
    """All datasources, ordered by name."""
    with catalog.read() as connection:
        return [_datasource(row) for row in connection.execute(statement("list_datasources").query)]


def change_settings(
    catalog: Catalog, name: str, change: Callable[[MirrorSettings], MirrorSettings], *, by: Context = LIBRARY
) -> None:
    """Store the settings that `change` returns for the current ones. As `change_stored`."""
    change_stored(catalog, name, lambda stored: replace(stored, settings=change(stored.settings)), by=by)


@retry_on_contention
def change_stored(catalog: Catalog, name: str, change: Callable[[Datasource], Datasource], *, by: Context) -> None:
    """Store the settings, access and connection that `change` returns. Concurrent changes are applied one by one.

    A run that is at work stops if the source is reached in another way. Raises the errors of `change_locked`; nothing
    is stored then.
    """
    with catalog.write() as connection:
        row = connection.execute(statement("lock_datasource_named").query, {"name": name}).fetchone()
        if row is None:
            raise _unknown(name)
        stored = _by_id(connection, row[0])
        if is_elsewhere(stored, change_locked(connection, row[0], change, by=by)):
            stop_runs(connection, [stored.id])


def change_locked(
    connection: psycopg.Connection[TupleRow],
    datasource_id: int,
    change: Callable[[Datasource], Datasource],
    *,
    by: Context,
) -> Datasource:
    """Store what `change` returns for the current access and settings, and record who changed them.

    The caller's transaction holds the lock of the datasource's row. Held removals are dismissed if the source is
    reached in another way. Raises NotFound, Conflict if another server would replace what other datasources show, and
    whatever `change` raises.
    """
    stored = _by_id(connection, datasource_id)
    changed = change(stored)
    if changed == stored:  # an unchanged schedule keeps its anchor
        return stored
    if is_elsewhere(stored, changed):
        check_unshared(connection, [datasource_id], changed.access.options().endpoint)
        dismiss_held(connection, [datasource_id])
    saved = _update(connection, changed)
    _record_change(connection, stored, saved, by)
    return saved


@retry_on_contention
def correct_region(catalog: Catalog, datasource_id: int, region: str) -> None:
    """Store the region of a bucket, as the cloud reported it, with a record of the change."""

    def corrected(found: Datasource) -> Datasource:
        provider = provider_of(found.location.provider)
        return replace(found, access=provider.change_access(found.access, AccessOptions(region=region)))

    with catalog.write() as connection:
        connection.execute(statement("lock_datasource").query, {"datasource_id": datasource_id})
        change_locked(connection, datasource_id, corrected, by=LIBRARY)


@retry_on_contention
def restore_access(catalog: Catalog, before: Datasource, after: Datasource, *, by: Context = LIBRARY) -> None:
    """Restore the access and connection `before`, unless somebody has changed it since it was stored as `after`."""
    values = {
        "id": before.id,
        "before": Jsonb(before.access.stored()),
        "connection_id": before.connection_id,
        "after": Jsonb(after.access.stored()),
        "connection_after": after.connection_id,
    }
    restored = replace(after, access=before.access, connection=before.connection, connection_id=before.connection_id)
    with catalog.write() as connection:
        if connection.execute(statement("restore_access").query, values).rowcount:
            _record_change(connection, after, restored, by)


@retry_on_contention
def delete_unused(catalog: Catalog, datasource_id: int, run_id: int) -> bool:
    """Delete a datasource whose only run listed nothing, with that run. Returns whether it was deleted.

    A datasource that anybody else has started to use meanwhile is kept.
    """
    values = {"datasource_id": datasource_id, "run_id": run_id}
    with catalog.write() as connection:
        # A run that is about to start waits for this lock, and then finds the datasource either deleted or untouched.
        connection.execute(statement("lock_datasource").query, values)
        return connection.execute(statement("delete_unused").query, values).rowcount == 1


def list_summaries(catalog: Catalog) -> list[DatasourceSummary]:
    """All datasources with their number of assets, newest run and next possible run, ordered by name."""
    with catalog.read() as connection:
        sources = [_datasource(row) for row in connection.execute(statement("list_datasources").query)]
        assets: dict[int, int] = dict(connection.execute(statement("count_assets").query).fetchall())
        runs, passes, busy = last_runs(connection), last_passes(connection), runs_at_work(connection)
        due, now, paused = next_dues(connection), database_time_in(connection), paused_datasources(connection)
    waits = {source.name: cooldown_minutes(passes.get(source.name), now) for source in sources}
    return [
        summarize(
            source,
            assets=assets.get(source.id, 0),
            last_run=runs.get(source.name),
            next_due=due.get(source.id),
            paused=paused.get(source.id),
            cooldown_minutes=waits[source.name],
            can_run=source.name not in busy and not waits[source.name],
            at_work=busy[source.name].state if source.name in busy else None,
        )
        for source in sources
    ]


def summary(catalog: Catalog, name: str) -> DatasourceSummary:
    """One datasource as `list_summaries` shows it. Raises NotFound."""
    for each in list_summaries(catalog):
        if each.name == name:
            return each
    raise _unknown(name)


def glob_file(catalog: Catalog, datasource_id: int, key: str) -> GlobFile | None:
    """The last reading of a glob file, None if there is none."""
    with catalog.read() as connection:
        row = connection.execute(statement("glob_file").query, {"datasource_id": datasource_id, "key": key}).fetchone()
    return None if row is None else GlobFile(key=key, size=row[0], token=row[1], content=row[2])


@retry_on_contention
def store_glob_file(catalog: Catalog, datasource_id: int, file: GlobFile) -> None:
    """Store a reading of a glob file in place of the previous one."""
    with catalog.write() as connection:
        connection.execute(
            statement("store_glob_file").query,
            {
                "datasource_id": datasource_id,
                "key": file.key,
                "size": file.size,
                "token": file.token,
                "content": file.content,
            },
        )


def derive_name(location: Location) -> str:
    """A recognisable name: the last folder of a local source, bucket and folders of a bucket."""
    derived = provider_of(location.provider).derive_name(location)
    return re.sub(r"[^\w.]+", "-", derived)[:NAME_LIMIT].strip("-") or location.provider.value


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"Datasource {name!r} does not exist.",
        "The page Datasources and `mirrorlake datasource list` show the existing ones.",
    )


def _by_name(connection: psycopg.Connection[TupleRow], name: str, *, deleted: bool) -> Datasource | None:
    row = connection.execute(statement("datasource_by_name").query, {"name": name, "deleted": deleted}).fetchone()
    return None if row is None else _datasource(row)


def _by_id(connection: psycopg.Connection[TupleRow], datasource_id: int) -> Datasource:
    row = connection.execute(statement("datasource_by_id").query, {"id": datasource_id}).fetchone()
    if row is None:
        raise NotFound(
            f"Datasource {datasource_id} no longer exists.",
            "The page Datasources and `mirrorlake datasource list` show the existing ones.",
        )
    return _datasource(row)


def _by_source(connection: psycopg.Connection[TupleRow], location: Location, endpoint: str | None) -> Datasource | None:
    rows = connection.execute(statement("datasource_by_source").query, {"uri": location.uri, "endpoint": endpoint})
    found = [_datasource(row) for row in rows]
    if not found:
        return None
    servers = {one.access.options().endpoint: one for one in reversed(found)}
    if endpoint not in servers and len(servers) > 1:
        raise SettingsError(
            f"{location.uri} is mirrored from {len(servers)} servers: {', '.join(sorted(filter(None, servers)))}.",
            "Select one with --endpoint or --name.",
        )
    return servers.get(endpoint, found[0])


def _create(connection: psycopg.Connection[TupleRow], name: str | None, values: _Values, by: Context) -> Datasource:
    base = derive_name(values.location) if name is None else name
    for number in itertools.count(1):
        made = _insert(connection, base if number == 1 else f"{base}-{number}", values)
        if made is not None:
            details = {"uri": made.location.uri, "connection": made.connection}
            record_activity(connection, by, Action.CREATE, Subject.DATASOURCE, [made.name], details=details)
            return made
        if name is not None:
            break
    raise UsageError(
        f"A datasource named {name} already exists.",
        "Choose another name; the page Datasources and `mirrorlake datasource list` show the existing ones.",
    )


def _record_change(
    connection: psycopg.Connection[TupleRow], before: Datasource, after: Datasource, by: Context
) -> None:
    details: dict[str, object] = {
        "before": settings_to_json(before.settings),
        "after": settings_to_json(after.settings),
    }
    if before.access != after.access:  # names of credentials, never a secret
        details["access"] = {"before": before.access.stored(), "after": after.access.stored()}
    if before.connection_id != after.connection_id:
        details["connection"] = {"before": before.connection, "after": after.connection}
    record_activity(connection, by, Action.CHANGE_SETTINGS, Subject.DATASOURCE, [after.name], details=details)


def _update(connection: psycopg.Connection[TupleRow], datasource: Datasource) -> Datasource:
    values = {
        "id": datasource.id,
        "access": Jsonb(datasource.access.stored()),
        "settings": Jsonb(settings_to_json(datasource.settings)),
        "connection_id": datasource.connection_id,
    }
    with _connection_exists():
        row = connection.execute(statement("update_datasource").query, values).fetchone()
    if row is None:
        raise AssertionError("the row is locked")
    set_schedule(connection, datasource.id, datasource.settings.schedule)
    return _datasource(row)


@contextmanager
def _connection_exists() -> Generator[None]:
    """Raise NotFound where a connection that was read before is referred to after it was deleted."""
    try:
        yield
    except psycopg.errors.ForeignKeyViolation:
        raise NotFound(
            "The connection was deleted meanwhile.",
            "The page Connections and `mirrorlake connection list` show the existing ones.",
        ) from None


def _insert(connection: psycopg.Connection[TupleRow], name: str, values: _Values) -> Datasource | None:
    given = {
        "name": name,
        "uri": values.location.uri,
        "access": Jsonb(values.access.stored()),
        "settings": Jsonb(settings_to_json(values.settings)),
        "connection_id": values.connection_id,
    }
    try:
        with _connection_exists():
            row = connection.execute(statement("insert_datasource").query, given).fetchone()
    except psycopg.errors.ProgramLimitExceeded:
        raise UsageError("The address is too long for the index of the catalog.", "Mirror a shorter path.") from None
    if row is None:
        return None
    made = _datasource(row)
    set_schedule(connection, made.id, made.settings.schedule)
    return made


def _datasource(row: TupleRow) -> Datasource:
    identity, name, uri, access, settings, connection_id, connection = row
    location = stored_location(uri)
    return Datasource(
        id=identity,
        name=name,
        location=location,
        access=provider_of(location.provider).read_access(access),
        settings=stored_settings(settings),
        connection=connection,
        connection_id=connection_id,
    )
