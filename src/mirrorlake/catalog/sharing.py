"""Recognise objects that other datasources also reach: datasources with the same object share one asset."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import BoolMask, Column, Rows, chosen, column, columns, is_in, present, same, take
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import CompanionRole
from mirrorlake.model.outcomes import Op
from mirrorlake.model.policies import NO_POLICIES
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.fingerprints import tokens_and_sizes

_ASKED = pa.array([Op.NEW, Op.CHANGED, Op.COMPANION, Op.RETURNED], pa.int8())
_ARRAYS = {"ops": "op", "keys": "key", "tokens": "token", "sizes": "size"}


def make_recogniser(
    catalog: Catalog, source: Datasource, known_id: int | None
) -> Callable[[pa.RecordBatch], pa.RecordBatch] | None:
    """A function that finds objects in CHANGES batches that other datasources have already read; see `Op.SHARED`.

    It runs one statement per batch. None if no other datasource overlaps this one. `known_id` None means that the
    datasource is not stored yet and counts as the newest.
    """
    values: dict[str, object] = {
        "datasource_id": known_id or 0,
        "uri": source.location.uri,
        "access": Jsonb(source.access.stored()),
        "depth": source.settings.depth.number,
        # What others took need not comply with our policies.
        "reads_itself": source.settings.looking.policies.of_content != NO_POLICIES,
    }
    with catalog.read() as connection:
        if connection.execute(statement("any_sibling").query, values).fetchone() is None:
            return None
    return lambda batch: _recognise(catalog, values, batch)


def _recognise(catalog: Catalog, values: dict[str, object], batch: pa.RecordBatch) -> pa.RecordBatch:
    asked = is_in(column(batch, "op"), _ASKED)
    if not asked.any():
        return batch
    arrays = {name: chosen(column(batch, source_name), asked).to_pylist() for name, source_name in _ARRAYS.items()}
    with catalog.read() as connection:
        rows = connection.execute(statement("match_shared_changes").query, {**values, **arrays}).fetchall()
    if not rows:
        return batch
    places, ops, governs, companions = ([*values] for values in zip(*rows, strict=True))
    places = np.flatnonzero(asked)[places]
    differs = _differs(take(batch, places), pa.array(companions, pa.string()), np.array(governs, np.bool_))
    # An unchanged returned object needs no further change if its companions are those that were read.
    counts = (np.array(ops) != Op.RETURNED) | np.any([*differs.values()], axis=0)
    now = dict(zip(batch.schema.names, columns(batch), strict=True))
    now["op"] = _replace_rows(now["op"], places[counts], np.array(ops, np.int8)[counts])
    for role, mask in differs.items():
        now[role.differs] = _replace_rows(now[role.differs], places[counts], mask[counts])
    return pa.RecordBatch.from_arrays(list(now.values()), schema=CHANGES)


def _differs(rows: pa.RecordBatch, companions: Column, governs: BoolMask) -> dict[CompanionRole, BoolMask]:
    """For each role, the rows that must be read: they govern their asset, and a different companion was read last."""
    found: dict[CompanionRole, BoolMask] = {}
    for role, (token, size) in tokens_and_sizes(companions).items():
        key, ours = column(rows, role.key), column(rows, role.token)
        kept = present(ours) & ~present(key)  # its content is kept, whatever the listing contains now
        found[role] = governs & ~kept & ~(same(ours, token) & same(column(rows, role.size), size))
    return found


def _replace_rows(values: Column, places: Rows, others: npt.NDArray[np.int8] | BoolMask) -> Column:
    """`values` with `others` at these positions."""
    now = values.to_numpy(zero_copy_only=False).copy()
    now[places] = others
    return cast("Column", pa.array(now, values.type))
