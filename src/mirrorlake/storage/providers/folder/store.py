"""A folder of this machine as a store: listed in byte order of full keys, without following links out of it."""

from __future__ import annotations

import os
import stat
import threading
from bisect import bisect_left
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow as pa

from mirrorlake.core.errors import (
    AccessDenied,
    NoSuchBucket,
    ObjectChanged,
    ObjectTooLarge,
    SourceUnreachable,
    StorageError,
    UsageError,
)
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import Gap, KeyRange, ObjectInfo, UnsupportedKey
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.listing_batches import listing_batch
from mirrorlake.storage.providers.folder.files import (
    FOLDER,
    NOTHING,
    has_changed,
    info_of,
    is_path,
    open_file,
    open_folder,
    read_bytes,
    read_small,
    since_epoch,
    token_of,
    translate,
)
from mirrorlake.storage.versions import Unversioned

PAGE_ROWS = 4096
_LINK = "a symbolic link, which is not followed: it may lead anywhere"
_NOT_TEXT = "its name is not UTF-8, which no catalog can hold"
_UNREADABLE = (AccessDenied, SourceUnreachable)


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """One folder being listed: its names in key order (folders end in `/`), and the current position."""

    path: str  # relative to the root, ends in "/"; empty for the root
    names: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True)
class _Unlisted:
    """The folders and keys that a page leaves out."""

    unsupported: list[UnsupportedKey]
    gaps: list[Gap]

    def by(self, folder: str, error: StorageError) -> None:
        """Record that nothing below this folder can be listed."""
        self.gaps.append(Gap(range=KeyRange(prefix=folder), reason=error.message))


_Cursor = tuple[_Frame, ...]  # from the root down to the current folder


class FolderStore(Unversioned):
    """Lists and reads the regular files below one folder. Keys are paths relative to it, with `/`.

    The change token is inode and modification time in ns. Symbolic links are reported as unsupported, other
    special files are ignored.
    """

    def __init__(self, location: Location, *, page_rows: int = PAGE_ROWS) -> None:
        self._root = location.container
        self._real = os.path.realpath(self._root)
        self._page_rows = page_rows
        self._identity: tuple[int, int] | None = None
        self._lock = threading.Lock()
        path = Path(self._root)
        if path.is_file():
            raise UsageError(
                f"{self._root} is a single file, not a folder.",
                f"Name its folder, {path.parent.as_uri()}, and the file by a glob.",
            )

    @property
    def ordered(self) -> bool:
        """Always true: every folder is sorted before it is listed."""
        return True

    @property
    def server(self) -> str | None:
        """Always None."""
        return None

    def identify(self) -> Identity | None:
        """None: `root_identity` of its provider reads it without a request."""

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """Up to `page_rows` files of `scope`. Only the names of one folder per level are kept in memory."""
        rows = _Rows()
        passed = _Unlisted([], [])
        with self._open_root() as root:
            stack = self._start(root, scope, passed) if cursor is None else _as_cursor(cursor)
            while stack and len(rows.keys) < self._page_rows:
                try:
                    stack = self._step(root, stack, scope, rows, passed)
                except _UNREADABLE as error:
                    *below, top = stack
                    if not below:
                        raise  # the folder of the scope: nothing else can be listed
                    passed.by(top.path, error)
                    stack = tuple(below)
        return ListPage(
            batch=rows.batch(), cursor=stack or None, unsupported=tuple(passed.unsupported), gaps=tuple(passed.gaps)
        )

    def head(self, key: str) -> ObjectInfo:
        """The file's facts."""
        with self._open_root() as root, open_file(root, key) as (_, facts):
            return info_of(key, facts)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole file; its token must be equal before and after reading."""
        if token is not None and (quick := read_small(self._root, self._real, key, token=token, limit=limit)):
            return quick
        with self._open_root() as root, open_file(root, key) as (file, facts):
            info = info_of(key, facts)
            if token is not None and info.token != token:
                raise ObjectChanged(f"{key!r} has changed since it was listed.")
            if info.size > limit:
                raise ObjectTooLarge(f"{key!r} has {info.size:,} bytes, more than the {limit:,} allowed.")
            try:
                data = read_bytes(file, info.size)
            except OSError as error:
                raise translate(error, key) from error
            if has_changed(facts, file) or len(data) != info.size:
                raise ObjectChanged(f"{key!r} changed while it was read.")
        return Body(data=data, info=info)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """A part of the file; its token must be equal before and after reading."""
        with self._open_root() as root, open_file(root, key) as (file, facts):
            info = info_of(key, facts)
            if (token is not None and info.token != token) or start >= info.size:
                raise ObjectChanged(f"{key!r} has changed since it was listed.")
            length = min(length, info.size - start)
            try:
                data = read_bytes(file, length, start=start)
            except OSError as error:
                raise translate(error, key) from error
            if has_changed(facts, file) or len(data) != length:
                raise ObjectChanged(f"{key!r} changed while it was read.")
        return Body(data=data, info=info)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """One range: concurrent listing does not make a disk faster."""
        del parts
        return [scope]

    def presign(self, key: str, expires_s: int) -> str | None:
        """None: a file of this machine has no public address."""
        del key, expires_s

    def close(self) -> None:
        """Do nothing: no file remains open between calls."""

    @contextmanager
    def _open_root(self) -> Generator[int]:
        """The root folder's descriptor. A root that was replaced by another folder counts as missing."""
        try:
            root = os.open(self._root, FOLDER)
        except OSError as error:
            if error.errno in NOTHING:
                raise NoSuchBucket(
                    f"The folder {self._root} does not exist.", "Check the address, and that the disk is mounted."
                ) from error
            raise translate(error, self._root) from error
        try:
            facts = os.fstat(root)
            with self._lock:
                if self._identity is None:
                    self._identity = (facts.st_dev, facts.st_ino)
            if self._identity != (facts.st_dev, facts.st_ino):
                raise NoSuchBucket(
                    f"The folder {self._root} was replaced during this run.",
                    "Check that the disk is mounted, then run again.",
                )
            yield root
        finally:
            os.close(root)

    def _start(self, root: int, scope: KeyRange, passed: _Unlisted) -> _Cursor:
        """The deepest folder that contains all of the scope's prefix."""
        folder = scope.prefix.rpartition("/")[0]
        path = f"{folder}/" if folder else ""
        if path and not is_path(folder):
            return ()
        names = _names(root, path, passed.unsupported)
        return (_Frame(path, names, _first(names, path, scope)),)

    def _step(self, root: int, stack: _Cursor, scope: KeyRange, rows: _Rows, passed: _Unlisted) -> _Cursor:
        """List the files of the top folder up to its next subfolder or a full page."""
        top, below = stack[-1], stack[:-1]
        with open_folder(root, top.path) as folder:
            place = top.place
            while place < len(top.names) and len(rows.keys) < self._page_rows:
                name = top.names[place]
                key = top.path + name
                if (scope.until is not None and key > scope.until) or _is_past(key, scope.prefix):
                    return ()  # all further names, here and in parent folders, are later in byte order
                place += 1
                if name.endswith("/"):
                    if not key.startswith(scope.prefix) and not scope.prefix.startswith(key):
                        continue
                    try:
                        names = _names(root, key, passed.unsupported)
                    except _UNREADABLE as error:
                        passed.by(key, error)
                        continue
                    return (*below, _Frame(top.path, top.names, place), _Frame(key, names, _first(names, key, scope)))
                if key.startswith(scope.prefix) and folder is not None:
                    rows.add(folder, name, key)
        return (*below, _Frame(top.path, top.names, place)) if place < len(top.names) else below


class _Rows:
    """The columns of a page under construction."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self._sizes: list[int] = []
        self._tokens: list[str] = []
        self._modified: list[int | None] = []  # microseconds since 1970

    def add(self, folder: int, name: str, key: str) -> None:
        """Add a regular file. A file that has vanished or changed its type is ignored."""
        try:
            facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno in NOTHING:
                return
            raise translate(error, key) from error
        if stat.S_ISREG(facts.st_mode):
            self.keys.append(key)
            self._sizes.append(facts.st_size)
            self._tokens.append(token_of(facts))
            self._modified.append(since_epoch(facts))

    def batch(self) -> pa.RecordBatch:
        """The page as a listing batch."""
        return listing_batch(self.keys, self._sizes, self._tokens, self._modified)


def _as_cursor(cursor: object) -> _Cursor:
    if not isinstance(cursor, tuple):
        raise TypeError("a cursor of another store")
    return cast("_Cursor", cursor)


def _is_past(key: str, prefix: str) -> bool:
    """Whether `key` and all later keys come after every key that begins with `prefix`."""
    return key > prefix and not key.startswith(prefix)


def _first(names: tuple[str, ...], path: str, scope: KeyRange) -> int:
    """The index of the first name in `path` that can contain keys of `scope`."""
    place = 0
    if scope.prefix > path:
        place = bisect_left(names, _component(scope.prefix, path)) if scope.prefix.startswith(path) else 0
    if scope.after is not None and scope.after > path and scope.after.startswith(path):
        # Folder names end in "/", so the folder that contains `after` sorts at or after its own name.
        place = max(place, bisect_left(names, _component(scope.after, path)))
        while place < len(names) and not names[place].endswith("/") and path + names[place] <= scope.after:
            place += 1
    elif scope.after is not None and scope.after > path:
        place = len(names)
    return place


def _component(key: str, path: str) -> str:
    """The first component of `key` below `path`, with its `/` if it is a folder."""
    head, slash, _ = key[len(path) :].partition("/")
    return head + slash


def _names(root: int, path: str, unsupported: list[UnsupportedKey]) -> tuple[str, ...]:
    """The names in one folder, in the order of the keys below it; folders end in `/`."""
    names: list[str] = []
    with open_folder(root, path) as folder:
        if folder is None:
            return ()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        shown = f"{_shown(path, entry.name)} (symbolic link)"
                        unsupported.append(UnsupportedKey(shown=shown, reason=_LINK))
                    elif not _is_text(entry.name):
                        unsupported.append(UnsupportedKey(shown=_shown(path, entry.name), reason=_NOT_TEXT))
                    elif entry.is_dir(follow_symlinks=False):
                        names.append(f"{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        names.append(entry.name)
        except OSError as error:
            raise translate(error, path) from error
    # UTF-8 keeps the order of code points, so texts sort as their bytes do.
    names.sort()
    return tuple(names)


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\udc80" <= char <= "\udcff" for char in name)


def _shown(path: str, name: str) -> str:
    return path + os.fsencode(name).decode("utf-8", "backslashreplace")
