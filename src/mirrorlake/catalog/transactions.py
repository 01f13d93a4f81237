"""What a transaction does last: the caller of the work may add statements that are committed together with it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg.rows import TupleRow

OnDone = Callable[[psycopg.Connection[TupleRow], object], object]  # receives the result before it is committed


def discard_done(_connection: psycopg.Connection[TupleRow], _result: object) -> None:
    """Add nothing."""
