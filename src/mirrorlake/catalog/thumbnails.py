"""What the catalog knows of thumbnails: which digests its assets have, read as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mirrorlake.catalog.pool import Catalog
from mirrorlake.catalog.statements import statement

STRETCH_ROWS = 65_536  # assets asked for at once: 3 MB of answers
DIGEST_BYTES = 32

# One asset: the digest that names its thumbnail, its id, the size of its object in bytes.
OWNER = np.dtype([("digest", np.uint8, (DIGEST_BYTES,)), ("asset", np.int64), ("size", np.int64)])

Owners = npt.NDArray[np.void]


def digests(catalog: Catalog, done: Callable[[int, int], None]) -> Iterator[Owners]:
    """Every asset, of any state, by id: arrays of OWNER. No transaction stays open between two.

    What is committed before the first is asked for is seen. `done` hears how far this is, of how far.
    """
    with catalog.read() as connection:
        row = connection.execute(statement("last_asset").query).fetchone()
    last, after, rows = int(row[0]) if row else 0, 0, STRETCH_ROWS
    while rows == STRETCH_ROWS:
        with catalog.read() as connection, connection.cursor(binary=True) as cursor:
            asked = {"after": after, "rows": STRETCH_ROWS}
            stretch = cast(
                "tuple[bytes | None, bytes, bytes] | None",
                cursor.execute(statement("digests_after").query, asked).fetchone(),
            )
        if stretch is None or stretch[0] is None:
            break
        owners = _owners(stretch[0], stretch[1], stretch[2])
        rows, after = len(owners), int(owners["asset"][-1])
        done(min(after, last), last)
        yield owners


def _owners(ids: bytes, found: bytes, sizes: bytes) -> Owners:
    assets = _numbers(ids)
    owners = np.empty(len(assets), OWNER)
    owners["asset"], owners["size"] = assets, _numbers(sizes)
    owners["digest"] = np.frombuffer(found, np.uint8).reshape(len(assets), DIGEST_BYTES)
    return owners


def _numbers(data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(data, ">i8").astype(np.int64)
