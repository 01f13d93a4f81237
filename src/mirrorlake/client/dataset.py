"""Datasets: assets as a sequence of records whose bytes are read from their bucket when they are used.

A dataset is what `torch.utils.data.DataLoader` calls map-style. It can be sent to worker processes, also by fork: each
process opens its own connections.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self, cast, overload

import orjson
import pyarrow as pa

from mirrorlake.client.dataset_sources import DatasetSource, LocalSource, ObjectToRead, ServerSource
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import read_settings
from mirrorlake.model.asset_columns import ASSETS, check_fields
from mirrorlake.model.exports import ExportScope
from mirrorlake.model.splits import parse_split

if TYPE_CHECKING:
    import numpy as np  # loaded with the first picture
    import numpy.typing as npt  # as above
    from PIL import Image  # as above

THREADS: Final = 8
AHEAD: Final = 32
AHEAD_BYTES: Final = 256_000_000  # of them together, unless a single one is larger
# To read the bytes of an asset.
NEEDED: Final = ("id", "key", "uri", "datasource", "token", "version", "digest", "size")

Transform = Callable[["Record"], Any]


@dataclass(frozen=True, eq=False)
class Record:
    """One asset of a dataset. Its fields are those of the Arrow schema; its bytes are read when they are used.

    The columns `id`, `name`, `key`, `uri`, `datasource`, `kind`, `media_type`, `size` (bytes), `width` and `height`
    (pixels, upright), `tags`, `projects` and `split` are attributes; every column is an item, as in `record["tags"]`.
    """

    _table: pa.Table
    _at: int
    _source: DatasetSource
    _data: bytes | None = None

    def __getitem__(self, name: str) -> Any:
        """The value of a column, as a Python value. Raises KeyError."""
        return self._table.column(name)[self._at].as_py()

    def __getattr__(self, name: str) -> Any:
        """The value of a column of the Arrow schema."""
        if name in ASSETS.names and name in self._table.column_names:
            return self[name]
        raise AttributeError(name)

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata by key."""
        return cast("dict[str, Any]", orjson.loads(self["metadata"]))

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """Facts read from the bytes."""
        return cast("dict[str, Any]", orjson.loads(self["facts"]))

    @cached_property
    def annotations(self) -> Sequence[Mapping[str, Any]]:
        """The annotations as dictionaries with `ontology`, `class`, `shape`, `geometry`, `attributes` and `source`.

        `x`, `y`, `width` and `height` are the box around it, relative to the image (0 to 1); None for a classification.
        `geometry` is None for a box, else as in `docs/reference/labels.md`.
        """
        return [
            {**one, "geometry": _parsed(one["geometry"]), "attributes": _parsed(one["attributes"]) or {}}
            for one in self["annotations"]
        ]

    def read(self) -> bytes:
        """The bytes of the asset, exactly those that were mirrored.

        Raises ObjectGone or ObjectChanged if the bucket does not have them any more, and other StorageErrors.
        """
        return self._source.read(self._object) if self._data is None else self._data

    def image(self) -> Image.Image:
        """The picture, upright and in RGB. Raises as `read`, and PIL.UnidentifiedImageError for other media."""
        from PIL import Image, ImageOps  # noqa: PLC0415  only for pictures

        with Image.open(io.BytesIO(self.read())) as opened:
            return ImageOps.exif_transpose(opened).convert("RGB")

    def array(self) -> npt.NDArray[np.uint8]:
        """The picture as an array of shape (height, width, 3): red, green and blue, 0 to 255. Raises as `image`."""
        import numpy  # noqa: PLC0415, ICN001  only for pictures

        return numpy.asarray(self.image())

    def __reduce__(self) -> tuple[type[Record], tuple[pa.Table, int, DatasetSource, bytes | None]]:
        return Record, (self._table.take(pa.array([self._at])), 0, self._source, self._data)  # one row, not all

    @property
    def _object(self) -> ObjectToRead:
        return ObjectToRead(**{name: self[name] for name in NEEDED})


def _parsed(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


class AssetDataset(Sequence[Any]):
    """Assets in a fixed order, as `mirrorlake.open` found them.

    `dataset[i]` is a Record, or what `transform` makes of it. Rows are in memory as Arrow (`dataset.table`); bytes are
    not.
    """

    def __init__(
        self, source: DatasetSource, table: pa.Table, *, transform: Transform | None = None, threads: int = THREADS
    ) -> None:
        self.table = table
        self._source = source
        self._transform = transform
        self._threads = threads

    def __len__(self) -> int:
        """Number of assets."""
        return self.table.num_rows

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...
    def __getitem__(self, at: int | slice) -> Any:
        """The record at a position, or what `transform` makes of it; a dataset for a slice. Raises IndexError."""
        if isinstance(at, slice):
            return self.take(range(*at.indices(len(self))))
        return self._made(self.record(at))

    def __getitems__(self, positions: Sequence[int]) -> list[Any]:
        """The records at several positions, whose bytes are read at once in threads. PyTorch calls this for a batch."""
        return [self._made(one) for one in self._with_bytes(iter(positions))]

    def __iter__(self) -> Iterator[Any]:
        """All records in order. Bytes are read ahead in threads, a few dozen at a time."""
        return map(self._made, self._with_bytes(iter(range(len(self)))))

    def record(self, at: int) -> Record:
        """The record at a position, without `transform`. Raises IndexError."""
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return Record(self.table, at % len(self), self._source)

    def split(self, name: str) -> Self:
        """The assets of one split: train, valid or test. Raises UsageError for another name."""
        wanted = parse_split(name)
        return self.take([at for at, one in enumerate(self.table.column("split").to_pylist()) if one == wanted])

    def take(self, positions: Sequence[int]) -> Self:
        """The assets at these positions, in their order."""
        return type(self)(
            self._source,
            self.table.take(pa.array(list(positions), pa.int64())),
            transform=self._transform,
            threads=self._threads,
        )

    def map(self, transform: Transform) -> Self:
        """The same assets with another transform, which gets a Record. Worker processes need a named function."""
        return type(self)(self._source, self.table, transform=transform, threads=self._threads)

    def close(self) -> None:
        """Close the connections of this process."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _made(self, record: Record) -> Any:
        return record if self._transform is None else self._transform(record)

    def _with_bytes(self, positions: Iterator[int]) -> Iterator[Record]:
        coming: deque[tuple[Record, Future[bytes]]] = deque()
        held = 0
        with ThreadPoolExecutor(self._threads, thread_name_prefix="dataset") as threads:
            try:
                for at in positions:
                    wanted = self.record(at)
                    size = int(wanted["size"])
                    while coming and (len(coming) == AHEAD or held + size > AHEAD_BYTES):
                        record, data = coming.popleft()
                        held -= int(record["size"])
                        yield replace(record, _data=data.result())
                    record, held = wanted, held + size
                    coming.append((record, threads.submit(record.read)))
                while coming:
                    record, data = coming.popleft()
                    yield replace(record, _data=data.result())
            finally:
                threads.shutdown(wait=False, cancel_futures=True)


def open_dataset(
    what: str = "",
    *,
    query: str | None = None,
    project: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
    fields: Sequence[str] | None = None,
    transform: Transform | None = None,
    threads: int = THREADS,
) -> AssetDataset:
    """Open assets as a dataset: `PROJECT@NUMBER` is a snapshot, any other text a query whose results are read now.

    `query` searches also where the text looks like a snapshot; `project` narrows a query. `url` and `api_key` name a
    server, else MIRRORLAKE_URL does, else it is the library on this machine. `fields` are the columns to read (see
    `docs/reference/arrow-schema.md`; all if omitted), `transform` makes an item of a Record, and `threads` read bytes
    at once. Raises UsageError, QueryError, NotFound, and AccessDenied for a wrong key.
    """
    columns = check_fields(fields)
    columns = (*columns, *(name for name in NEEDED if name not in columns))
    scope = scope_of(what, query=query, project=project)
    source = _source(url, api_key, scope.snapshot)
    table = source.rows(scope, columns)
    return AssetDataset(source, table, transform=transform, threads=threads)


def scope_of(what: str, *, query: str | None = None, project: str | None = None) -> ExportScope:
    """The assets that a dataset names. Raises UsageError if it names two."""
    if what and query is not None:
        raise UsageError("The dataset is named twice.", "Pass a snapshot, or a query.")
    name, _, number = what.rpartition("@")
    if name.strip() and number.isascii() and number.isdigit():
        if project is not None:
            raise UsageError("A snapshot belongs to its own project.", "Leave out the project.")
        return ExportScope(snapshot=what)
    return ExportScope(query=what or query or "", project=project)


def _source(url: str | None, api_key: str | None, snapshot: str | None) -> DatasetSource:
    settings = read_settings()
    url = url or settings.server_url
    return LocalSource(settings) if url is None else ServerSource(url, api_key or settings.api_key, snapshot)
