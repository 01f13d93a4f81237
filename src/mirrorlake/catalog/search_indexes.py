"""Indexes that are made for searches, each on one value of an asset, and the searches that needed them.

An index must have exactly the expressions of the SQL that `search.compile` writes: PostgreSQL compares them by form.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.catalog import library_count
from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.jobs import NewJob
from mirrorlake.model.search_indexes import IndexedValue, IndexSource, IndexState, SearchIndex
from mirrorlake.plan import hot_indexes
from mirrorlake.plan.hot_indexes import Advance, Choice, Common, Use, plan_indexes
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

KEPT_DAYS = 30  # searches
PROGRESS_S = 1.0  # between two reports of the progress of a build
MEMORY: LiteralString = "256MB"
_VALUE: LiteralString = (
    "((CASE WHEN octet_length({document} ->> {key}) <= 1000 THEN {document} -> {key} END), id)"
    " WHERE ({document} -> {key}) IS NOT NULL"
)
_TEXT: LiteralString = (
    '(left({document} ->> {key}, 200) COLLATE "C", id) WHERE left({document} ->> {key}, 200) IS NOT NULL'
)
_FORMS: dict[IndexSource, tuple[LiteralString, LiteralString]] = {
    IndexSource.METADATA: ("metadata", _VALUE),
    IndexSource.FACTS: ("facts", _VALUE),
    IndexSource.METADATA_TEXT: ("metadata", _TEXT),
    IndexSource.FACTS_TEXT: ("facts", _TEXT),
}
# By the names that queries sort by.
_COLUMNS: dict[str, LiteralString] = {
    "type": '(media_type COLLATE "C", id)',
    "size": "(size, id)",
    "width": "(width, id)",
    "height": "(height, id)",
    "created": "(created, id)",
    "modified": "(modified, id)",
}
_SOURCES = {
    "metadata": (IndexSource.METADATA, IndexSource.METADATA_TEXT),
    "facts": (IndexSource.FACTS, IndexSource.FACTS_TEXT),
}
MANY_VALUES = 10_000  # at least this many different ones: they are not all listed


def list_all(catalog: Catalog) -> list[SearchIndex]:
    """All indexes made for searches."""
    with catalog.read() as connection:
        rows = connection.execute(statement("list_search_indexes").query).fetchall()
    return [
        SearchIndex(
            id=number,
            source=IndexSource(source),
            key=key,
            state=IndexState(state),
            bytes=size,
            why=why,
            created=created,
            built=built,
            last_used=last_used,
            uses=uses,
            error=error,
        )
        for number, source, key, state, size, why, created, built, last_used, uses, error in rows
    ]


def ready(connection: psycopg.Connection[TupleRow]) -> frozenset[IndexedValue]:
    """The values that searches can read from an index."""
    rows = connection.execute(statement("ready_search_indexes").query)
    return frozenset(IndexedValue(IndexSource(source), key) for source, key in rows)


def record_use(catalog: Catalog, needed: Collection[IndexedValue], seconds: float) -> None:
    """Record that a search took this long for want of indexes on these values."""
    values = {
        "seconds": seconds,
        "sources": [one.source.value for one in needed],
        "keys": [one.key for one in needed],
    }
    with catalog.write() as connection:
        connection.execute("SET LOCAL synchronous_commit = off")  # nobody waits for it
        connection.execute(statement("record_search_use").query, values)


def uses(catalog: Catalog) -> tuple[list[Use], datetime]:
    """What searches cost in the last month for want of each index, and the time now."""
    with catalog.write() as connection:
        connection.execute(statement("prune_search_uses").query, {"days": KEPT_DAYS})
        rows = connection.execute(statement("search_uses").query, {"days": KEPT_DAYS}).fetchall()
        now = connection.execute("SELECT now()").fetchone()
    if now is None:
        raise AssertionError("a SELECT without FROM returns a row")
    found = [
        Use(value=IndexedValue(IndexSource(source), key), searches=count, seconds=seconds)
        for source, key, count, seconds in rows
    ]
    return found, now[0]


@retry_on_contention
def enqueue_due(catalog: Catalog, job: NewJob) -> bool:
    """Queue this job of index maintenance if it is due and none is queued; return whether it was."""
    with catalog.read() as connection:
        row = connection.execute(statement("index_maintenance_due").query).fetchone()
    if not (row and row[0]) and not _is_due_in_advance(catalog):
        return False
    with catalog.write() as connection:
        return connection.execute(statement("insert_queued").query, job_values(job)).fetchone() is not None


def _is_due_in_advance(catalog: Catalog) -> bool:
    """Whether an index is to be made before a search needs it. Not during a run, which it would slow down."""
    with catalog.read() as connection:
        row = connection.execute(statement("library_rests").query).fetchone()
        assets = sum(count for _, count in library_count.blocks(connection))
    if row is None or not row[0] or assets < hot_indexes.MIN_ASSETS:
        return False
    plan = plan_indexes([], list_all(catalog), assets=assets, now=row[1], advance=advance(catalog))
    return any(choice.in_advance for choice in plan.make)


def advance(catalog: Catalog) -> Advance:
    """What may be indexed before a search needs it, and what was."""
    values = {"least": hot_indexes.MIN_ASSETS, "many": MANY_VALUES, "columns": list(hot_indexes.COLUMNS)}
    with catalog.read() as connection:
        found = connection.execute(statement("common_values").query, values).fetchall()
        made = connection.execute(statement("indexes_in_advance").query).fetchall()
        declined = connection.execute(statement("declined_indexes").query).fetchall()
    return Advance(
        common=[one for row in found for one in _common(*row)],
        made={number for (number,) in made},
        declined={IndexedValue(IndexSource(source), key) for source, key in declined},
    )


def _common(field: str, numbers: int, dates: int, assets: int, distinct: int) -> Iterator[Common]:
    space, _, key = field.partition(".")
    if not key:
        yield Common(value=IndexedValue(IndexSource.COLUMN, field), assets=assets, distinct=MANY_VALUES)
        return
    values, texts = _SOURCES[space]
    yield Common(value=IndexedValue(values, key), assets=numbers, distinct=distinct)
    yield Common(value=IndexedValue(texts, key), assets=dates, distinct=distinct)


def build(catalog: Catalog, choice: Choice, step: Callable[[int, int], object]) -> str | None:
    """Build an index while assets are read and written, and return the reason if that failed.

    `step` is called every second with the progress of the build; an error that it raises ends the build.
    """
    values = {
        "source": choice.value.source.value,
        "key": choice.value.key,
        "why": choice.why,
        "in_advance": choice.in_advance,
    }
    with catalog.write() as connection:
        row = connection.execute(statement("add_search_index").query, values).fetchone()
    if row is None:
        raise AssertionError("an INSERT with RETURNING returns a row")
    number = int(row[0])
    error = run_long(catalog, _definition(number, choice.value), step)
    state = IndexState.READY if error is None else IndexState.FAILED
    with catalog.write() as connection:
        connection.execute(statement("end_search_index").query, {"id": number, "state": state.value, "error": error})
        details = {"value": _named(choice.value), "why": choice.why, "error": error}
        record_activity(connection, LIBRARY, Action.CREATE, Subject.SEARCH_INDEX, [number], details=details)
    return error


def drop(catalog: Catalog, index: SearchIndex, step: Callable[[int, int], object], why: str) -> None:
    """Drop an index while assets are read and written."""
    with catalog.write() as connection:
        connection.execute(statement("hide_search_index").query, {"id": index.id})
    run_long(catalog, sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(_name(index.id)), step)
    with catalog.write() as connection:
        unused = index.state is IndexState.READY
        connection.execute(statement("delete_search_index").query, {"id": index.id, "unused": unused})
        details = {"value": _named(IndexedValue(index.source, index.key)), "why": why}
        record_activity(connection, LIBRARY, Action.DELETE, Subject.SEARCH_INDEX, [index.id], details=details)


def analyze(catalog: Catalog) -> None:
    """Let the planner know how values in new indexes are spread."""
    with catalog.session() as session:
        session.execute("ANALYZE asset")


def run_long(
    catalog: Catalog, command: sql.Composed, step: Callable[[int, int], object], *, memory: str = MEMORY
) -> str | None:
    """Run a command that may take minutes in a session of its own; return PostgreSQL's reason if it failed."""
    failures: list[str] = []
    with catalog.session() as session:
        session.execute("SELECT set_config('maintenance_work_mem', %s, false)", (memory,))
        pid = session.info.backend_pid

        def work() -> None:
            try:
                session.execute(command)
            except psycopg.Error as error:
                failures.append(str(error).splitlines()[0])

        thread = threading.Thread(target=work, name="index", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(PROGRESS_S)
                step(*_progress(catalog, pid))
        finally:
            if thread.is_alive():
                session.cancel_safe()
                thread.join()
    return failures[0] if failures else None


def _progress(catalog: Catalog, pid: int) -> tuple[int, int]:
    with catalog.read() as connection:
        row = connection.execute(statement("index_progress").query, {"pid": pid}).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def _definition(number: int, value: IndexedValue) -> sql.Composed:
    if value.source is IndexSource.COLUMN:
        columns: sql.Composable = sql.SQL(_COLUMNS[value.key])
    else:
        document, form = _FORMS[value.source]
        columns = sql.SQL(form).format(document=sql.Identifier(document), key=sql.Literal(value.key))
    return sql.SQL("CREATE INDEX CONCURRENTLY {} ON asset {}").format(_name(number), columns)


def _name(number: int) -> sql.Identifier:
    return sql.Identifier(f"asset_search_{number}")


def _named(value: IndexedValue) -> str:
    return f"{value.source.value} {value.key}"
