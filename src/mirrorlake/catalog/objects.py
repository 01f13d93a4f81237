"""Known objects of a datasource, streamed in key order for the diff."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import cast

import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from mirrorlake.catalog.array_chunks import KnownChunk, join_known
from mirrorlake.catalog.statements import statement
from mirrorlake.model.columns import KNOWN
from mirrorlake.model.looking import LOOK_AT_ALL, Looking
from mirrorlake.model.objects import RangeDigest
from mirrorlake.model.policies import DuplicatePolicy
from mirrorlake.plan.missing_sidecars import REMEMBERED
from mirrorlake.postgres.pool import Catalog

CHUNK_ROWS = 4096  # rows per query; PostgreSQL's buffers for them fit a core's cache
BATCH_CHUNKS = 4  # per batch: half the rows of a listing batch, because every second object is often a sidecar
SAMPLED_ROWS = 20_000  # enough for ranges whose sizes differ by a few percent


class KnownObjects:
    """The known objects of a datasource in one snapshot of the catalog, as a pass compares them."""

    def __init__(self, connection: psycopg.Connection[TupleRow], datasource_id: int, looking: Looking) -> None:
        self._connection = connection
        self._id = datasource_id
        self._compared = _compared(looking)
        connection.execute(statement("read_in_key_order").query)

    def rows(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        """KNOWN batches of the keys with `after < key <= until`, in byte order of the keys, at constant memory."""
        chunks = self._chunks(after or "", until)
        while some := list(islice(chunks, BATCH_CHUNKS)):
            yield join_known(some)

    def digests(self, *, after: str | None = None, until: str | None = None) -> list[RangeDigest]:
        """The valid digests of ranges in the same keys, by key and without overlaps."""
        found: list[RangeDigest] = []
        values = {"datasource_id": self._id, "after": after or "", "until": until, "depth": self._compared["depth"]}
        for start, end, objects, digest in self._connection.execute(statement("valid_digests").query, values):
            if not found or start >= found[-1].until:
                found.append(RangeDigest(after=start, until=end, objects=objects, digest=digest))
        return found

    def snapshot(self) -> str:
        """What identifies the snapshot, for `range_digests.store`."""
        row = self._connection.execute(statement("current_snapshot").query).fetchone()
        return row[0] if row else ""

    def _chunks(self, after: str, until: str | None) -> Iterator[KnownChunk]:
        query = statement("known_chunk" if until is None else "known_chunk_until").query
        with self._connection.cursor(binary=True) as cursor:
            rows = CHUNK_ROWS
            while rows == CHUNK_ROWS:
                asked = {
                    "datasource_id": self._id,
                    "after": after,
                    "until": until,
                    "rows": CHUNK_ROWS,
                    **self._compared,
                }
                row = cursor.execute(query, asked, prepare=True).fetchone()
                if row is None or row[0] is None:
                    return
                chunk = KnownChunk(*cast("tuple[bytes, bytes, bytes, bytes, bytes]", row))
                rows, after = chunk.rows, chunk.last_key
                yield chunk


@contextmanager
def open_known(catalog: Catalog, datasource_id: int, looking: Looking = LOOK_AT_ALL) -> Generator[KnownObjects]:
    """The known objects, over a connection of their own. Use it from one thread at a time.

    `looking`: how the pass reads objects that compares them. What other policies rejected differs from every listed
    object, and what was read less is outdated.
    """
    with catalog.snapshot() as connection:
        yield KnownObjects(connection, datasource_id, looking)


def known_keys(catalog: Catalog, datasource_id: int, keys: list[str], looking: Looking = LOOK_AT_ALL) -> pa.RecordBatch:
    """One KNOWN batch of those of these keys that the catalog knows, in byte order."""
    values = {"datasource_id": datasource_id, "keys": keys, **_compared(looking)}
    return _known(catalog, "known_keys", values)


def known_of_stems(
    catalog: Catalog, datasource_id: int, stems: Sequence[str], endings: Sequence[str], looking: Looking = LOOK_AT_ALL
) -> pa.RecordBatch:
    """One KNOWN batch, in byte order, of the keys that are a stem, a dot and one of `endings` in any case."""
    values = {
        "datasource_id": datasource_id,
        "stems": stems,
        "endings": endings,
        **_compared(looking),
    }
    return _known(catalog, "known_of_stems", values)


def left_with_tokens(catalog: Catalog, datasource_id: int, tokens: Sequence[str]) -> list[str]:
    """The keys with one of these tokens that left the bucket in a partial pass since the last pass over everything."""
    if not tokens:
        return []
    values = {"datasource_id": datasource_id, "tokens": list(tokens)}
    with catalog.read() as connection:
        return [key for (key,) in connection.execute(statement("left_with_tokens").query, values).fetchall()]


def last_listed(catalog: Catalog, datasource_id: int) -> datetime | None:
    """When the last pass over everything began that ended well; None before the first one."""
    with catalog.read() as connection:
        row = connection.execute(statement("last_listed").query, {"datasource_id": datasource_id}).fetchone()
    return None if row is None else row[0]


def touched_since(catalog: Catalog, datasource_id: int, when: datetime) -> list[str]:
    """The keys about which a run has decided something since then, and those that wait to be checked."""
    values = {"datasource_id": datasource_id, "when": when}
    with catalog.read() as connection:
        return [key for (key,) in connection.execute(statement("touched_since").query, values).fetchall()]


def remembered_companions(catalog: Catalog, datasource_id: int, keys: list[str]) -> pa.RecordBatch:
    """One REMEMBERED batch: the last companions of those of these keys whose assets this datasource governs."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("remembered_companions").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in REMEMBERED.names]
    return pa.RecordBatch.from_pydict(dict(zip(REMEMBERED.names, columns, strict=True)), schema=REMEMBERED)


def knows_any(catalog: Catalog, datasource_id: int) -> bool:
    """Whether the catalog knows any object of a datasource; false before its first pass."""
    with catalog.read() as connection:
        row = connection.execute(statement("has_objects").query, {"datasource_id": datasource_id}).fetchone()
    return row is not None


def bounds(catalog: Catalog, datasource_id: int, parts: int) -> list[str]:
    """At most `parts - 1` known keys, ascending, that split the datasource into about equal ranges.

    Cheap at any size, because it reads a sample of the table. Empty if few or no objects are known.
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


def _compared(looking: Looking) -> dict[str, int | bool]:
    """What decides how the rows of a datasource that reads so are compared."""
    linked = looking.policies.duplicates is DuplicatePolicy.LINK
    return {"policies": looking.fingerprint, "depth": looking.depth.number, "linked": linked}


def _known(catalog: Catalog, query: str, values: Mapping[str, object]) -> pa.RecordBatch:
    with catalog.read() as connection:
        rows = connection.execute(statement(query).query, values).fetchall()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in KNOWN.names]
    return pa.RecordBatch.from_pydict(dict(zip(KNOWN.names, columns, strict=True)), schema=KNOWN)
