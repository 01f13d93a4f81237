"""Connections in the catalog. Secrets are stored and read as they are sealed; nothing here can open them."""

from __future__ import annotations

import secrets as random
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.server_changes import check_unshared, dismiss_held, stop_runs
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.connections import (
    Connection,
    ConnectionKind,
    ConnectionSettings,
    Health,
    Sealed,
    StoredConnection,
)
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

EXTERNAL_ID_BYTES = 24  # random; AWS allows up to 1,224 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionValues:
    """What of a connection can change."""

    settings: ConnectionSettings
    references: Mapping[str, str]
    secret_names: tuple[str, ...]  # of the sealed ones
    sealed: Sealed | None
    trusted: bool


def new_external_id() -> str:
    """A random external id for a connection."""
    return f"mirrorlake-{random.token_urlsafe(EXTERNAL_ID_BYTES)}"


@retry_on_contention
def add(
    catalog: Catalog,
    name: str,
    kind: ConnectionKind,
    external_id: str,
    values: ConnectionValues,
    *,
    details: Mapping[str, object],
    by: Context,
) -> Connection:
    """Store a new connection, with a record of who added it. Raises Conflict if the name is taken."""
    row = {"name": name, "kind": kind.value, "external_id": external_id, **_columns(values)}
    with catalog.write() as connection:
        if connection.execute(statement("insert_connection").query, row).fetchone() is None:
            raise Conflict(
                f"A connection named {name} already exists.",
                "Choose another name, or change the existing one, on its page or with: mirrorlake connection change.",
            )
        record_activity(connection, by, Action.CREATE, Subject.CONNECTION, [name], details=details)
        return _named(connection, name).connection


def list_all(catalog: Catalog) -> list[Connection]:
    """All connections, ordered by name."""
    with catalog.read() as connection:
        return [one.connection for one in _select(connection)]


def named(catalog: Catalog, name: str) -> StoredConnection:
    """The connection with this name. Raises NotFound."""
    with catalog.read() as connection:
        return _named(connection, name)


def by_id(catalog: Catalog, connection_id: int) -> StoredConnection:
    """The connection with this number. Raises NotFound."""
    with catalog.read() as connection:
        for found in _select(connection, identity=connection_id):
            return found
    raise NotFound(
        "The connection of this datasource no longer exists.",
        "The page Connections and `mirrorlake connection list` show the others.",
    )


def any_sealed(catalog: Catalog) -> bool:
    """Whether a connection has secrets that need a master key."""
    with catalog.read() as connection:
        return connection.execute(statement("any_sealed").query).fetchone() is not None


@retry_on_contention
def change(
    catalog: Catalog,
    before: StoredConnection,
    values: ConnectionValues,
    *,
    details: Mapping[str, object],
    by: Context,
) -> Connection:
    """Replace the values of a connection that was read as `before`, with a record of who did; `details` are part of it.

    Its datasources follow its endpoint, their held removals are dismissed, and their runs stop. Raises NotFound, and
    Conflict if it was changed since it was read, or if another server would replace what datasources of other
    connections show.
    """
    name = before.connection.name
    with catalog.write() as connection:
        connection.execute(statement("lock_connection").query, {"name": name})
        if _changeable(_named(connection, name)) != _changeable(before):
            raise Conflict(f"The connection {name} was changed meanwhile.", "Try again.")
        number = before.connection.id
        connection.execute(statement("update_connection").query, {"id": number, **_columns(values)})
        endpoint = {"id": number, "endpoint": Jsonb(values.settings.endpoint)}
        following = [one for (one,) in connection.execute(statement("lock_following").query, endpoint).fetchall()]
        if following:
            check_unshared(connection, following, values.settings.endpoint)
            dismiss_held(connection, following)
            stop_runs(connection, following)
            connection.execute(statement("follow_endpoint").query, endpoint)
        record_activity(connection, by, Action.CHANGE_SETTINGS, Subject.CONNECTION, [name], details=details)
        return _named(connection, name).connection


@retry_on_contention
def delete(catalog: Catalog, name: str, *, by: Context) -> None:
    """Delete a connection with its secrets. Raises NotFound, and Conflict while datasources use it, naming them."""
    with catalog.write() as connection:
        connection.execute(statement("lock_connection").query, {"name": name})
        found = _named(connection, name).connection
        if found.datasources:
            raise Conflict(
                f"The connection {name} is used by {', '.join(found.datasources)}.",
                "Delete these datasources first, or mirror them with another connection. A deleted datasource keeps "
                "its connection while assets of it remain.",
            )
        connection.execute(statement("delete_connection").query, {"id": found.id})
        record_activity(connection, by, Action.DELETE, Subject.CONNECTION, [name])


@retry_on_contention
def store_health(catalog: Catalog, name: str, health: Health) -> None:
    """Store the result of a check. Raises NotFound."""
    values = {
        "name": name,
        "health": Jsonb(msgspec.to_builtins(health)),
        "ok": health.ok,
        "paused": health.problem,
    }
    with catalog.write() as connection:
        if not connection.execute(statement("store_health").query, values).rowcount:
            raise _unknown(name)


@contextmanager
def rotation_lock(catalog: Catalog) -> Generator[None]:
    """Only one rotation of master keys at a time."""
    with catalog.write() as connection:
        connection.execute(statement("lock_rotation").query)
        yield


def sealed_rows(catalog: Catalog) -> list[tuple[int, Sealed]]:
    """The sealed secrets of all connections, by number."""
    with catalog.read() as connection:
        rows = connection.execute(statement("sealed_connections").query).fetchall()
    return [(number, Sealed(key=key, data=data)) for number, key, data in rows]


@retry_on_contention
def rewrap(catalog: Catalog, connection_id: int, before: str, key: str) -> bool:
    """Replace the wrapped data key of a connection; False if it is no longer `before`."""
    values = {"id": connection_id, "before": before, "key": key}
    with catalog.write() as connection:
        return connection.execute(statement("rewrap_connection").query, values).rowcount == 1


def _changeable(stored: StoredConnection) -> tuple[object, ...]:
    """What a change depends on: not what checks found."""
    one = stored.connection
    return one.id, one.settings, one.references, one.secrets, one.trusted, stored.sealed


def _columns(values: ConnectionValues) -> dict[str, Any]:
    return {
        "settings": Jsonb(msgspec.to_builtins(values.settings)),
        "secret_names": list(values.secret_names),
        "secret_references": Jsonb(dict(values.references)),
        "sealed_key": None if values.sealed is None else values.sealed.key,
        "sealed": None if values.sealed is None else values.sealed.data,
        "trusted": values.trusted,
    }


def _named(connection: psycopg.Connection[TupleRow], name: str) -> StoredConnection:
    for found in _select(connection, name=name):
        return found
    raise _unknown(name)


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"Connection {name!r} does not exist.",
        "The page Connections and `mirrorlake connection list` show the existing ones.",
    )


def _select(
    connection: psycopg.Connection[TupleRow], *, name: str | None = None, identity: int | None = None
) -> list[StoredConnection]:
    rows = connection.execute(statement("connections").query, {"name": name, "id": identity}).fetchall()
    return [_stored(row) for row in rows]


def _stored(row: TupleRow) -> StoredConnection:
    number, name, kind, settings, external_id, names, references, trusted, health, created, sources, key, data, ok = row
    return StoredConnection(
        connection=Connection(
            id=number,
            name=name,
            kind=ConnectionKind(kind),
            settings=_known_settings(settings),
            external_id=external_id,
            secrets=tuple(names),
            references=references,
            trusted=trusted,
            health=None if health is None else msgspec.convert(health, Health),
            datasources=tuple(sources),
            created=created,
        ),
        sealed=None if data is None else Sealed(key=key, data=data),
        role_proven=ok,
    )


def _known_settings(stored: Mapping[str, object]) -> ConnectionSettings:
    """Settings as stored; names of a newer version are ignored."""
    return msgspec.convert(stored, ConnectionSettings)
