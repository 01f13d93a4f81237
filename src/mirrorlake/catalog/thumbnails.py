"""Thumbnails in the catalog: the digests of assets as columns, and the objects that provide their bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict
from mirrorlake.postgres.db_errors import translate_db_errors
from mirrorlake.postgres.pool import Catalog
from mirrorlake.postgres.schemas import SchemaConnection

CHUNK_ROWS = 65_536  # assets per query: 3 MB of results
DIGEST_BYTES = 32

# One asset: the digest that names its thumbnail, its id, the size of its object in bytes.
OWNER = np.dtype([("digest", np.uint8, (DIGEST_BYTES,)), ("asset", np.int64), ("size", np.int64)])

LOCK_PAUSE_S = 0.2
ENDING_S = 2.0  # for which a command that is just ending may hold the lock
ASSETS_AT_ONCE = 4096  # per query for their objects

Owners = npt.NDArray[np.void]


def digests(catalog: Catalog, done: Callable[[int, int], None]) -> Iterator[Owners]:
    """All assets, of any state, by id, as arrays of OWNER. No transaction stays open between two arrays.

    Includes everything committed before the first array is requested. `done` is called with the progress and its total.
    """
    last, after, rows = last_asset(catalog), 0, CHUNK_ROWS
    while rows == CHUNK_ROWS:
        with catalog.read() as connection, connection.cursor(binary=True) as cursor:
            asked = {"after": after, "rows": CHUNK_ROWS}
            chunk = cast(
                "tuple[bytes | None, bytes, bytes] | None",
                cursor.execute(statement("digests_after").query, asked).fetchone(),
            )
        if chunk is None or chunk[0] is None:
            break
        owners = _owners(chunk[0], chunk[1], chunk[2])
        rows, after = len(owners), int(owners["asset"][-1])
        done(min(after, last), last)
        yield owners


def last_asset(catalog: Catalog) -> int:
    """The highest id of an asset with a thumbnail; 0 without any."""
    with catalog.read() as connection:
        row = connection.execute(statement("last_asset").query).fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """An asset, and the object that can provide its bytes again. Without a token, no object has them any more."""

    asset: int
    digest: bytes  # that names its thumbnail
    datasource_id: int
    key: str
    size: int
    token: str | None
    whole: bool  # whether all of its object was read


def showing(catalog: Catalog, assets: list[int]) -> list[Showing]:
    """The objects of at most `ASSETS_AT_ONCE` assets, without those that have no thumbnail any more."""
    if not assets:
        return []
    with catalog.read() as connection:
        rows = connection.execute(statement("source_objects").query, {"assets": assets}).fetchall()
    return [
        Showing(
            asset=asset, digest=bytes(digest), datasource_id=datasource_id, key=key, size=size, token=token, whole=whole
        )
        for asset, digest, datasource_id, key, size, token, whole in rows
    ]


def library_id(catalog: Catalog) -> str:
    """The id of this library: a UUID. A copy of its database has the same."""
    return _id(catalog, "library_id")


def database_id(catalog: Catalog) -> str:
    """The id of the database: digits and a dot. A backup that was restored elsewhere has another one."""
    return _id(catalog, "database_id")


def _id(catalog: Catalog, name: str) -> str:
    with catalog.read() as connection:
        row = connection.execute(statement(name).query).fetchone()
    if row is None:
        raise AssertionError(f"{name} always returns one row")
    return str(row[0])


@contextmanager
def exclusive_lock(
    catalog: Catalog,
    *others: Catalog,
    patience_s: float = ENDING_S,
    waiting: Callable[[], object] = lambda: None,
) -> Generator[None]:
    """Prevent other commands from rebuilding, removing or moving thumbnails of these workspaces; runs go on.

    Raises Conflict if another command holds one of the locks for longer than `patience_s`; `waiting` is called once
    for each of them.
    """
    with translate_db_errors(catalog.address), closing(catalog.session()) as session:
        for each in (catalog, *others):
            session.enter(each.schema)
            _lock(session, patience_s, waiting)
        yield


def _lock(session: SchemaConnection, patience_s: float, waiting: Callable[[], object]) -> None:
    for attempt in range(1 + round(patience_s / LOCK_PAUSE_S)):
        locked = session.execute(statement("lock_thumbnails").query).fetchone()
        if locked is not None and locked[0]:
            return
        if not attempt:
            waiting()
        time.sleep(LOCK_PAUSE_S)  # the server needs a moment to notice that a command has ended
    raise Conflict(
        "Another command is rebuilding, deleting or backing up thumbnails of this library.", "Wait until it has ended."
    )


def _owners(ids: bytes, found: bytes, sizes: bytes) -> Owners:
    assets = _numbers(ids)
    owners = np.empty(len(assets), OWNER)
    owners["asset"], owners["size"] = assets, _numbers(sizes)
    owners["digest"] = np.frombuffer(found, np.uint8).reshape(len(assets), DIGEST_BYTES)
    return owners


def _numbers(data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(data, ">i8").astype(np.int64)
