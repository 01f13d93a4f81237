"""What the catalog remembers of a datasource's objects, streamed in key order for the diff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pyarrow as pa

from mirrorlake.catalog.pool import Catalog
from mirrorlake.catalog.statements import statement
from mirrorlake.model.columns import KNOWN

BATCH_BYTES = 1_000_000  # about 8,000 rows; larger batches only cost memory
SAMPLED_ROWS = 20_000  # enough for ranges that differ by a few per cent


def known(
    catalog: Catalog, datasource_id: int, *, after: str | None = None, until: str | None = None
) -> Iterator[pa.RecordBatch]:
    """KNOWN batches of the keys with `after < key <= until`, in byte order of the keys, at constant memory.

    One statement, so one moment's view. Uses a connection until the iterator is exhausted or closed.
    """
    match after, until:
        case None, None:
            name = "known_objects"
        case _, None:
            name = "known_objects_after"
        case None, _:
            name = "known_objects_until"
        case _:
            name = "known_objects_between"
    with catalog.arrow() as connection, connection.cursor() as cursor:
        cursor.execute(statement("read_in_key_order").text, (str(datasource_id), after or "", until or ""))
        cursor.fetchall()
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
        cursor.execute(statement(name).text)
        with closing(cursor.fetch_record_batch()) as reader:
            for batch in reader:
                if batch.num_rows:
                    yield pa.RecordBatch.from_arrays(batch.columns, schema=KNOWN)


def known_keys(catalog: Catalog, datasource_id: int, keys: list[str]) -> pa.RecordBatch:
    """One KNOWN batch of those of these keys of which anything is remembered, in byte order."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("known_keys").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in KNOWN.names]
    return pa.RecordBatch.from_pydict(dict(zip(KNOWN.names, columns, strict=True)), schema=KNOWN)


def knows_any(catalog: Catalog, datasource_id: int) -> bool:
    """Whether anything is remembered of a datasource's objects; not before its first pass."""
    with catalog.read() as connection:
        row = connection.execute(statement("knows_any").query, {"datasource_id": datasource_id}).fetchone()
    return row is not None


def bounds(catalog: Catalog, datasource_id: int, parts: int) -> list[str]:
    """At most `parts - 1` known keys, ascending, that split the datasource into about equal ranges.

    Cheap at any size: a sample of the table. Empty where little or nothing is known.
    """
    if parts <= 1:
        return []
    with catalog.read() as connection:
        row = connection.execute(statement("estimated_objects").query).fetchone()
        total = float(row[0]) if row else 0.0
        if total <= SAMPLED_ROWS:
            return []
        percent = 100.0 * SAMPLED_ROWS / total
        row = connection.execute(
            statement("sampled_bounds").query,
            {
                "fractions": [part / parts for part in range(1, parts)],
                "percent": percent,
                "datasource_id": datasource_id,
            },
        ).fetchone()
    keys: list[str] = (row[0] if row else None) or []
    return list(dict.fromkeys(keys))
