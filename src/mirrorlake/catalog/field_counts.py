"""Which fields assets have, and how many have which value: kept as counts, since reading ten million takes minutes.

Statements that change assets record the change (migration 0034) and wait for nobody. `fold` counts what is recorded:
runs do it at their end, workers in the background, and readers if little is recorded. The counts are exact for
everything that is folded; `pending` is the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.core.iso_time import ISO_TIME
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

MOST_VALUES = 10_000  # of one field; a field with more is capped
KEPT_VALUES = 1_000  # of a capped field: those that most assets have
MOST_FIELDS = 20_000  # whose values are listed
VALUE_CHARS = 200  # longer values are not listed
FOLD_ASSETS = 50_000  # in one transaction: about half a second
READ_ASSETS = 500  # that a reader counts first, in a few milliseconds
_LIMITS: Mapping[str, object] = {
    "most": MOST_VALUES, "kept": KEPT_VALUES, "fields": MOST_FIELDS, "chars": VALUE_CHARS, "iso": ISO_TIME,
}  # fmt: skip
# All statements of a fold see the same snapshot, taken after the lock: LOCK takes none. Its aggregates fit into memory.
_BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
_LOCK = "LOCK TABLE field_fold IN EXCLUSIVE MODE"
_LOCK_NOW = "LOCK TABLE field_fold IN EXCLUSIVE MODE NOWAIT"
_WIDEN = "SELECT set_config('work_mem', '64MB', true)"
# Waits for statements that are changing assets; new ones wait until the end of the transaction.
_BLOCK = "LOCK TABLE asset_added, asset_before, tag_change IN SHARE MODE"
_FORGET = "TRUNCATE field_count, field_value, field_bucket, asset_added, asset_before, tag_change"
_TEMPORARY = (
    "create_touched", "create_touched_before", "create_touched_tag", "create_field_delta", "create_bucket_delta",
)  # fmt: skip
_COUNTS = ("take_before", "take_tags", "count_named_values", "count_columns", "count_tags", "add_bucket_deltas")
_MERGES = (
    "merge_fields", "cap_fields", "trim_values", "merge_values", "drop_values", "cap_values", "merge_buckets",
    "drop_buckets", "drop_fields",
)  # fmt: skip


def fold(catalog: Catalog, *, seconds: float | None = None, counted: Callable[[int], None] = lambda _: None) -> bool:
    """Count recorded changes, for at most about `seconds`; return whether nothing is left. Waits for other folds."""
    end = None if seconds is None else time.monotonic() + seconds
    while pending(catalog):
        assets = _fold_some(catalog, FOLD_ASSETS, wait=True)
        counted(assets)
        if not assets or (end is not None and time.monotonic() >= end):
            return pending(catalog) == 0
    return True


def fold_few(catalog: Catalog, most: int = READ_ASSETS) -> int:
    """Count what is recorded if that is little and nobody else is counting; return how many assets are pending."""
    left = pending(catalog)
    if not 0 < left <= most:
        return left
    try:
        _fold_some(catalog, most, wait=False)
    except psycopg.errors.LockNotAvailable:
        return left
    return pending(catalog)


def pending(catalog: Catalog) -> int:
    """About how many assets were changed since they were counted."""
    with catalog.read() as connection:
        row = connection.execute(statement("pending_assets").query).fetchone()
    return 0 if row is None else int(row[0])


@retry_on_contention
def forget(catalog: Catalog) -> None:
    """Start again: no asset is counted, all are recorded as new."""
    with catalog.write() as connection:
        connection.execute(_LOCK)
        connection.execute(_BLOCK)
        connection.execute(_FORGET)
        connection.execute(statement("add_all_assets").query)


@retry_on_contention
def _fold_some(catalog: Catalog, most: int, *, wait: bool) -> int:
    """One fold of about `most` assets; return how many there were."""
    with catalog.write() as connection:
        connection.execute(_BEGIN)
        connection.execute(_LOCK if wait else _LOCK_NOW)
        for name in _TEMPORARY:
            connection.execute(statement(name).query)
        touched = _touch(connection, most)
        if touched:
            connection.execute(_WIDEN)
            for name in _COUNTS + _MERGES:
                connection.execute(statement(name).query, _LIMITS)
    return touched


def _touch(connection: psycopg.Connection[TupleRow], most: int) -> int:
    chunk = max(most, CHUNK_ASSETS)
    added = connection.execute(statement("touch_added").query, {"most": chunk}).rowcount
    if added:
        return added
    # Of an asset that is recorded as new, changes mean nothing: it is counted as it is. So new ones come first.
    return connection.execute(statement("touch_changed").query, {"most": most}).rowcount


CHUNK_ASSETS = 16_384  # in a row of `asset_added`, at most
