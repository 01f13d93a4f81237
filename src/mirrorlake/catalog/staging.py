"""One transaction of a pass: check the lease, stage a batch by COPY, and process it by named statements."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from adbc_driver_manager.dbapi import Cursor

from mirrorlake.catalog.leases import lease_lost
from mirrorlake.catalog.limits import Dropped, room_of
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import (
    column,
    filled,
    from_numpy_mask,
    joined,
    keep,
    mask_of,
    no_rows,
    nulls,
    present,
    where,
)
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.runs import Counts, OutcomeKind
from mirrorlake.select.fingerprints import any_differs, fingerprints

NO_LIMIT = 2**62
ANALYZE_FROM_ROWS = 1000  # with fewer rows, any plan is fast
_JSON_COLUMNS = ("facts", *(name for role in ROLES for name in (role.values, role.document)))
_TEXT_COLUMNS = ("stage", "reason", "media_type", "storage_class", "version", "name")
_NUL = "\x00"
_REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNSTORABLE_ESCAPE = r"\\u(?:0000|[dD][89abAB])"  # NUL, or the first half of a possibly incomplete pair


_STAGED_COMPANION: list[pa.Field[Any]] = [
    pa.field("key", pa.string()),
    pa.field("role", pa.string()),
    pa.field("companion_key", pa.string()),
    pa.field("token", pa.string()),
    pa.field("differs", pa.bool_()),
    pa.field("content", pa.string()),
    pa.field("document", pa.string()),
]
_COMPANIONS = pa.schema(_STAGED_COMPANION)


class Staging:
    """The staged batch, and the statements that process it in one transaction."""

    def __init__(self, cursor: Cursor, lease: Lease) -> None:
        self._cursor = cursor
        self._lease = lease
        self._shared = False

    @property
    def datasource_id(self) -> int:
        """The datasource of the pass."""
        return self._lease.datasource_id

    @property
    def shared(self) -> bool:
        """Whether other datasources can reach the objects of this one."""
        return self._shared

    def begin(self) -> None:
        """Wait until no other pass commits to this store, and check the lease."""
        self.run("create_staged", "create_staged_companion", "create_merged")
        self.fetch("lock_store", self.datasource_id)
        self.check_lease()
        # After the lock, so that earlier commits are visible.
        siblings = self.fetch("siblings", self.datasource_id)
        self._shared = siblings.num_rows > 0
        if self._shared:
            self.run("create_sibling")
            self._cursor.adbc_ingest("sibling", siblings, mode="append", temporary=True)
            self._cursor.execute("ANALYZE sibling")

    def begin_beside(self) -> None:
        """Wait until no other pass commits to this store, except by transactions that began like this one."""
        self.fetch("lock_store_beside", self.datasource_id)

    def govern(self) -> None:
        """Set the governing datasource of each staged asset after its objects have changed."""
        if self._shared:
            self.run("govern_staged")

    def keep_within_limits(self) -> Dropped | None:
        """Leave out the new assets for which the workspace has no room. Returns what was left out, None for nothing."""
        if not self.fetch("own_limits").num_rows:
            return None
        self.fetch("lock_limits")
        # After the lock, so that what other passes have added is visible.
        rows = self.fetch("own_limits").to_pylist()
        room = room_of(tuple(rows[0].values()) if rows else None)
        most = [NO_LIMIT if left is None else left for left in (room.assets, room.bytes)]
        dropped = self.fetch("drop_beyond_limits", *most)
        too_many = any(dropped.column("too_many").to_pylist())
        return Dropped.of(room, cast("list[int]", dropped.column("size").to_pylist()), too_many=too_many)

    def lock_assets(self) -> None:
        """Lock the staged assets before they are changed."""
        self.fetch("lock_staged")

    def run(self, *names: str) -> None:
        """Run statements whose only parameter, if any, is the datasource."""
        for name in names:
            text = statement(name).text
            self._cursor.execute(text, (self._lease.datasource_id,) if "$1" in text else None)

    def fetch(self, name: str, *parameters: int) -> pa.Table:
        """Run a statement and return its rows."""
        self._cursor.execute(statement(name).text, parameters or None)
        return self._cursor.fetch_arrow_table()

    def record_outcomes(self, name: str) -> Counts:
        """Write outcomes and return their counts."""
        self._cursor.execute(statement(name).text, (self._lease.run_id,))
        rows = cast("list[tuple[str, int]]", self._cursor.fetchall())
        return Counts(**{OutcomeKind(kind).value: count for kind, count in rows})

    def record_run_outcomes(self, name: str) -> None:
        """Write outcomes without counting them; the only parameter is the run."""
        self._cursor.execute(statement(name).text, (self._lease.run_id,))

    def copy(self, table: str, batch: pa.RecordBatch, *, by: str) -> None:
        """COPY a batch into one of the staging tables, which later statements join by the column `by`."""
        self._cursor.adbc_ingest(table, batch, mode="append", temporary=True)
        if batch.num_rows >= ANALYZE_FROM_ROWS:
            self.analyze(table, by=by)

    def insert(self, table: str, batch: pa.RecordBatch) -> None:
        """COPY a batch into a table that is kept."""
        if batch.num_rows:
            self._cursor.adbc_ingest(table, batch, mode="append")

    def analyze(self, table: str, *, by: str) -> None:
        """Let the planner know one of the staging tables, which later statements join by the column `by`."""
        # Only this column: statistics of columns that are still empty would mislead the planner.
        self._cursor.execute(f"ANALYZE {table} ({by})")

    def check_lease(self) -> None:
        """Raise LeaseLost if another pass has taken over, RunCancelled if somebody cancelled the run."""
        self._cursor.execute(statement("check_lease").text, (self._lease.lock, self._lease.holder))
        row = cast("tuple[str | None] | None", self._cursor.fetchone())
        if row is None:
            raise lease_lost(self._lease)
        if row[0] is not None:
            self._lease.mark_cancelled(row[0])
            self._lease.check()


@contextmanager
def leased(lease: Lease) -> Generator[Staging]:
    """A transaction under the lease, with the staging tables empty. Committed at the end."""
    with lease.catalog.arrow() as connection, connection.cursor() as cursor:
        staging = Staging(cursor, lease)
        staging.begin()
        yield staging


@contextmanager
def leased_beside(lease: Lease) -> Generator[Staging]:
    """A transaction under the lease, which may run beside others like it: they must not change the same rows.

    The lease is checked at the end: its heartbeat would never find a moment between transactions that overlap.
    """
    with lease.catalog.arrow() as connection, connection.cursor() as cursor:
        staging = Staging(cursor, lease)
        staging.begin_beside()
        yield staging
        staging.check_lease()


@contextmanager
def staged(lease: Lease, batch: pa.RecordBatch) -> Generator[Staging]:
    """A transaction with this batch in the table `staged`, under the lease. Committed at the end."""
    objects, companions = split_companions(storable(batch))
    with leased(lease) as staging:
        staging.copy("staged", objects, by="key")
        if companions.num_rows:
            staging.copy("staged_companion", companions, by="key")
        yield staging


def split_companions(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """The rows for `staged`, and those for `staged_companion`: one for each companion that exists or differs.

    A batch without companion columns (vanished keys) is returned unchanged.
    """
    if ROLES[0].key not in batch.schema.names:
        return batch, no_rows(_COMPANIONS)
    differs = any_differs(batch)
    outcome = filled(batch.num_rows, ROLES[0].outcome.value, pa.string())
    companions: list[pa.RecordBatch] = []
    for role in reversed(ROLES):  # the first role whose companion differs takes precedence
        outcome = where(mask_of(column(batch, role.differs)), role.outcome.value, outcome)
        companions.append(_rows_of(batch, role))
    own = {name for role in ROLES for name in role.columns} | {"thumbnail"}  # which is in the library store
    now = {name: column(batch, name) for name in batch.schema.names if name not in own}
    now |= {"companions": fingerprints(batch), "differs": from_numpy_mask(differs), "companion_outcome": outcome}
    return pa.record_batch(now), joined(companions)


def _rows_of(batch: pa.RecordBatch, role: CompanionRole) -> pa.RecordBatch:
    read = role.values in batch.schema.names
    none = nulls(batch.num_rows, pa.string())
    arrays = [
        column(batch, "key"),
        filled(batch.num_rows, role.name, pa.string()),
        column(batch, role.key),
        column(batch, role.token),
        column(batch, role.differs),
        column(batch, role.values) if read else none,
        column(batch, role.document) if read else none,
    ]
    there = present(arrays[2]) | present(arrays[3]) | mask_of(arrays[4])
    return keep(pa.RecordBatch.from_arrays(arrays, schema=_COMPANIONS), there)


def storable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with characters that PostgreSQL cannot store (NUL, half a surrogate pair) replaced by U+FFFD.

    Keys and tokens are not changed: stores never return invalid ones.
    """
    columns = [
        _storable_column(name, cast("pa.Array[Any]", batch.column(position)))
        for position, name in enumerate(batch.schema.names)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _storable_column(name: str, values: pa.Array[Any]) -> pa.Array[Any]:
    if name in _JSON_COLUMNS and _any_match(values, _UNSTORABLE_ESCAPE):
        texts = cast("list[str | None]", values.to_pylist())
        return pa.array([None if text is None else _storable_json(text) for text in texts], pa.string())
    if name in _TEXT_COLUMNS and _any_match(values, _NUL):
        return pc.replace_substring(values, _NUL, _REPLACEMENT)
    if name == "warnings" and _any_match(pc.list_flatten(values), _NUL):
        lists = cast("list[list[str] | None]", values.to_pylist())
        return pa.array(
            [None if one is None else [text.replace(_NUL, _REPLACEMENT) for text in one] for one in lists],
            pa.list_(pa.string()),
        )
    return values


def _any_match(column: pa.Array[Any], pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def _storable_json(text: str) -> str:
    def clean(value: object) -> object:
        match value:
            case str():
                return _UNSTORABLE.sub(_REPLACEMENT, value)
            case dict():
                return {clean(key): clean(item) for key, item in cast("dict[str, object]", value).items()}
            case list():
                return [clean(item) for item in cast("list[object]", value)]
            case _:
                return value

    return json.dumps(clean(json.loads(text)), ensure_ascii=False)
