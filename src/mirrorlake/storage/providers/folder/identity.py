"""What distinguishes a folder and the file systems below it from others: device, inode, file system id, time of birth.

A disk that is mounted in place of another often gets the same device number and inode; the id and the time of birth
differ then. Nothing is written to the source, so there is no marker file.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import Any

import psutil

from mirrorlake.model.identity import Identity

_AT_FDCWD = -100
_STATX_BTIME = 0x800
_STATX_BYTES = 256  # the size of struct statx, which has room for later fields
_MASK_AT, _BTIME_AT = 0, 80  # offsets of stx_mask and stx_btime in struct statx


def identify(root: str) -> Identity:
    """The identity of a folder; without facts if it cannot be read."""
    facts = read_facts(root)
    return Identity(facts=facts, mounts=_mounts_below(root) if facts else None)


def read_facts(path: str) -> dict[str, str]:
    """The facts of one folder, without those that its file system or this system does not have."""
    try:
        # First, because unlike the others this mounts what is mounted on demand.
        file_system = os.statvfs(path).f_fsid
        facts = os.stat(path)  # noqa: PTH116 - the user's path, byte for byte
    except OSError:
        return {}  # the listing reports what is wrong with it
    found = {"device": str(facts.st_dev), "inode": str(facts.st_ino)}
    born = _born(path, facts)
    if file_system:
        found["file_system"] = str(file_system)
    if born:
        found["born"] = str(born)
    return found


def _mounts_below(root: str) -> dict[str, dict[str, str]]:
    """The facts of each file system that is mounted below `root`, by the prefix of the keys in it."""
    base = os.path.realpath(root).rstrip("/") + "/"
    found: dict[str, dict[str, str]] = {}
    for mount in psutil.disk_partitions(all=True):
        place = mount.mountpoint.rstrip("/") + "/"
        if place.startswith(base) and place != base and _is_text(place):
            found[place[len(base) :]] = read_facts(place)
    return found


def _is_text(path: str) -> bool:
    """Whether a catalog can hold the name; the objects below others are not mirrored either."""
    return not any("\udc80" <= char <= "\udcff" for char in path)


def _born(path: str, facts: os.stat_result) -> int | None:
    """The time of birth in ns since 1970; None or 0 if it is unknown."""
    seconds: float | None = getattr(facts, "st_birthtime", None)  # macOS
    if seconds is not None:
        return round(seconds * 1e9)
    statx = _statx()
    if statx is None:
        return None
    buffer = ctypes.create_string_buffer(_STATX_BYTES)
    if statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, buffer) != 0:
        return None
    if not int.from_bytes(buffer.raw[_MASK_AT : _MASK_AT + 4], sys.byteorder) & _STATX_BTIME:
        return None
    whole = int.from_bytes(buffer.raw[_BTIME_AT : _BTIME_AT + 8], sys.byteorder, signed=True)
    part = int.from_bytes(buffer.raw[_BTIME_AT + 8 : _BTIME_AT + 12], sys.byteorder)
    return whole * 10**9 + part


@cache
def _statx() -> Any:
    """The C library's function, which Python has from 3.15 on; None on systems without it."""
    return getattr(ctypes.CDLL(None), "statx", None)
