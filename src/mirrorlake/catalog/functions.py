"""Own functions in the catalog: add, show, change and delete them, and queue the jobs that call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from blake3 import blake3
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.connections import Sealed
from mirrorlake.model.functions import (
    CallState,
    Function,
    FunctionEvent,
    FunctionFailure,
    FunctionKind,
    NewFunction,
    Repeat,
)
from mirrorlake.model.jobs import NewJob
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFunction:
    """A function with its number in the catalog."""

    id: int
    function: Function


@retry_on_contention
def add(catalog: Catalog, function: NewFunction, *, by: Context, secret: Sealed | None = None) -> int:
    """Add a function, with the secret of a webhook, and return its number. Raises Conflict if its name is taken."""
    values: dict[str, object] = {
        "name": function.name,
        "source": function.source,
        "digest": None if function.source is None else digest_of(function.source),
        "entry": function.entry,
        "url": function.url,
        "events": [event.value for event in function.events],
        "query": function.query,
        "repeat": function.repeat.value,
        "pool": function.pool,
        "timeout_s": function.timeout_s,
        "memory_mb": function.memory_mb,
        "attempts": function.attempts,
        "by": by.actor.name,
    }
    with catalog.write() as connection:
        row = connection.execute(statement("insert_function").query, values).fetchone()
        if row is None:
            raise Conflict(
                f"The function {function.name} exists already.",
                "Choose another name, or replace its file with --replace.",
            )
        if secret is not None:
            sealed = {"owner": secret_owner(function.name), "key": secret.key, "data": secret.data}
            connection.execute(statement("store_signing_secret").query, sealed)
        details = {"events": values["events"], "query": function.query, "pool": function.pool}
        record_activity(connection, by, Action.ADD, Subject.FUNCTION, [function.name], details=details)
        return int(row[0])


@retry_on_contention
def replace_source(catalog: Catalog, name: str, source: str, entry: str, *, by: Context) -> None:
    """Give a function in Python another file. What it was called for is not called again. Raises NotFound."""
    values = {"name": name, "source": source, "digest": digest_of(source), "entry": entry}
    with catalog.write() as connection:
        if connection.execute(statement("replace_function_source").query, values).fetchone() is None:
            raise _unknown(name, "in Python ")
        details = {"digest": digest_of(source).hex()}
        record_activity(connection, by, Action.CHANGE_SETTINGS, Subject.FUNCTION, [name], details=details)


def list_all(catalog: Catalog) -> list[Function]:
    """All functions, by name."""
    with catalog.read() as connection:
        rows = connection.execute(statement("list_functions").query, {"name": None, "counts": True}).fetchall()
    return [_stored(row).function for row in rows]


def named(catalog: Catalog, name: str, *, counts: bool = False) -> StoredFunction:
    """The function with this name, if asked with the numbers of its calls, which takes long. Raises NotFound."""
    with catalog.read() as connection:
        row = connection.execute(statement("list_functions").query, {"name": name, "counts": counts}).fetchone()
    if row is None:
        raise _unknown(name)
    return _stored(row)


def source_of(catalog: Catalog, function_id: int) -> str:
    """The file of a function in Python. Raises NotFound."""
    with catalog.read() as connection:
        row = connection.execute(statement("function_source").query, {"id": function_id}).fetchone()
    if row is None or row[0] is None:
        raise NotFound("The function was deleted.")
    return str(row[0])


@retry_on_contention
def delete(catalog: Catalog, name: str, *, by: Context) -> int:
    """Delete a function and return its number; what it changed stays. Raises NotFound."""
    with catalog.write() as connection:
        row = connection.execute(statement("delete_function").query, {"name": name}).fetchone()
        if row is None:
            raise _unknown(name)
        record_activity(connection, by, Action.DELETE, Subject.FUNCTION, [name])
        return int(row[0])


@retry_on_contention
def pause(catalog: Catalog, name: str, *, paused: bool, by: Context) -> None:
    """Call a function no more, or again; what happened in between is caught up on. Raises NotFound."""
    with catalog.write() as connection:
        if connection.execute(statement("pause_function").query, {"name": name, "paused": paused}).fetchone() is None:
            raise _unknown(name)
        record_activity(connection, by, Action.CHANGE_SETTINGS, Subject.FUNCTION, [name], details={"paused": paused})


@retry_on_contention
def mark_unusable(catalog: Catalog, function_id: int, problem: str, *, wait_s: float) -> None:
    """Record why a function cannot be called; no job of it begins for `wait_s` seconds, longer after earlier ones."""
    with catalog.write() as connection:
        values = {"id": function_id, "problem": problem, "wait_s": wait_s}
        connection.execute(statement("function_unusable").query, values)


def others_wait(catalog: Catalog, job_id: int) -> bool:
    """Whether another job of the pool of this one could start."""
    with catalog.read() as connection:
        row = connection.execute(statement("others_wait").query, {"id": job_id}).fetchone()
    return row is not None and bool(row[0])


@retry_on_contention
def mark_usable(catalog: Catalog, function_id: int) -> None:
    """Record that a function can be called."""
    with catalog.write() as connection:
        connection.execute(statement("function_usable").query, {"id": function_id})


@retry_on_contention
def retry_failed(catalog: Catalog, name: str) -> int:
    """Let the failed calls of a function wait for another attempt; return their number. Raises NotFound."""
    found = named(catalog, name)
    with catalog.write() as connection:
        row = connection.execute(statement("retry_failed_calls").query, {"function_id": found.id}).fetchone()
    return 0 if row is None else int(row[0])


@retry_on_contention
def enqueue_due(catalog: Catalog, make_job: Callable[[str, str, int], NewJob]) -> bool:
    """Queue a job for each function with calls that can begin; return whether any was.

    `make_job` gets the name, pool and number of a function.
    """
    with catalog.read() as connection:
        if not connection.execute(statement("functions_due").query).fetchall():
            return False
    with catalog.write() as connection:
        connection.execute(statement("pause_cancelled_functions").query)
        due = connection.execute(statement("functions_due").query).fetchall()
        queued = [
            connection.execute(statement("insert_queued").query, job_values(make_job(*row))).fetchone() for row in due
        ]
    return any(one is not None for one in queued)


def failures(
    catalog: Catalog, *, function: str | None = None, asset_id: int | None = None, after: int = 0, limit: int
) -> list[FunctionFailure]:
    """Failed calls of a function, by asset from the one after `after`; or those of all functions for one asset."""
    values = {"function": function, "asset_id": asset_id, "after": after, "limit": limit}
    with catalog.read() as connection:
        rows = connection.execute(statement("function_failures").query, values).fetchall()
    return [
        FunctionFailure(
            function=name,
            asset=None if asset is None else str(asset),
            run=run,
            key=key,
            event=FunctionEvent(event),
            state=CallState(state),
            attempts=attempts,
            error=error,
            next_attempt=next_attempt,
        )
        for name, asset, run, key, event, state, attempts, error, next_attempt in rows
    ]


def digest_of(source: str) -> bytes:
    """The BLAKE3 digest of a file in Python."""
    return blake3(source.encode()).digest()


def secret_owner(name: str) -> str:
    """The owner of the secret that signs the requests of a function."""
    return f"function {name}"


def _stored(row: TupleRow) -> StoredFunction:
    name, webhook, events, query, repeat, pool, timeout_s, memory_mb, attempts, paused, *rest = row
    entry, digest, url, problem, created, by, waiting, done, failed, number = rest
    function = Function(
        name=name,
        kind=FunctionKind.WEBHOOK if webhook else FunctionKind.PYTHON,
        events=tuple(FunctionEvent(event) for event in events),
        query=query,
        repeat=Repeat(repeat),
        pool=pool,
        timeout_s=timeout_s,
        memory_mb=memory_mb,
        attempts=attempts,
        paused=paused,
        entry=entry,
        digest=digest,
        url=url,
        problem=problem,
        created=created,
        by=by,
        waiting=waiting,
        done=done,
        failed=failed,
    )
    return StoredFunction(id=number, function=function)


def _unknown(name: str, kind: str = "") -> NotFound:
    return NotFound(
        f"No function {kind}is named {name!r}.",
        "The page Settings and `mirrorlake function list` show the existing ones.",
    )
