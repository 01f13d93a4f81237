"""Open the label files of an import: at a path of this machine, below an address in a bucket, or uploaded."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from mirrorlake.catalog import connections, datasources
from mirrorlake.core.columnar import column
from mirrorlake.core.errors import StorageError, UsageError
from mirrorlake.labels.records import BadLabels, LabelFiles
from mirrorlake.library.label_files import (
    FILE_BYTES,
    SUFFIXES,
    TOTAL_BYTES,
    is_leftover,
    lines_of_file,
    open_label_files,
    read_file,
)
from mirrorlake.library.label_uploads import LabelUploads
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.labels import LabelImportOptions
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Access, Datasource, Location, MirrorSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range

AHEAD, THREADS = 32, 8  # files of a bucket that are read before they are needed, and at once
FOLDER_FILE_BYTES = 100_000_000  # of each of them
NAMES_LIMIT = 5_000_000
OBJECT_SUFFIXES = (".json", ".jsonl", ".xml", ".csv", ".zip")  # of an address of one object


@contextmanager
def open_label_source(
    options: LabelImportOptions, *, catalog: Catalog, stores: SourceStores, uploads: LabelUploads | None, workdir: Path
) -> Generator[LabelFiles]:
    """The label files of an import; `workdir` is an empty folder for copies of them.

    Raises UsageError if there are none, NotFound for an unknown upload or connection, and StorageError.
    """
    if options.upload is not None and uploads is not None:
        path = workdir / "upload"
        uploads.fetch(options.upload, path)
        with open_label_files(path, name=options.path or "upload") as files:
            yield files
    elif not is_address(options.path):
        with open_label_files(Path(options.path)) as files:
            yield files
    else:
        location, key = address_of(options.path)
        with closing(_readable(location, options.connection, catalog, stores).open()) as store:
            if not key:
                with closing(StoreFiles(store, location.prefix, workdir)) as files:
                    yield files
                return
            path = workdir / "object"
            path.write_bytes(store.get(key, token=None, limit=FILE_BYTES).data)
            with open_label_files(path, name=key.rpartition("/")[2]) as files:
                yield files


def is_address(path: str) -> bool:
    """Whether a path is an address in a bucket, not a place on this machine."""
    return "://" in path


def address_of(uri: str) -> tuple[Location, str]:
    """The location of an address, and the key of the object in it that it names; empty if it names a folder.

    Raises UsageError.
    """
    folder, _, name = uri.rpartition("/")
    if not name.lower().endswith(OBJECT_SUFFIXES):
        return parse_location(uri), ""
    location = parse_location(folder + "/")
    return location, location.prefix + name


def label_datasource(location: Location) -> Datasource:
    """A location as a datasource that is not stored, for what opens and checks datasources."""
    return Datasource(id=0, name="labels", location=location, access=Access(), settings=MirrorSettings())


def label_store(location: Location, connection: str | None, catalog: Catalog, stores: SourceStores) -> StoreConfig:
    """How to open the store of a location. Raises NotFound and SettingsError."""
    source = label_datasource(location)
    return stores(source) if connection is None else stores.connect(source, connections.named(catalog, connection))


def _readable(location: Location, connection: str | None, catalog: Catalog, stores: SourceStores) -> StoreConfig:
    """How to read a location: without a connection, as the datasource does that mirrors it, if there is one.

    Its server and credentials are known, and another server may have a bucket of the same name.
    """
    known = None if connection is not None else _mirrored(location, catalog)
    if known is None:
        return label_store(location, connection, catalog, stores)
    return stores(replace(known, location=location))


def _mirrored(location: Location, catalog: Catalog) -> Datasource | None:
    """The datasource that mirrors a location, of several the one with the longest address.

    Raises UsageError if these have the bucket on several servers: labels of another one would look right.
    """
    bucket = (location.provider, location.container)
    found = [
        one
        for one in datasources.list_all(catalog)
        if (one.location.provider, one.location.container) == bucket and location.prefix.startswith(one.location.prefix)
    ]
    if len({one.access.options().endpoint for one in found}) > 1:
        raise UsageError(
            f"{location.uri} is mirrored from several servers, by {' and '.join(one.name for one in found)}.",
            "Name a connection to one of them: --connection NAME.",
        )
    return max(found, key=lambda one: len(one.location.prefix), default=None)


class StoreFiles:
    """The label files below a prefix of a store. Each is read once and kept in a folder for the second reading."""

    def __init__(self, store: Store, prefix: str, folder: Path) -> None:
        """Lists the prefix. Raises StorageError."""
        self._store = store
        self._prefix = prefix
        self._folder = folder
        self._names = self._list()
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="labels")
        self._next = 0
        self._coming: deque[tuple[int, Future[BadLabels | None]]] = deque()
        self._failed: dict[int, BadLabels] = {}
        self._bytes = 0

    def names(self) -> Sequence[str]:
        """The keys without the prefix, in order."""
        return self._names

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        with self._path(name).open("rb") as file:
            return read_file(file)

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of one file."""
        with self._path(name).open("rb") as file:
            yield from lines_of_file(file)

    def close(self) -> None:
        """Stop reading."""
        self._threads.shutdown(cancel_futures=True)

    def _list(self) -> list[str]:
        names: list[str] = []
        with closing(list_range(self._store, KeyRange(prefix=self._prefix))) as listing:
            for batch in listing:
                keys = cast("list[str]", column(batch, "key").to_pylist())
                files = (key for key in keys if key.lower().endswith(SUFFIXES) and not is_leftover(key))
                names += [key[len(self._prefix) :] for key in files]
                if len(names) > NAMES_LIMIT:
                    raise UsageError(f"There are more than {NAMES_LIMIT:,} label files.", "Name a folder of them.")
            if listing.gaps:
                raise StorageError(
                    f"A part cannot be listed ({listing.gaps[0].place}): {listing.gaps[0].reason}",
                    "Grant access to it.",
                )
        return sorted(names)

    def _path(self, name: str) -> Path:
        number = self._numbers[name]
        path = self._folder / str(number)
        while self._next <= min(number + AHEAD, len(self._names) - 1):
            self._coming.append((self._next, self._threads.submit(self._fetch, self._next)))
            self._next += 1
        while self._coming and self._coming[0][0] <= number:
            self._settle(*self._coming.popleft())
        if number in self._failed:
            raise self._failed[number]
        return path

    def _settle(self, number: int, coming: Future[BadLabels | None]) -> None:
        failed = coming.result()
        if failed is not None:
            self._failed[number] = failed
            return
        self._bytes += (self._folder / str(number)).stat().st_size
        if self._bytes > TOTAL_BYTES:
            raise UsageError(f"The label files have more than {TOTAL_BYTES:,} bytes.", "Name a folder of them.")

    def _fetch(self, number: int) -> BadLabels | None:
        try:
            body = self._store.get(self._prefix + self._names[number], token=None, limit=FOLDER_FILE_BYTES)
        except StorageError as error:
            return BadLabels(f"The file cannot be read: {error.message}")
        (self._folder / str(number)).write_bytes(body.data)
        return None
