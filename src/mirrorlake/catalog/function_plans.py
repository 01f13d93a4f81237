"""Find what functions have to be called for, by comparing assets and runs with what they were called with.

Nothing depends on an event that somebody has to send: whatever happened while no worker ran is found afterwards.
Changed assets are found by their last change; a sweep now and then compares all of them, because a query can begin to
match an asset that did not change, such as one that was put into a project.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import functions
from mirrorlake.catalog.bulk_edits import Selection, named_values
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import QueryError
from mirrorlake.model.functions import FunctionEvent, Repeat
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

SWEEP_S = 3600.0  # between two comparisons of all assets


class Select(Protocol):
    """Makes a selection of the assets that a query finds, or of those of them in the trash. Raises QueryError."""

    def __call__(self, query: str, *, trashed: bool = False) -> Selection:
        """Make the selection."""
        ...


def plan_changed(catalog: Catalog, select: Select) -> None:
    """Let calls wait for everything that happened since the last time, for each function that is not paused.

    `select` makes a statement that selects the ids of the assets of a query.
    """
    with catalog.read() as connection:
        rows = connection.execute(statement("functions_to_plan").query, {"sweep_s": SWEEP_S}).fetchall()
    for (number,) in rows:
        try:
            _plan(catalog, number, select)
        except QueryError as error:  # a query that another version accepted: the other functions are planned
            functions.mark_unusable(catalog, number, f"Its query cannot be used: {error.message}", wait_s=SWEEP_S)


@retry_on_contention
def plan_again(
    catalog: Catalog, function_id: int, selection: Selection, *, since: datetime, failed: bool = False
) -> int:
    """Let calls wait for all assets of a selection that it was not called for since a time; return their number.

    `failed`: only for those whose last call failed.
    """
    name = "plan_failed_again" if failed else "plan_again"
    with catalog.write() as connection:
        return _run(connection, name, selection, {"function_id": function_id, "since": since})


@retry_on_contention
def _plan(catalog: Catalog, function_id: int, select: Select) -> None:
    with catalog.write() as connection:
        row = connection.execute(
            statement("lock_function_to_plan").query, {"id": function_id, "sweep_s": SWEEP_S}
        ).fetchone()
        if row is None:
            return  # another worker plans it
        events, query, repeat, created, since, sweeps, horizon = row
        values = {"function_id": function_id, "since": since, "created_at": created}
        if FunctionEvent.RUN_FINISHED.value in events:
            connection.execute(statement("plan_runs").query, values)
        else:
            values |= {
                "created": FunctionEvent.CREATED.value in events,
                "updated": FunctionEvent.UPDATED.value in events,
                "always": repeat == Repeat.ALWAYS.value,
            }
            _run(connection, "plan_assets", select(query), values)
        if FunctionEvent.REMOVED.value in events:
            _run(connection, "plan_removed", select(query, trashed=True), values)
        planned = {"id": function_id, "horizon": horizon, "swept": sweeps}
        connection.execute(statement("function_planned").query, planned)


def _run(connection: psycopg.Connection[TupleRow], name: str, selection: Selection, values: dict[str, Any]) -> int:
    text, selected = named_values(selection)
    query = b"WITH chosen AS (" + text + b")\n" + statement(name).query
    return connection.execute(query, selected | values, prepare=False).rowcount
