"""Make snapshots, and read their rows again in bounded memory.

project ─▶ rows of one moment ─▶ chunks (Parquet) ─▶ catalog: chunks that no snapshot has yet, then the snapshot
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pyarrow as pa
from blake3 import blake3
from psycopg.rows import TupleRow

from mirrorlake.catalog import snapshots
from mirrorlake.catalog.snapshots import FrozenContent, ProjectReader
from mirrorlake.catalog.transactions import OnDone, discard_done
from mirrorlake.core.errors import CatalogError
from mirrorlake.library.snapshot_rows import (
    SnapshotDigest,
    as_assets,
    count_rows,
    frozen_rows,
    read_chunk,
    split_into_chunks,
    write_chunk,
)
from mirrorlake.library.steps import StepCallback
from mirrorlake.model.access import Context
from mirrorlake.model.snapshots import Snapshot, SnapshotPart
from mirrorlake.postgres.pool import Catalog

FREEZING = "Freezing assets"


def freeze(
    catalog: Catalog,
    project: str,
    step: StepCallback,
    *,
    note: str,
    by: Context,
    on_done: OnDone = discard_done,
) -> Snapshot:
    """Make a snapshot of a project as it is at one moment, in one transaction. Raises NotFound and CatalogError."""
    with catalog.write() as connection:
        name = freeze_within(catalog, connection, project, step, note=note, by=by)
        found = snapshots.get_in(connection, name)
        on_done(connection, found)
    return found


def freeze_within(
    catalog: Catalog,
    connection: psycopg.Connection[TupleRow],
    project: str,
    step: StepCallback,
    *,
    note: str,
    by: Context,
) -> str:
    """As `freeze`, within a transaction of the caller, of what other transactions have committed; return its name."""
    digest, parts = SnapshotDigest(), list[SnapshotPart]()
    splits, classes = dict[str, int](), dict[str, dict[str, int]]()
    with catalog.snapshot() as session:
        reader = ProjectReader(session, project)
        done = 0
        step(FREEZING, done, reader.project.assets)
        for chunk in split_into_chunks(frozen_rows(rows) for rows in reader.rows()):
            for batch in chunk.to_batches():
                digest.add(batch)
            count_rows(chunk, splits, classes)
            content = write_chunk(chunk)
            name = blake3(content).digest()
            snapshots.add_chunk(connection, name, content)
            ids = chunk.column("id")
            parts.append(
                SnapshotPart(digest=name, first_asset=ids[0].as_py(), last_asset=ids[-1].as_py(), assets=chunk.num_rows)
            )
            done += chunk.num_rows
            step(FREEZING, done, reader.project.assets)
    frozen = FrozenContent(digest=digest.digest(), splits=splits, classes=classes, parts=parts)
    return f"{project}@{snapshots.insert(connection, reader.project, frozen, note=note, by=by)}"


def read_frozen(catalog: Catalog, part: SnapshotPart) -> pa.Table:
    """The rows of a chunk in the columns of `snapshot_rows.FROZEN`. Raises CatalogError if it is damaged."""
    content = snapshots.read_content(catalog, part.digest)
    check_chunk(content, part.digest)
    return read_chunk(content)


def check_chunk(content: bytes, digest: bytes) -> None:
    """Raise CatalogError if the content of a chunk is not what its digest names."""
    if blake3(content).digest() != digest:
        raise CatalogError(
            f"A chunk of snapshots, {digest.hex()}, is not as it was written.", "Restore a backup of the library."
        )


def read_snapshot(catalog: Catalog, name: str) -> Iterator[pa.Table]:
    """The rows of a snapshot such as `roads@3` by asset id, in the columns of `model.asset_columns.ASSETS`.

    Some thousand at a time, in bounded memory. Raises NotFound at once, and CatalogError for a damaged chunk.
    """
    project, _ = snapshots.parse_name(name)
    parts = snapshots.list_parts(catalog, name)
    return (as_assets(read_frozen(catalog, part), project) for part in parts)
