"""The objects to read to rebuild thumbnails, sorted by datasource on disk, so that their number is not limited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from mirrorlake.catalog.thumbnails import ASSETS_AT_ONCE, Showing, showing
from mirrorlake.library.audit import MissingThumbnail
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.disk import room_in

ROUNDS = 2  # first one asset of each thumbnail, then the assets that share it, if the first could not be read

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("asset", pa.int64()),
    pa.field("digest", pa.binary(32)),
    pa.field("datasource_id", pa.int64()),
    pa.field("key", pa.string()),
    pa.field("size", pa.int64()),
    pa.field("token", pa.string()),
    pa.field("whole", pa.bool_()),
]
_SCHEMA = pa.schema(_COLUMNS)
_WHOLE, _IN_PARTS = "whole", "parts"


def _folder_name(datasource_id: int, *, whole: bool) -> str:
    return f"{datasource_id}-{_WHOLE if whole else _IN_PARTS}"


class ObjectsToRead:
    """The assets without thumbnails, and the objects that contain their bytes."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self._catalog = catalog
        self._folder = folder
        self._assets: tuple[list[int], ...] = tuple([] for _ in range(ROUNDS))
        self._numbers = count()
        self.total = 0
        """Assets that still exist in the catalog."""

    def add(self, one: MissingThumbnail) -> None:
        """Add all assets that need this thumbnail."""
        first, *others = (owner.asset for owner in one.owners)
        self._assets[0].append(first)
        self._assets[1].extend(others)
        for turn, assets in enumerate(self._assets):
            while len(assets) >= ASSETS_AT_ONCE:
                self._write(turn, assets[:ASSETS_AT_ONCE])
                del assets[:ASSETS_AT_ONCE]

    def end(self) -> None:
        """Write the remaining assets."""
        for turn, assets in enumerate(self._assets):
            for start in range(0, len(assets), ASSETS_AT_ONCE):
                self._write(turn, assets[start : start + ASSETS_AT_ONCE])
            assets.clear()

    def datasources(self, turn: int) -> list[tuple[int, bool]]:
        """The datasources whose objects are read in a round, and whether they are read whole."""
        folders = (folder.name.split("-") for folder in (self._folder / str(turn)).glob("*"))
        return sorted((int(number), whole == _WHOLE) for number, whole in folders)

    def of(self, turn: int, datasource_id: int, *, whole: bool) -> Iterator[list[Showing]]:
        """The objects of a datasource in a round, some thousand at a time."""
        for path in sorted((self._folder / str(turn) / _folder_name(datasource_id, whole=whole)).iterdir()):
            with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
                for batch in reader:
                    yield [Showing(**row) for row in batch.to_pylist()]

    def _write(self, turn: int, assets: list[int]) -> None:
        found: dict[str, list[Showing]] = defaultdict(list)
        for one in showing(self._catalog, assets):
            found[_folder_name(one.datasource_id, whole=one.whole)].append(one)
            self.total += 1
        for name, some in found.items():
            folder = self._folder / str(turn) / name
            rows = {field.name: [getattr(one, field.name) for one in some] for field in _COLUMNS}
            with room_in(self._folder):
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{next(self._numbers):08}"
                with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, _SCHEMA) as writer:
                    writer.write_batch(pa.RecordBatch.from_pydict(rows, schema=_SCHEMA))
