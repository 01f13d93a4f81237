"""Find objects with exactly the bytes of another object of their datasource, and the other places of an asset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa

from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import Column, column
from mirrorlake.plan.moves import PAIRS
from mirrorlake.postgres.pool import Catalog

PLACES = 16  # of an asset that are considered when its object is gone

_DUPLICATES: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("first_key", pa.string(), nullable=False),
]
DUPLICATES = pa.schema(_DUPLICATES)  # objects, each with the first one that has its bytes


def find_duplicates(catalog: Catalog, datasource_id: int, *, linked: bool) -> Iterator[pa.RecordBatch]:
    """DUPLICATES that came since the last pass or partial pass that ended well, in key order.

    `linked`: what equals an asset in the trash counts as its duplicate too.
    """
    with catalog.arrow() as connection, connection.cursor() as cursor:
        cursor.execute(statement("find_duplicates").text, (datasource_id, int(linked)))
        with cursor.fetch_record_batch() as reader:
            for batch in reader:
                yield pa.RecordBatch.from_arrays([column(batch, name) for name in DUPLICATES.names], schema=DUPLICATES)


def linked_places(catalog: Catalog, datasource_id: int, keys: Column) -> pa.RecordBatch:
    """PAIRS of these vanishing keys and other places of their assets, some of each, in order of both."""
    values = {"datasource_id": datasource_id, "keys": cast("list[str]", keys.to_pylist()), "most": PLACES}
    with catalog.read() as connection:
        rows = connection.execute(statement("linked_places").query, values).fetchall()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in PAIRS.names]
    return pa.RecordBatch.from_pydict(dict(zip(PAIRS.names, columns, strict=True)), schema=PAIRS)
