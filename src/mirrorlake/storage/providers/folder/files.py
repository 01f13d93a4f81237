"""Open and read the regular files below a folder of this machine, without following links out of it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from mirrorlake.core.errors import AccessDenied, ObjectGone, SourceUnreachable, StorageError
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.listing_batches import EARLIEST, LATEST

SMALL_BYTES = 1 << 20  # of a file that is read by one call
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A FIFO must not block the process, and a terminal that a link leads to must not become that of the process.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
# The error codes of the system for names that cannot be opened as a regular file or folder.
NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL, errno.ENXIO})
_DENIED = frozenset({errno.EACCES, errno.EPERM})
_OPEN_FILES: str | None = "/proc/self/fd" if sys.platform == "linux" else None  # links to the paths of open files


def read_small(root: str, real: str, key: str, *, token: str, limit: int) -> Body | None:
    """A small file that has this token, in half the system calls; None for all else, errors too.

    It is opened by its whole path. That no link was followed is seen afterwards: the system knows where an open file
    is, and `real` is the root without links.
    """
    if _OPEN_FILES is None:
        return None
    try:
        file = os.open(f"{root}/{key}", _FILE)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(file)
        if (
            token_of(facts) != token
            or facts.st_size > min(limit, SMALL_BYTES)
            or not stat.S_ISREG(facts.st_mode)
            or os.readlink(f"{_OPEN_FILES}/{file}") != f"{real}/{key}"  # noqa: PTH115  a path object takes as long
        ):
            return None
        data = os.pread(file, facts.st_size, 0)
        changed = len(data) != facts.st_size or has_changed(facts, file)
    except OSError:
        return None
    finally:
        os.close(file)
    return None if changed else Body(data=data, info=info_of(key, facts))


@contextmanager
def open_folder(root: int, path: str) -> Generator[int | None]:
    """A folder below the root, opened component by component without following links; None if it is missing."""
    at, missing = root, False
    try:
        try:
            for part in path.split("/")[:-1]:
                before, at = at, os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=at)
                if before != root:
                    os.close(before)
        except OSError as error:
            if error.errno not in NOTHING:
                raise translate(error, path) from error
            missing = True
        yield None if missing else at
    finally:
        if at != root:
            os.close(at)


@contextmanager
def open_file(root: int, key: str) -> Generator[tuple[int, os.stat_result]]:
    """A regular file below the root, with its facts. Raises ObjectGone for anything else."""
    folder, _, name = key.rpartition("/")
    if not is_path(key):
        raise ObjectGone(f"{key!r} does not exist.")
    with open_folder(root, f"{folder}/" if folder else "") as at:
        if at is None:
            raise ObjectGone(f"{key!r} does not exist.")
        try:
            file = os.open(name, _FILE, dir_fd=at)
        except OSError as error:
            if error.errno in NOTHING:
                raise ObjectGone(f"{key!r} does not exist.") from error
            raise translate(error, key) from error
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            raise ObjectGone(f"{key!r} is not a file.")
        yield file, facts
    finally:
        os.close(file)


def is_path(key: str) -> bool:
    """Whether `key` can be a path strictly below a folder."""
    if "\0" in key or not _is_utf8(key):
        return False
    return all(part not in ("", ".", "..") for part in key.split("/"))


def _is_utf8(key: str) -> bool:
    return key.isascii() or not any("\ud800" <= char <= "\udfff" for char in key)


def read_bytes(file: int, size: int, *, start: int = 0) -> bytes:
    """`size` bytes from `start`; fewer at the end of the file."""
    data = os.pread(file, size, start)
    if not 0 < len(data) < size:
        return data
    del data  # a file system returned less than it has: read into one buffer, not into parts that are joined
    with open(file, "rb", closefd=False) as rest:
        rest.seek(start)
        return rest.read(size)


def has_changed(before: os.stat_result, file: int) -> bool:
    """Whether an open file is another version than before, by what the listing shows of it."""
    now = os.fstat(file)
    return (now.st_size, token_of(now)) != (before.st_size, token_of(before))


def token_of(facts: os.stat_result) -> str:
    """The change token of a file."""
    return f"{facts.st_ino}-{facts.st_mtime_ns}"


def info_of(key: str, facts: os.stat_result) -> ObjectInfo:
    """The facts of a file as those of an object."""
    return ObjectInfo(key=key, size=facts.st_size, token=token_of(facts), modified=_modified(facts))


def _modified(facts: os.stat_result) -> datetime | None:
    since = since_epoch(facts)
    return None if since is None else datetime.fromtimestamp(since / 1e6, UTC)


def since_epoch(facts: os.stat_result) -> int | None:
    """Microseconds since 1970; None outside the range of the calendar, because a file system may report any year."""
    since = facts.st_mtime_ns // 1000
    return since if EARLIEST <= since < LATEST else None


def translate(error: OSError, path: str) -> StorageError:
    """An error of the system as one of a source."""
    if error.errno in _DENIED:
        return AccessDenied(
            f"{path or 'The folder'!r} cannot be read: permission denied.", "Allow this user to read it, or exclude it."
        )
    return SourceUnreachable(f"{path!r} cannot be read: {error.strerror}.", "Check the disk, then run again.")
