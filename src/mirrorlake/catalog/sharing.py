"""Recognise objects that other datasources reach too: two of them with one object share one asset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pyarrow as pa
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import chosen, column, columns, is_in, mask_of, present
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.outcomes import Op
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog

_ASKED = pa.array([Op.NEW, Op.CHANGED, Op.SIDECAR, Op.RETURNED], pa.int8())
_ARRAYS = {
    "ops": "op",
    "keys": "key",
    "tokens": "token",
    "sizes": "size",
    "sidecar_tokens": "sidecar_token",
    "sidecar_sizes": "sidecar_size",
}


def recogniser(
    catalog: Catalog, source: Datasource, known_id: int | None
) -> Callable[[pa.RecordBatch], pa.RecordBatch] | None:
    """What finds, in CHANGES batches, objects that need no look because of other datasources; see `Op.SHARED`.

    One statement a batch. None where no other datasource reaches the place of this one. `known_id` None: it is not
    stored, and would be the youngest.
    """
    values: dict[str, object] = {
        "datasource_id": known_id or 0,
        "uri": source.location.uri,
        "access": Jsonb(asdict(source.access)),
    }
    with catalog.read() as connection:
        if connection.execute(statement("any_sibling").query, values).fetchone() is None:
            return None
    return lambda batch: _recognised(catalog, values, batch)


def _recognised(catalog: Catalog, values: dict[str, object], batch: pa.RecordBatch) -> pa.RecordBatch:
    asked = is_in(column(batch, "op"), _ASKED)
    if not asked.any():
        return batch
    arrays = {name: chosen(column(batch, told), asked).to_pylist() for name, told in _ARRAYS.items()}
    # A sidecar with a token but no key is kept as it was read once, whatever stands there.
    kept = present(column(batch, "sidecar_token")) & ~present(column(batch, "sidecar_key"))
    with catalog.read() as connection:
        rows = connection.execute(
            statement("known_elsewhere").query, {**values, **arrays, "kept": kept[asked].tolist()}
        ).fetchall()
    if not rows:
        return batch
    found = np.array(rows, dtype=np.int64)
    places = np.flatnonzero(asked)[found[:, 0]]
    ops = column(batch, "op").to_numpy().copy()
    ops[places] = found[:, 1]
    sidecar_changed = mask_of(column(batch, "sidecar_changed")).copy()
    sidecar_changed[places] = found[:, 2] != 0
    now = dict(zip(batch.schema.names, columns(batch), strict=True))
    now |= {"op": pa.array(ops, pa.int8()), "sidecar_changed": pa.array(sidecar_changed)}
    return pa.RecordBatch.from_arrays(list(now.values()), schema=CHANGES)
