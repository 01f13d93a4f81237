"""A folder of this machine as a writable store: an object is written to a temporary file, then renamed atomically."""

# Paths are strings here: one more object per file would cost as much as the system calls for it.
# ruff: noqa: PTH105, PTH106, PTH108, PTH116, PTH120

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from mirrorlake.core.errors import (
    AccessDenied,
    DiskFull,
    MirrorlakeError,
    ObjectChanged,
    ObjectExists,
    ObjectGone,
    StorageError,
)
from mirrorlake.model.sources import Location
from mirrorlake.storage.writable import StoredBody, StoredObject, check_key

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ABSENT = frozenset({errno.ENOENT, errno.ELOOP})
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ATTEMPTS = 20  # to write into a folder that other processes remove as soon as it is empty
_LOCK = ".lock"

T = TypeVar("T")
_TakePlace = Callable[[str, str], None]


class FolderWritableStore:
    """Files below one folder.

    With `flush`, a confirmed write survives a power failure. Without it, a write does not wait for the disk, and a
    power failure may leave an empty or truncated file, which readers must detect.
    """

    def __init__(self, location: Location, *, flush: bool = True) -> None:
        self._root = location.container
        self._flush = flush

    @property
    def name(self) -> str:
        """The folder's path."""
        return self._root

    @property
    def durable(self) -> bool:
        """Whether writes are flushed."""
        return self._flush

    def put(self, key: str, data: bytes) -> str:
        """Write a temporary file, then rename it."""
        return self._write(key, (data,), _replace)

    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write a temporary file, then link it: of several writers, one succeeds."""
        return self._write(key, (data,), _link)

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """Replace the file that has this token. Concurrent calls of all processes exclude each other."""
        with self._lock():
            try:
                found = self.head(key).token
            except ObjectGone:
                found = None
            if found != token:
                raise ObjectChanged(f"{key} in {self._root} has changed.", "Read it again.")
            return self.put(key, data)

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """Write a temporary file piece by piece, then link it."""
        return self._write(key, parts, _link)

    def flush(self, key: str) -> None:
        """Write the file and the folders above it to the disk. Raises ObjectGone."""
        path = self._path(key)
        try:
            _flush(path)
            while key:  # a new folder survives only if the one that contains it is written too
                key = key.rpartition("/")[0]
                _flush(f"{self._root}/{key}")
        except OSError as error:
            raise _translate(error, path, "written") from error

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        """The file, or a range of it."""
        path = self._path(key)
        try:
            handle = os.open(path, _READ)
            try:
                facts = os.fstat(handle)
                if not stat.S_ISREG(facts.st_mode):
                    raise ObjectGone(f"{path} is not a file.")
                with os.fdopen(handle, "rb", closefd=False) as file:
                    file.seek(start)
                    data = file.read(-1 if length is None else length)
            finally:
                os.close(handle)
        except OSError as error:
            raise _translate(error, path, "read") from error
        return StoredBody(data=data, info=_info(key, facts))

    def head(self, key: str) -> StoredObject:
        """The file's facts."""
        path = self._path(key)
        try:
            facts = os.stat(path, follow_symlinks=False)
        except OSError as error:
            raise _translate(error, path, "read") from error
        if not stat.S_ISREG(facts.st_mode):
            raise ObjectGone(f"{path} is not a file.")
        return _info(key, facts)

    def delete(self, key: str) -> None:
        """Remove a file and the folders that become empty."""
        path = self._path(key.removesuffix("/"))
        try:
            if key.endswith("/"):
                with suppress(OSError):
                    os.rmdir(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _translate(error, path, "removed") from error
        self._prune(key.removesuffix("/"))

    def move(self, key: str, to: str) -> None:
        """Rename a file."""
        path, target = self._path(key), self._path(to)
        try:
            _create_folder_for(target, lambda: os.replace(path, target))
        except OSError as error:
            raise _translate(error, path, "moved") from error
        self._prune(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Every file below `prefix`, folder by folder. Links are not followed."""
        yield from self._walk(prefix)

    def folders(self, prefix: str) -> list[str]:
        """The folders directly below `prefix`, including empty ones."""
        return sorted(entry.name for entry in self._entries(prefix) if entry.is_dir(follow_symlinks=False))

    def close(self) -> None:
        """Do nothing: no file remains open between calls."""

    def _path(self, key: str) -> str:
        check_key(key)
        return f"{self._root}/{key}"

    def _write(self, key: str, parts: Iterable[bytes], take_place: _TakePlace) -> str:
        path = self._path(key)
        folder = os.path.dirname(path)
        name = ""
        try:
            handle, name = _create_folder_for(path, lambda: tempfile.mkstemp(dir=folder, prefix=".", suffix=".part"))
            with os.fdopen(handle, "wb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                if self._flush:
                    os.fsync(file.fileno())
                facts = os.fstat(file.fileno())
            take_place(name, path)
            if self._flush:
                _flush(folder)
        except BaseException as error:
            if name:
                with suppress(FileNotFoundError):
                    os.unlink(name)  # an incomplete object is useless
            if isinstance(error, FileExistsError):
                raise ObjectExists(f"{key} in {self._root} already exists.") from error
            if isinstance(error, OSError) and not isinstance(error, MirrorlakeError):
                raise _translate(error, path, "written") from error
            raise
        return _token(facts)

    def _walk(self, prefix: str) -> Iterator[StoredObject]:
        for entry in sorted(self._entries(prefix), key=lambda entry: entry.name):
            key = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                empty = True
                for one in self._walk(f"{key}/"):
                    empty = False
                    yield one
                if not empty:
                    continue
            try:
                facts = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # deleted meanwhile
            yield _info(key if stat.S_ISREG(facts.st_mode) else f"{key}/", facts)

    def _entries(self, prefix: str) -> list[os.DirEntry[str]]:
        path = f"{self._root}/{prefix}"
        try:
            with os.scandir(path) as entries:
                return [entry for entry in entries if prefix or entry.name != _LOCK]
        except (FileNotFoundError, NotADirectoryError) as error:
            if prefix and isinstance(error, NotADirectoryError):
                raise _translate(error, path, "read") from error
            return []
        except OSError as error:
            raise _translate(error, path, "read") from error

    def _prune(self, key: str) -> None:
        """Remove the empty folders above `key`, except the first level."""
        folder = key.rpartition("/")[0]
        with suppress(OSError):
            while "/" in folder:
                os.rmdir(f"{self._root}/{folder}")
                folder = folder.rpartition("/")[0]

    @contextmanager
    def _lock(self) -> Generator[None]:
        path = f"{self._root}/{_LOCK}"
        try:
            handle = _create_folder_for(path, lambda: os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise _translate(error, path, "written") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _replace(name: str, path: str) -> None:
    os.replace(name, path)


def _link(name: str, path: str) -> None:
    os.link(name, path)
    os.unlink(name)


def _create_folder_for(path: str, action: Callable[[], T]) -> T:
    """The result of `action` in the folder of `path`, which is created if it is missing."""
    for _ in range(_ATTEMPTS):
        try:
            return action()
        except FileNotFoundError:
            _create_folders(os.path.dirname(path))
    return action()


def _create_folders(folder: str) -> None:
    """Create a folder and its parents for their owner alone: the library's files are copies of private images."""
    with suppress(FileExistsError):  # another writer may have made it by now
        try:
            os.mkdir(folder, 0o700)  # noqa: PTH102 - see above
        except FileNotFoundError:
            _create_folders(os.path.dirname(folder))
            _create_folders(folder)


def _flush(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # follows links: the folder of the library may be one
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _token(facts: os.stat_result) -> str:
    return f"{facts.st_ino}-{facts.st_mtime_ns}"


def _info(key: str, facts: os.stat_result) -> StoredObject:
    # A file that was moved or given an old date has still changed: its ctime shows that.
    modified = max(facts.st_mtime, facts.st_ctime)
    return StoredObject(key=key, size=facts.st_size, token=_token(facts), modified=modified)


def _translate(error: OSError, path: str, done: str) -> MirrorlakeError:
    if error.errno in _NO_SPACE:
        return DiskFull(f"No space is left for {path}.", "Free some space, then run the same command again.")
    if error.errno in _ABSENT:
        return ObjectGone(f"{path} does not exist.")
    reason = error.strerror or str(error)
    if error.errno in _DENIED:
        return AccessDenied(f"{path} cannot be {done}: {reason}.", "Check that this user may write there.")
    return StorageError(f"{path} cannot be {done}: {reason}.", "Check the folder and its disk.")
