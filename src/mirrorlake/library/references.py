"""The assets that use each thumbnail, stored on disk by shard, so that their number does not affect memory use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mirrorlake.catalog.thumbnails import OWNER, digests
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.disk import room_in

SHARDS = 256  # the folders of thumbnails, one for each first byte of a digest


@dataclass(frozen=True, slots=True)
class Owner:
    """One asset that uses a thumbnail."""

    asset: int
    size: int  # of its object, in bytes


@dataclass(frozen=True, slots=True)
class Owners:
    """The assets of a catalog at the time of reading."""

    folder: Path
    assets: int

    def of(self, shard: int) -> dict[bytes, list[Owner]]:
        """The assets whose digests begin with this byte, by digest. About 40,000 of ten million."""
        path = _path(self.folder, shard)
        found: dict[bytes, list[Owner]] = defaultdict(list)
        if path.exists():
            rows: Any = np.fromfile(path, OWNER)
            for digest, asset, size in zip(rows["digest"], rows["asset"].tolist(), rows["size"].tolist(), strict=True):
                found[digest.tobytes()].append(Owner(asset, size))
        return found


def read_owners(catalog: Catalog, folder: Path, done: Callable[[int, int], None]) -> Owners:
    """Read the digests of all assets into `folder`, which must not exist. Raises DiskFull."""
    assets = 0
    folder.mkdir()
    for stretch in digests(catalog, done):
        rows: Any = stretch
        assets += len(rows)
        first = rows["digest"][:, 0]
        order = np.argsort(first, kind="stable")
        ends = np.searchsorted(first[order], np.arange(SHARDS), side="right").tolist()
        start = 0
        for shard, end in enumerate(ends):
            if end > start:
                with room_in(folder), _path(folder, shard).open("ab") as file:
                    file.write(rows[order[start:end]].tobytes())
            start = end
    return Owners(folder, assets)


def _path(folder: Path, shard: int) -> Path:
    return folder / f"{shard:02x}"
