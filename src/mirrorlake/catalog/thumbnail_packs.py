"""Where each thumbnail is in the library store: the packs, and the place of every thumbnail in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.assets import asset_not_found, parse_asset_id
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.jobs import NewJob
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import CHECK_BYTES, PackEntry, index_bytes
from mirrorlake.processing.thumbnails import DIGEST_BYTES

SHARDS = 256  # one for each first byte of a digest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thumbnail is."""

    pack: bytes  # the name of its pack
    entry: PackEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPack:
    """A pack and what is used of it. Sizes in bytes."""

    id: int
    name: bytes
    thumbnails: int  # that were written
    size: int
    age_s: float  # since it was registered, by the clock of the database
    used: int
    used_bytes: int  # of their images

    @property
    def live_bytes(self) -> int:
        """The size of a pack with the used thumbnails alone."""
        return index_bytes(self.used) + self.used * CHECK_BYTES + self.used_bytes

    @property
    def dead_bytes(self) -> int:
        """What the pack would shrink by."""
        return self.size - self.live_bytes


@dataclass(frozen=True, slots=True)
class Unused:
    """A thumbnail that no asset uses."""

    digest: bytes
    length: int  # bytes
    age_s: float  # of its pack


@retry_on_contention
def register(catalog: Catalog, name: bytes, entries: Sequence[PackEntry], size: int) -> int:
    """Register a pack that will be written; return its id."""
    with catalog.write() as connection:
        return _register(connection, name, entries, size)


def register_within(
    connection: psycopg.Connection[TupleRow], name: bytes, entries: Sequence[PackEntry], size: int
) -> None:
    """Register a pack that was written, and its thumbnails, in a transaction that nothing else works beside."""
    _add(connection, _register(connection, name, entries, size), entries)


def _register(connection: psycopg.Connection[TupleRow], name: bytes, entries: Sequence[PackEntry], size: int) -> int:
    values = {"name": name, "thumbnails": len(entries), "size": size}
    row = connection.execute(statement("register_pack").query, values).fetchone()
    if row is None:
        raise AssertionError("an insert returns a row")
    return int(row[0])


@retry_on_contention
def enqueue_due(catalog: Catalog, job: NewJob, continued: NewJob) -> bool:
    """Queue a cleanup if one is due and none is queued; return whether it was.

    `continued` is the one after another that left something to rewrite.
    """
    with catalog.read() as connection:
        row = connection.execute(statement("thumbnail_upkeep_due").query).fetchone()
    if row is None or not row[0]:
        return False
    with catalog.write() as connection:
        due = continued if row[1] else job
        return connection.execute(statement("insert_queued").query, job_values(due)).fetchone() is not None


@retry_on_contention
def forget(catalog: Catalog, packs: Sequence[int]) -> list[bytes]:
    """Delete the rows of packs without thumbnails; return the names of those whose objects can be deleted."""
    with catalog.write() as connection:
        connection.execute(statement("lock_thumbnail_index").query)
        return [bytes(name) for (name,) in connection.execute(statement("forget_packs").query, {"packs": list(packs)})]


def forget_unwritten(catalog: Catalog, pack: int) -> None:
    """Delete the row of a pack whose object could not be written; if that fails too, a cleanup does it."""
    with suppress(CatalogError):
        forget(catalog, [pack])


def locate(catalog: Catalog, digests: Iterable[bytes]) -> dict[bytes, Place]:
    """Where those of these thumbnails are that are in packs."""
    with catalog.read() as connection:
        rows = connection.execute(statement("locate_thumbnails").query, {"digests": list(digests)}).fetchall()
    return {
        bytes(digest): Place(bytes(name), PackEntry(bytes(digest), start, length))
        for digest, name, start, length in rows
    }


def place_of_asset(catalog: Catalog, asset_id: str) -> tuple[bytes, Place | None] | None:
    """The digest that names the thumbnail of an asset, and its place if it is in a pack; None if it has none."""
    with catalog.read() as connection:
        row = connection.execute(statement("thumbnail_place").query, {"id": parse_asset_id(asset_id)}).fetchone()
    if row is None:
        raise asset_not_found(asset_id)
    if row[0] is None:
        return None
    digest = bytes(row[0])
    return digest, None if row[1] is None else Place(bytes(row[1]), PackEntry(digest, row[2], row[3]))


def list_packs(catalog: Catalog) -> list[StoredPack]:
    """All packs: about ten thousand for ten million thumbnails."""
    with catalog.read() as connection:
        rows = connection.execute(statement("thumbnail_packs").query).fetchall()
    return [
        StoredPack(id=id_, name=bytes(name), thumbnails=count, size=size, age_s=age, used=used, used_bytes=used_bytes)
        for id_, name, count, size, age, used, used_bytes in rows
    ]


def entries_of(catalog: Catalog, pack: int) -> list[PackEntry]:
    """The used thumbnails of a pack, in the order of their records."""
    with catalog.read() as connection:
        rows = connection.execute(statement("pack_entries").query, {"pack": pack}).fetchall()
    return [PackEntry(bytes(digest), start, length) for digest, start, length in rows]


def digests_of_shard(catalog: Catalog, shard: int, without: Sequence[int] = ()) -> tuple[set[bytes], int]:
    """The thumbnails whose digests begin with this byte in packs other than these, and their bytes."""
    return _digests(catalog, _bounds(shard) | {"without": list(without), "only": None})


def digests_in(catalog: Catalog, shard: int, packs: Sequence[int]) -> set[bytes]:
    """The thumbnails whose digests begin with this byte in these packs."""
    return _digests(catalog, _bounds(shard) | {"without": [], "only": list(packs)})[0] if packs else set()


def _digests(catalog: Catalog, values: dict[str, object]) -> tuple[set[bytes], int]:
    with catalog.read() as connection:
        row = connection.execute(statement("digests_of_shard").query, values).fetchone()
    if row is None:
        raise AssertionError("an aggregate returns a row")
    joined = bytes(row[0])
    return {joined[start : start + DIGEST_BYTES] for start in range(0, len(joined), DIGEST_BYTES)}, int(row[1])


def unused_of_shard(catalog: Catalog, shard: int) -> list[Unused]:
    """The thumbnails in packs whose digests begin with this byte and that no asset uses."""
    with catalog.read() as connection:
        rows = connection.execute(statement("unused_thumbnails").query, _bounds(shard)).fetchall()
    return [Unused(bytes(digest), length, age) for digest, length, age in rows]


def find_used(catalog: Catalog, digests: Iterable[bytes]) -> dict[bytes, bool]:
    """Those of these digests that name the thumbnail of an asset, each with whether it is in a pack."""
    with catalog.read() as connection:
        rows = connection.execute(statement("used_thumbnails").query, {"digests": list(digests)}).fetchall()
    return {bytes(digest): packed for digest, packed in rows}


@retry_on_contention
def delete_unused(catalog: Catalog, digests: Sequence[bytes]) -> list[int]:
    """Delete those of these thumbnails that still no asset uses; return their bytes, one by one."""
    with catalog.write() as connection:
        connection.execute(statement("lock_thumbnail_index").query)
        rows = connection.execute(statement("delete_unused_thumbnails").query, {"digests": list(digests)})
        return [length for (length,) in rows]


@retry_on_contention
def delete_lost(catalog: Catalog, pack: int, digests: Sequence[bytes]) -> None:
    """Delete thumbnails that are lost or damaged in a pack, and the row of the pack if it has no others.

    The object stays. Without a row, its thumbnails can be adopted should it be readable after all.
    """
    values = {"digests": list(digests), "packs": [pack] * len(digests)}
    with catalog.write() as connection:
        connection.execute(statement("lock_thumbnail_index").query)
        connection.execute(statement("delete_thumbnails").query, values)
        connection.execute(statement("forget_packs").query, {"packs": [pack]})


@retry_on_contention
def adopt(catalog: Catalog, name: bytes, entries: Sequence[PackEntry], size: int, needed: Sequence[PackEntry]) -> None:
    """Register an existing pack, and record that those of its thumbnails that are `needed` are in it, both or neither.

    Only with `exclusive_lock`.
    """
    with catalog.write() as connection:
        _add(connection, _register(connection, name, entries, size), needed)


@retry_on_contention
def add(catalog: Catalog, pack: int, entries: Sequence[PackEntry]) -> None:
    """Record that these thumbnails are in a pack. Only with `exclusive_lock`: nothing else may delete the pack."""
    with catalog.write() as connection:
        _add(connection, pack, entries)


def _add(connection: psycopg.Connection[TupleRow], pack: int, entries: Sequence[PackEntry]) -> None:
    connection.execute(statement("add_thumbnails").query, {"pack": pack} | _columns(entries))


@retry_on_contention
def move(catalog: Catalog, old: Sequence[int], pack: int, entries: Sequence[PackEntry]) -> list[bytes]:
    """Let these thumbnails of old packs be those of a new one; return the names of the old packs that are empty now."""
    with catalog.write() as connection:
        connection.execute(statement("lock_thumbnail_index").query)
        connection.execute(statement("move_thumbnails").query, {"pack": pack, "old": list(old)} | _columns(entries))
        return [bytes(name) for (name,) in connection.execute(statement("forget_packs").query, {"packs": list(old)})]


def _columns(entries: Sequence[PackEntry]) -> dict[str, object]:
    return {
        "digests": [one.digest for one in entries],
        "starts": [one.start for one in entries],
        "lengths": [one.length for one in entries],
    }


def _bounds(shard: int) -> dict[str, object]:
    return {"first": bytes([shard]), "after": bytes([shard + 1]) if shard + 1 < SHARDS else None}
