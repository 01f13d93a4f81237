"""What another server or connection means for a datasource: for assets that it shares, held removals, and runs."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict
from mirrorlake.model.sources import Datasource

DISMISSED = "its connection was changed before its held removals were confirmed"
_CANCELLED_BY = "a change of its connection"


def is_elsewhere(before: Datasource, after: Datasource) -> bool:
    """Whether another connection, server or account is used. Another region only corrects where the bucket is."""
    return before.connection_id != after.connection_id or _without_region(before) != _without_region(after)


def _without_region(source: Datasource) -> dict[str, object]:
    return {name: value for name, value in source.access.stored().items() if name != "region"}


def check_unshared(connection: psycopg.Connection[TupleRow], ids: Sequence[int], endpoint: str | None) -> None:
    """Raise Conflict if these datasources share assets with others, and would not with this endpoint.

    Their next runs would replace the content of assets by that of objects on another server, although the others show
    them as well. Until the transaction ends, no run makes them share any.
    """
    values = {"ids": list(ids), "endpoint": Jsonb(endpoint)}
    for number in sorted(ids):
        connection.execute(statement("lock_store_for_edit").query, {"datasource_id": number})
    row = connection.execute(statement("shared_with_others").query, values).fetchone()
    if row is not None:
        moved, other = row
        raise Conflict(
            f"The datasource {moved} shares assets with {other}, and another server would replace their content.",
            "Make a new datasource for the other server.",
        )


def dismiss_held(connection: psycopg.Connection[TupleRow], ids: Sequence[int]) -> None:
    """Dismiss the held removals of these datasources: what is missing there was missing by another connection."""
    connection.execute(statement("dismiss_held_runs").query, {"ids": list(ids), "error": DISMISSED})


def stop_runs(connection: psycopg.Connection[TupleRow], ids: Sequence[int]) -> None:
    """Request that the running jobs of these datasources end: they commit nothing more of what another server listed.

    Call it after `check_unshared`, which waits for a commit that is under way.
    """
    connection.execute(statement("cancel_running").query, {"ids": list(ids), "by": _CANCELLED_BY})
