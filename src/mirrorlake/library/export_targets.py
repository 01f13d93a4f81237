"""Where an export goes: to this machine, into a bucket, to the library store for a download, or to a callback."""

from __future__ import annotations

import io
import shutil
import uuid
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from mirrorlake.core.errors import ObjectExists, ObjectGone, UsageError
from mirrorlake.library.label_sources import is_address, label_store
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.exports import OUTPUT, ExportFile, ExportOptions
from mirrorlake.model.sources import Location
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import provider_of
from mirrorlake.storage.writable import WritableStore, check_key

PIECE_BYTES: Final = 1 << 20


class ExportOutput(Protocol):
    """Takes the files of an export. A file appears when it is complete."""

    @property
    def files(self) -> list[ExportFile]:
        """The complete files, in order."""
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A new file; `name` is chosen by the format, never by a caller or a bucket."""
        ...


class FolderTarget:
    """New files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: list[ExportFile] = []

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """A new file."""
        path = self._folder / name
        with path.open("xb") as file:
            yield file
        self.files.append(ExportFile(name=name, size=path.stat().st_size))


class SpooledTarget:
    """Writes each file to a folder and delivers it when it is complete."""

    def __init__(self, workdir: Path, deliver: Callable[[str, Path], object]) -> None:
        self._workdir = workdir
        self._deliver = deliver
        self.files: list[ExportFile] = []

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """A new file."""
        path = self._workdir / name
        with path.open("xb") as file:
            yield file
        self.take(name, path)

    def take(self, name: str, path: Path) -> None:
        """Deliver a complete file as `name`, and delete it."""
        size = path.stat().st_size
        self._deliver(name, path)
        path.unlink()
        self.files.append(ExportFile(name=name, size=size))


class CallbackTarget:
    """Passes the bytes of one file on as they are written."""

    def __init__(self, receive: Callable[[bytes], object]) -> None:
        self._receive = receive
        self.files: list[ExportFile] = []

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """The file. Raises UsageError for a second one."""
        if self.files:
            raise UsageError("This export has several files.", "Name a folder with --out.")
        raw = _Receiver(self._receive)
        file = io.BufferedWriter(raw, PIECE_BYTES)
        yield cast("BinaryIO", file)
        file.flush()
        self.files.append(ExportFile(name=name, size=raw.size))


class _Receiver(io.RawIOBase):
    def __init__(self, receive: Callable[[bytes], object]) -> None:
        super().__init__()
        self._receive = receive
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(cast("bytes", data))
        self._receive(piece)
        self.size += len(piece)
        return len(piece)


@contextmanager
def open_export_target(
    options: ExportOptions,
    *,
    several: bool,
    name: str,
    catalog: Catalog,
    stores: SourceStores,
    workdir: Path,
    receive: Callable[[bytes], object],
) -> Generator[ExportOutput]:
    """Where an export with a path goes: one file, whatever the format calls it (`name`), or `several` in a folder.

    Nothing is replaced, and nothing of a failed export remains here. Raises UsageError if something is there.
    """
    path = options.path or ""
    if path == OUTPUT:
        yield CallbackTarget(receive)
    elif is_address(path):
        with _open_bucket(options, path, several=several, catalog=catalog, stores=stores, workdir=workdir) as output:
            yield output
    else:
        with _open_path(Path(path), several=several, name=name) as output:
            yield output


def split_address(address: str, *, several: bool) -> tuple[Location, str]:
    """The folder of an address and the name of the object in it; the name is empty for `several` files.

    Raises UsageError if no object can have this name.
    """
    if several:
        return parse_location(address.rstrip("/") + "/"), ""
    folder, _, name = address.rpartition("/")
    check_name(name)
    return parse_location(folder + "/"), name


def check_name(name: str) -> None:
    """Raise UsageError if no object of an export can have this name."""
    try:
        check_key(name)
    except ValueError as error:
        raise UsageError(
            f"{name!r} cannot be the name of an export.", "Use letters, digits, dots, hyphens and underscores."
        ) from error


def check_absent(store: WritableStore, name: str, taken: UsageError) -> None:
    """Raise `taken` if there is an object with this name."""
    try:
        store.head(name)
    except ObjectGone:
        return
    raise taken


def put_new(store: WritableStore, name: str, path: Path, taken: UsageError) -> None:
    """Write a file as a new object. Raises `taken` if there is one with this name by now."""
    with path.open("rb") as file:
        try:
            store.put_stream(name, iter(partial(file.read, PIECE_BYTES), b""))
        except ObjectExists as error:
            raise taken from error


@contextmanager
def _open_path(path: Path, *, several: bool, name: str) -> Generator[ExportOutput]:
    if path.exists() and not (several and path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{path} exists.", "Choose a new path, or an empty folder for WebDataset.")
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.mkdir(parents=True)
        target = FolderTarget(part)
        yield target
        if several:
            part.rename(path)
        else:
            (part / name).rename(path)
            target.files[:] = [ExportFile(name=path.name, size=one.size) for one in target.files]
    except OSError as error:
        raise UsageError(f"Cannot write to {path}: {error.strerror}.", "Choose another path.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _open_bucket(
    options: ExportOptions,
    address: str,
    *,
    several: bool,
    catalog: Catalog,
    stores: SourceStores,
    workdir: Path,
) -> Generator[ExportOutput]:
    location, fixed = split_address(address, several=several)
    config = label_store(location, options.connection, catalog, stores).with_resolved()
    provider = provider_of(location.provider)
    with closing(provider.open_writable(location, config.access, resolved=config.resolved)) as store:

        def deliver(name: str, path: Path) -> None:
            key = fixed or name
            taken = UsageError(f"{address} has an object {key}.", "Choose the address of something new.")
            check_absent(store, key, taken)
            put_new(store, key, path, taken)

        if fixed:
            check_absent(store, fixed, UsageError(f"{address} exists.", "Choose the name of a new object."))
        target = SpooledTarget(workdir, deliver)
        yield target
        if fixed:
            target.files[:] = [ExportFile(name=fixed, size=one.size) for one in target.files]
