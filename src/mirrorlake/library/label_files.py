"""The label files of an import and an export: a folder, a zip file or one file.

Names in a zip file never become paths: members are read by name (`zip_reader`), with limits on their number and on
what they unpack to. Names that a writer chooses come from object keys, so every part that could leave the folder is
replaced.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, Self

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.file_names import safe_path
from mirrorlake.labels.records import BadLabels, LabelFiles
from mirrorlake.library.export_problems import REPORT
from mirrorlake.library.zip_directory import BadZip, ZipLimits
from mirrorlake.library.zip_reader import ZipReader, is_zip_file, open_zip

# Of label files of any format; images beside them are not read.
SUFFIXES = (".txt", ".json", ".jsonl", ".xml", ".csv", ".yaml", ".yml", ".names", ".labels")
FILE_BYTES = 500_000_000  # of one label file
FIRST_BYTES = 64_000  # that most label files have at most
LINE_BYTES = 1_000_000
ZIP_LIMITS = ZipLimits(
    members=2_000_000,  # each needs 45 bytes and its name in memory
    directory_bytes=400_000_000,  # it is read as a stream
    name_bytes=300_000_000,
)
TOTAL_BYTES = 20_000_000_000  # of all files or unpacked members together
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)  # equal exports are equal files


@contextmanager
def open_label_files(path: Path, *, name: str | None = None) -> Generator[LabelFiles]:
    """The files at this path; `name` is that of a single file, if it is a copy under another one.

    Raises UsageError if there is nothing, or if a zip file is damaged or too large.
    """
    if path.is_dir():
        yield FolderFiles(path)
    elif not path.is_file():
        raise UsageError(f"There is no file or folder {path}.", "Name a label file, a folder of them, or a zip file.")
    elif is_zip_file(path):
        with _open_zip(path) as archive:
            yield ZipFiles(archive)
    else:
        yield SingleFile(path, name or path.name)


class FolderFiles:
    """The files below a folder. Symbolic links to folders are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = list(self._walk())

    def names(self) -> Sequence[str]:
        """The paths relative to the folder, in order."""
        return self._names

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        with _open(f"{self._folder}/{name}") as file:
            return read_file(file)

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of one file."""
        with _open(f"{self._folder}/{name}") as file:
            yield from lines_of_file(file)

    def _walk(self) -> Iterator[str]:
        """The files of each folder, then its folders in order. `os.walk` fails below a thousand of them."""
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            folders: list[str] = []
            files: list[str] = []
            with suppress(OSError), os.scandir(f"{self._folder}/{prefix}") as entries:
                for entry in entries:
                    if not entry.is_dir():
                        files.append(entry.name)
                    elif not entry.is_symlink():
                        folders.append(entry.name)
            yield from (prefix + file for file in sorted(files) if not is_leftover(prefix + file))
            waiting += [f"{prefix}{folder}/" for folder in sorted(folders, reverse=True)]


@contextmanager
def packed_for_upload(path: Path) -> Generator[IO[bytes]]:
    """A file to upload: the one at this path, or a zip file of the label files below it. Raises UsageError."""
    if not path.is_dir():
        try:
            file = path.open("rb")
        except OSError as error:
            raise UsageError(f"Cannot read {path}: {error.strerror}.", "Name a label file, or a folder.") from error
        with file:
            yield file
        return
    with tempfile.TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name in FolderFiles(path).names():
                if name.lower().endswith(SUFFIXES):
                    archive.write(path / name, name)
        packed.seek(0)
        yield packed


class SingleFile:
    """One file under the name that it has for its reader."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def names(self) -> Sequence[str]:
        """The name."""
        return [self._name]

    def read(self, name: str) -> bytes:
        """The bytes of the file."""
        del name
        with _open(self._path) as file:
            return read_file(file)

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of the file."""
        del name
        with _open(self._path) as file:
            yield from lines_of_file(file)


class ZipFiles:
    """The members of a zip file."""

    def __init__(self, archive: ZipReader) -> None:
        self._archive = archive
        self._names = [name for name in archive.names if not is_leftover(name)]
        self._unpacked = 0

    def names(self) -> Sequence[str]:
        """The names of the members, in order."""
        return self._names

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        if self._archive.size_of(name) <= min(FIRST_BYTES, FILE_BYTES):
            with _as_problem():
                data = self._archive.read(name)
        else:
            with _as_problem(), self._archive.open(name) as file:
                data = read_file(file)
        self._count(len(data))
        return data

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of one member."""
        with _as_problem(), self._archive.open(name) as file:
            for number, line in lines_of_file(file):
                self._count(len(line))
                yield number, line

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > TOTAL_BYTES:  # a member may be read several times
            raise UsageError(
                f"The zip file unpacks to more than {TOTAL_BYTES:,} bytes.", "Unpack it and name the folder."
            )


def is_leftover(name: str) -> bool:
    """Whether this is no label file: the report of an export, or what macOS keeps about another file.

    Where macOS packs `a/b.txt`, there may be `__MACOSX/a/._b.txt`.
    """
    file = name.rpartition("/")[2]
    return file == REPORT or file.startswith("._")


@contextmanager
def _as_problem() -> Generator[None]:
    try:
        yield
    except BadZip as error:
        raise BadLabels(f"The member of the zip file cannot be read: {error}") from error
    except OSError as error:
        raise BadLabels(f"The member of the zip file cannot be read: {error.strerror}.") from error


@contextmanager
def _open_zip(path: Path) -> Generator[ZipReader]:
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(open_zip(path, ZIP_LIMITS))
        except BadZip as error:
            raise UsageError(
                f"The zip file {path} is not read: {error}", "Pack it again, or unpack it and name the folder."
            ) from error
        except OSError as error:
            raise UsageError(f"The zip file {path} cannot be read: {error.strerror}.", "Check the path.") from error
        if archive.size > TOTAL_BYTES:
            raise UsageError(
                f"The zip file {path} unpacks to {archive.size:,} bytes; at most {TOTAL_BYTES:,} are read.",
                "Unpack it and name the folder.",
            )
        yield archive


@contextmanager
def _open(path: Path | str) -> Generator[IO[bytes]]:
    try:
        with open(path, "rb", opener=_open_regular) as file:  # joining paths takes as long as opening
            yield file
    except OSError as error:
        raise BadLabels(f"The file cannot be read: {error.strerror}.") from error


def _open_regular(path: str, flags: int) -> int:
    """Open a file. A FIFO would wait for its other end, and a device may have no end: raises OSError for them."""
    file = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is no usual file")
    return file


def read_file(file: IO[bytes]) -> bytes:
    """The bytes of an open label file. Raises BadLabels if they are too many."""
    data = file.read(FIRST_BYTES)
    if len(data) == FIRST_BYTES:  # a large read would make room for all of it
        data += file.read(FILE_BYTES + 1 - FIRST_BYTES)
    if len(data) > FILE_BYTES:
        raise BadLabels(f"The file is larger than {FILE_BYTES:,} bytes.")
    return data


def lines_of_file(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of an open label file with their numbers. Raises BadLabels if one is too long."""
    number = 0
    while line := file.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise BadLabels(f"Line {number} is longer than {LINE_BYTES:,} bytes.")
        yield number, line.rstrip(b"\r\n")


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, without a call inside another for each: a key may have a thousand of them."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)


class FolderOutput:
    """New files below a folder that did not exist or was empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """A new file; the folders on its way are made. Raises BadLabels if there is one, as for `a.jpg` and `a.png`."""
        path = self._folder / safe_path(name)
        try:
            _make_folders(path.parent)
            file = path.open("xb")
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            raise BadLabels(f"Two images have labels in {name}.") from None
        with file:
            yield file

    def safe_name(self, name: str) -> str:
        """The name under which a file is written."""
        return safe_path(name)

    @contextmanager
    def scratch(self) -> Generator[BinaryIO]:
        """A temporary file."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            yield file  # pyright: ignore[reportReturnType]: it has all methods of a file


class FileOutput(FolderOutput):
    """One file under a name of the user, whatever the writer calls it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._path = path

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """The file."""
        del name
        with self._path.open("xb") as file:
            yield file


class ZipOutput:
    """A new zip file with the files of a writer, one open at a time. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    @property
    def size(self) -> int:
        """The bytes of what has been written so far."""
        return self._path.stat().st_size

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """A new member. Raises BadLabels if there is one with this name."""
        safe = safe_path(name)
        if safe in self._names:
            raise BadLabels(f"Two images have labels in {name}.")
        self._names.add(safe)
        member = zipfile.ZipInfo(safe, MEMBER_DATE)
        member.compress_type = zipfile.ZIP_DEFLATED
        with self._archive.open(member, "w", force_zip64=True) as file:
            yield file  # pyright: ignore[reportReturnType]: it has the methods that writers use

    def safe_name(self, name: str) -> str:
        """The name under which a file is written."""
        return safe_path(name)

    @contextmanager
    def scratch(self) -> Generator[BinaryIO]:
        """A temporary file."""
        with tempfile.TemporaryFile(dir=self._path.parent) as file:
            yield file  # pyright: ignore[reportReturnType]: it has all methods of a file
