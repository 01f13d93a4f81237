"""Find assets whose object is gone, and the copies of their bytes that a datasource shows: one statement per batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pyarrow as pa

from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import Column
from mirrorlake.plan.copies import COPIED_COMPANIONS, COPIES, ORIGINALS
from mirrorlake.postgres.pool import Catalog


def vanishing_originals(catalog: Catalog, datasource_id: int, keys: Column) -> pa.RecordBatch:
    """ORIGINALS among these vanishing keys that have a copy, `open`."""
    values = {"datasource_id": datasource_id, "keys": cast("list[str]", keys.to_pylist())}
    return _fetch(catalog, "vanishing_originals", values, ORIGINALS)


def earlier_originals(catalog: Catalog, datasource_id: int) -> pa.RecordBatch:
    """ORIGINALS that vanished in earlier passes and have a copy that no earlier pass decided about, not `open`."""
    return _fetch(catalog, "earlier_originals", {"datasource_id": datasource_id}, ORIGINALS)


def copies_with_digests(catalog: Catalog, datasource_id: int, digests: Column) -> pa.RecordBatch:
    """COPIES with one of these digests."""
    values = {"datasource_id": datasource_id, "digests": cast("list[bytes]", digests.to_pylist())}
    return _fetch(catalog, "copies_with_digests", values, COPIES)


def companions_of_copies(catalog: Catalog, datasource_id: int, keys: Column) -> pa.RecordBatch:
    """COPIED_COMPANIONS of these keys."""
    values = {"datasource_id": datasource_id, "keys": cast("list[str]", keys.to_pylist())}
    return _fetch(catalog, "companions_of_copies", values, COPIED_COMPANIONS)


def _fetch(catalog: Catalog, name: str, values: Mapping[str, object], schema: pa.Schema) -> pa.RecordBatch:
    """The rows of a statement whose columns have the names of a layout."""
    with catalog.read() as connection:
        cursor = connection.execute(statement(name).query, values)
        names = [one.name for one in cursor.description or ()]
        rows = cursor.fetchall()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    found = dict(zip(names, columns, strict=True))
    return pa.RecordBatch.from_pydict({name: found[name] for name in schema.names}, schema=schema)
