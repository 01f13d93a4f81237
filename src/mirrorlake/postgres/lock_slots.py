"""Whether PostgreSQL's table of locks, whose size is fixed when the server starts, holds those of a large transaction.

A backup and a restore each lock every table of every workspace until they end.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.core.errors import CatalogError

SETTING = "max_locks_per_transaction"


def require_locks(session: psycopg.Connection[TupleRow], needed: int, *, task: str, workspaces: int) -> None:
    """Raise CatalogError, with the setting that suffices, if a transaction of its size does not fit."""
    slots, sessions = lock_slots(session)
    if needed <= slots:
        return
    enough = -(-needed // sessions)
    raise CatalogError(
        f"{task} {workspaces:,} workspaces needs about {needed:,} locks; this PostgreSQL has room for {slots:,}.",
        f"Set {SETTING} = {enough} in the configuration of the server (of the embedded one: in the file local.conf"
        " beside its data folder), restart it, and run the command again.",
    )


def lock_slots(session: psycopg.Connection[TupleRow]) -> tuple[int, int]:
    """How many locks the server certainly has room for, and for how many sessions that is."""
    row = session.execute(
        "SELECT current_setting('max_locks_per_transaction')::integer,"
        " current_setting('max_connections')::integer + current_setting('max_prepared_transactions')::integer"
    ).fetchone()
    each, sessions = (0, 1) if row is None else row
    return each * sessions, sessions


def held_locks(session: psycopg.Connection[TupleRow]) -> int:
    """How many locks the current transaction holds."""
    row = session.execute("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0


def locks_to_read(session: psycopg.Connection[TupleRow], schemas: Iterable[str | None]) -> int:
    """How many locks reading all tables of these schemas takes: one for each table and each index."""
    row = session.execute(
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace IN ("
        " SELECT to_regnamespace(coalesce(name, quote_ident(current_schema()))) FROM unnest(%s::text[]) AS name)",
        (list(schemas),),
    ).fetchone()
    return int(row[0]) if row else 0
