"""Zip files made by hand, in which everything that they state may be false."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A member. None: as it is; other values are stated instead."""

    name: bytes = b"a.txt"
    data: bytes = b"0 0.5 0.5 0.1 0.1\n"
    method: int = 8
    flags: int = 0
    system: int = 3  # on which it was made: Unix; 0 is MS-DOS and Windows
    mode: int = 0  # of Unix
    extra: bytes = b""  # fields in the list of members
    disk: int = 0
    own_name: bytes | None = None  # in its own header
    own_method: int | None = None
    own_extra: bytes = b""
    packed: int | None = None
    size: int | None = None
    offset: int | None = None
    crc: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What the end of the file states instead of what is there."""

    members: int | None = None
    members_here: int | None = None
    size: int | None = None
    offset: int | None = None
    disk: int = 0
    comment: bytes = b""
    after: bytes = b""  # bytes after the comment
    before: bytes = b""  # bytes before the first member, of which the offsets do not know


def zip64(*values: int) -> bytes:
    """The extra field of large files."""
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def unicode_path(replaced: bytes, name: str, *, version: int = 1) -> bytes:
    """The extra field of a name in UTF-8."""
    data = struct.pack("<BL", version, zlib.crc32(replaced)) + name.encode()
    return b"up" + struct.pack("<H", len(data)) + data


def zip_of(members: Sequence[Made], end: End | None = None, *, wide: bytes | None = None) -> bytes:
    """A zip file; `wide`: the records of large files before its end, made with `wide_end`."""
    end = end or End()
    body, entries = b"", b""
    for one in members:
        packed = one.data
        if one.method == 8:
            squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = squeeze.compress(one.data) + squeeze.flush()
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        size = len(one.data) if one.size is None else one.size
        offset = len(body) if one.offset is None else one.offset
        stated = len(packed) if one.packed is None else one.packed
        own = one.name if one.own_name is None else one.own_name
        method = one.method if one.own_method is None else one.own_method
        body += struct.pack(
            "<4s5H3L2H", b"PK\3\4", 20, one.flags, method, 0, 33, crc,
            len(packed), len(one.data), len(own), len(one.own_extra),
        )  # fmt: skip
        body += own + one.own_extra + packed
        entries += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", one.system << 8 | 20, 20, one.flags, one.method, 0, 33, crc, stated, size,
            len(one.name), len(one.extra), 0, one.disk, 0, one.mode << 16, offset,
        )  # fmt: skip
        entries += one.name + one.extra
    count = len(members) if end.members is None else end.members
    record = struct.pack(
        "<4s4H2LH",
        b"PK\5\6",
        end.disk,
        end.disk,
        count if end.members_here is None else end.members_here,
        count,
        len(entries) if end.size is None else end.size,
        len(body) if end.offset is None else end.offset,
        len(end.comment),
    )
    return end.before + body + entries + (wide or b"") + record + end.comment + end.after


def wide_end(
    *, at: int, members: int, size: int, offset: int, magic: bytes = b"PK\6\6", place: int | None = None
) -> bytes:
    """The records of large files; `at` is where they begin, `place` where the second says that the first does."""
    first = struct.pack("<4sQ2H2L4Q", magic, 44, 45, 45, 0, 0, members, members, size, offset)
    return first + struct.pack("<4sLQL", b"PK\6\7", 0, at if place is None else place, 1)


def many(
    path: Path, count: int, name: str = "labels/train/{:09}.txt", *, wide: bool = True, wraps: bool = False
) -> Path:
    """A zip file with this many members of 18 bytes, written as a stream; `wraps`: counted in 16 bits."""
    data = b"0 0.5 0.5 0.1 0.1\n"
    crc, entries, at = zlib.crc32(data), bytearray(), 0
    with path.open("wb", buffering=1 << 20) as file:
        for number in range(count):
            raw = name.format(number).encode()
            head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, len(data), len(data), len(raw), 0)
            file.write(head + raw + data)
            entries += struct.pack(
                "<4s6H3L5H2L", b"PK\1\2", 0x0314, 20, 0, 0, 0, 33, crc,
                len(data), len(data), len(raw), 0, 0, 0, 0, 0, at,
            ) + raw  # fmt: skip
            at += len(head) + len(raw) + len(data)
        file.write(entries)
        if wide:
            file.write(wide_end(at=at + len(entries), members=count, size=len(entries), offset=at))
        stated = count % (1 << 16) if wraps else min(count, FULL16)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, stated, stated, len(entries), at, 0))
    return path
