"""The list of members of a zip file, read as a stream into columns, and refused if it is damaged, false or too large.

`zipfile` reads the list at once and makes an object of some 500 bytes for each member: half a gigabyte for a million.
Here a member needs its name and 53 bytes. Whatever the file states is compared with what is there: counts, offsets,
members that overlap, names that are there twice, or that lead out of a folder. Source: PKWARE, APPNOTE.TXT 6.3.10, 4.3
and 4.4.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mirrorlake.library.zip_names import BadZip, extra_fields, member_name, shown

READ_BYTES = 1 << 20
HEADER_BYTES = 30  # of a member, before its name
STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_COMMENT_BYTES = 0xFFFF  # of the file, at most
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF  # the value is in a zip64 field
_MEMBERS_WRAP, _WRAP = 1 << 16, 1 << 32
_ZIP64_FIELD = 1
ENCRYPTED = 0x2041  # bits: a password, strong encryption, masked headers
_BEGINS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_FILES = (0, stat.S_IFREG, stat.S_IFIFO)  # types of what is packed as a file; the last of what came from a pipe


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipLimits:
    """What the list of members may have at most."""

    members: int
    directory_bytes: int  # of the list in the file
    name_bytes: int  # of memory for all names


class Member(NamedTuple):  # made for each that is read: a dataclass would take longer than its bytes
    """One member, as the list states it."""

    name: str
    offset: int  # bytes from the beginning of the file to its header
    end: int  # where the next member begins, or the list
    packed: int  # bytes
    size: int  # bytes unpacked
    crc: int
    method: int
    flags: int
    kind: int  # the file type of its Unix mode; 0 if there is none
    name_hash: int  # of the bytes of its name; its key is new in each process, so that no file can aim at it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the list of members is."""

    offset: int
    size: int  # bytes
    members: int  # as the end states
    exact: bool  # else Finder may have left out multiples of 65,536 members
    wrapped: bool = False  # Finder left out multiples of 4 GiB from the offsets of members


class ZipDirectory:
    """The members of a zip file that are not folders, by their names."""

    def __init__(self, names: Sequence[str], columns: _Columns, ends: Sequence[int], rows: Sequence[int]) -> None:
        self.names = names  # in order
        self._columns = columns
        self._ends = ends
        self._rows = rows  # of the columns, in the order of the names

    @property
    def size(self) -> int:
        """The bytes of all members, as the list states them."""
        return sum(self._columns.sizes)

    def member(self, name: str) -> Member:
        """The member with this name. Raises KeyError."""
        place = bisect_left(self.names, name)
        if place == len(self.names) or self.names[place] != name:
            raise KeyError(name)
        row, columns = self._rows[place], self._columns
        return Member(
            name=name,
            offset=columns.offsets[row],
            end=self._ends[row],
            packed=columns.packed[row],
            size=columns.sizes[row],
            crc=columns.crcs[row],
            method=columns.methods[row],
            flags=columns.flags[row],
            kind=columns.kinds[row],
            name_hash=columns.name_hashes[row],
        )


class _Columns:
    """The members in the order of the list."""

    def __init__(self) -> None:
        self.offsets, self.packed, self.sizes = array("Q"), array("Q"), array("Q")
        self.crcs = array("I")
        self.methods, self.flags, self.kinds = array("H"), array("H"), array("H")
        self.name_hashes = array("q")


def is_zip(file: int) -> bool:
    """Whether an open file is a zip file, damaged or not."""
    return os.pread(file, 4, 0) in _BEGINS or _find_end(file, os.fstat(file).st_size) is not None


def read_directory(file: int, limits: ZipLimits) -> ZipDirectory:
    """The list of members of an open zip file. Raises BadZip, and OSError if the file cannot be read."""
    place = _locate(file, os.fstat(file).st_size)
    if place.members > limits.members:
        raise BadZip(f"it has {place.members:,} members; at most {limits.members:,} are read.")
    if place.size > limits.directory_bytes:
        raise BadZip(f"the list of its members has {place.size:,} bytes; at most {limits.directory_bytes:,} are read.")
    if place.size < place.members * _ENTRY.size:
        raise BadZip(f"its end states {place.members:,} members, for which the list before it is too short.")
    columns, names, memory = _Columns(), list[str](), 0
    for raw, entry in _entries(file, place):
        if len(names) == limits.members:
            raise BadZip(f"it has more than {limits.members:,} members, which are read at most.")
        own, fields = raw[: entry[10]], raw[entry[10] : entry[10] + entry[11]]
        name = member_name(own, flags=entry[3], system=entry[1] >> 8, fields=fields)
        memory += sys.getsizeof(name)
        if memory > limits.name_bytes:
            raise BadZip(f"the names of its members need more than {limits.name_bytes:,} bytes of memory.")
        _add(columns, entry, _extras(fields, entry, name), name, place)
        columns.name_hashes.append(hash(own))
        names.append(name)
    if place.wrapped:
        columns.offsets = _unwrapped(columns.offsets)
    ends = _ends(columns, names, place)
    order = sorted(range(len(names)), key=names.__getitem__)
    for one, following in pairwise(order):
        if names[one] == names[following]:
            raise BadZip(f"it has two members with the name {shown(names[one])}.")
    files = array("I", (row for row in order if not names[row].endswith("/")))
    return ZipDirectory([names[row] for row in files], columns, ends, files)


def _find_end(file: int, size: int) -> tuple[int, bytes] | None:
    """The offset and the bytes of the last record, which ends with the file, or else with zeros after it."""
    start = max(0, size - _END.size - _COMMENT_BYTES)
    tail = os.pread(file, size - start, start)
    at, padded = len(tail), None
    while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
        record = tail[at : at + _END.size]
        if len(record) == _END.size:
            following = at + _END.size + _END.unpack(record)[7]
            if following == len(tail):
                return start + at, record
            if padded is None and following < len(tail) and not tail[following:].strip(b"\0"):
                padded = start + at, record  # tar fills its last block with zeros
        at += 3  # what is looked for next begins before this
    return padded


def _locate(file: int, file_size: int) -> _Place:
    found = _find_end(file, file_size)
    if found is None:
        raise BadZip("its end is missing: it was cut short, or something was added to it.")
    end, record = found
    _, disk, first_disk, here, members, size, offset, _ = _END.unpack(record)
    disks = (disk, first_disk)
    zip64 = os.pread(file, _LOCATOR.size, max(0, end - _LOCATOR.size)) if end >= _LOCATOR.size else b""
    exact = zip64[:4] == b"PK\x06\x07"
    if exact:
        stated = (disk, first_disk, here, members, size, offset)
        end, wide = _locate64(file, end - _LOCATOR.size, zip64)
        for narrow, full, value in zip(stated, (_FULL16,) * 4 + (_FULL32,) * 2, wide, strict=True):
            if narrow not in (full, value):
                raise BadZip("its end states two different numbers or places of members.")
        disks, here, members, size, offset = wide[:2], *wide[2:]
    elif _FULL32 in (size, offset) or _FULL16 in (here, members):
        raise BadZip("its end refers to a record of large files (zip64), which is missing.")
    if disks != (0, 0) or here != members:
        raise BadZip("it is one part of a zip file that was split into several.")
    wrapped = not exact and end >= size and end - size > offset == (end - size) % _WRAP
    if offset + size != end and not wrapped:
        raise BadZip("the list of its members is not where its end states: bytes were added or are missing.")
    return _Place(offset=end - size, size=size, members=members, exact=exact, wrapped=wrapped)


def _locate64(file: int, locator: int, raw: bytes) -> tuple[int, tuple[int, int, int, int, int, int]]:
    """The offset of the last record of large files, and its disks, members, size and offset of the list."""
    _, disk, offset, disks = _LOCATOR.unpack(raw)
    record = os.pread(file, _END64.size, offset) if offset + _END64.size <= locator else b""
    if disk or disks > 1 or len(record) < _END64.size:
        raise BadZip("its record of large files (zip64) is not where its end states.")
    magic, length, _, _, *values = _END64.unpack(record)
    if magic != b"PK\x06\x06" or offset + 12 + length != locator or length < _END64.size - 12:
        raise BadZip("its record of large files (zip64) is damaged.")
    disk, first, here, members, size, start = values
    return offset, (disk, first, here, members, size, start)


def _entries(file: int, place: _Place) -> Iterator[tuple[bytes, tuple[int, ...]]]:
    """The name, fields and comment of each member, and the fixed fields before them."""
    waiting, at = b"", 0
    end, read = place.offset + place.size, place.offset
    number = 0
    while at < len(waiting) or read < end:
        if place.exact and number == place.members:
            break
        while True:
            if len(waiting) - at >= _ENTRY.size:
                entry = _ENTRY.unpack_from(waiting, at)
                following = at + _ENTRY.size + entry[10] + entry[11] + entry[12]
                if following <= len(waiting):
                    break
            more = os.pread(file, min(READ_BYTES, end - read), read)
            if not more:
                raise BadZip(f"the list of its members is cut short after {number:,}.")
            waiting, at, read = waiting[at:] + more, 0, read + len(more)
        if entry[0] != b"PK\x01\x02":
            raise BadZip(f"the list of its members is damaged after the first {number:,}.")
        yield waiting[at + _ENTRY.size : following], entry
        at, number = following, number + 1
    if number < place.members:
        raise BadZip(f"its end states {place.members:,} members, but the list ends after {number:,}.")
    if at < len(waiting) or read < end or (number - place.members) % _MEMBERS_WRAP:
        raise BadZip(f"its end states {place.members:,} members, but the list has more.")


def _extras(fields: bytes, entry: tuple[int, ...], name: str) -> tuple[int, int, int]:
    """The bytes unpacked and packed and the offset of a member, from its fields of large files where it has some."""
    packed, size, disk, offset = entry[8], entry[9], entry[13], entry[16]
    wanted = [value == _FULL32 for value in (size, packed, offset)]
    if not any(wanted) and disk != _FULL16:
        if disk:
            raise BadZip("it is one part of a zip file that was split into several.")
        return size, packed, offset
    for kind, given in extra_fields(fields):
        if kind != _ZIP64_FIELD:
            continue
        count = sum(wanted)
        if len(given) < 8 * count:
            break
        values = iter(struct.unpack_from(f"<{count}Q", given))
        size, packed, offset = (
            next(values) if wide else value for wide, value in zip(wanted, (size, packed, offset), strict=True)
        )
        if disk == _FULL16 and given[8 * count : 8 * count + 4] not in (b"", bytes(4)):
            raise BadZip("it is one part of a zip file that was split into several.")
        return size, packed, offset
    raise BadZip(f"the member {shown(name)} refers to a field of large files (zip64), which is missing or damaged.")


def _add(columns: _Columns, entry: tuple[int, ...], found: tuple[int, int, int], name: str, place: _Place) -> None:
    size, packed, offset = found
    if offset + HEADER_BYTES + entry[10] + packed > place.offset:
        raise BadZip(f"the member {shown(name)} does not end before the list of members.")
    columns.sizes.append(size)
    columns.packed.append(packed)
    columns.offsets.append(offset)
    columns.crcs.append(entry[7])
    columns.methods.append(entry[4])
    columns.flags.append(entry[3])
    columns.kinds.append(stat.S_IFMT(entry[15] >> 16))


def _unwrapped(offsets: array[int]) -> array[int]:
    """The offsets of members that follow each other, with the multiples of 4 GiB that were left out."""
    stated = np.frombuffer(offsets, np.uint64)
    return array(
        "Q", (stated + _WRAP * np.cumsum(np.diff(stated.astype(np.int64), prepend=0) < 0, dtype=np.uint64)).tobytes()
    )


def _ends(columns: _Columns, names: Sequence[str], place: _Place) -> Sequence[int]:
    """Where each member ends at the latest: where the next one begins. Raises BadZip if two overlap."""
    offsets, packed = (np.frombuffer(each, np.uint64).astype(np.int64) for each in (columns.offsets, columns.packed))
    order = np.argsort(offsets, kind="stable")
    following = np.append(offsets[order][1:], place.offset)
    short = np.flatnonzero(offsets[order] + packed[order] + HEADER_BYTES > following)
    if len(short):
        at = int(short[0])
        if at + 1 == len(order):
            raise BadZip(f"the member {shown(names[int(order[at])])} does not end before the list of members.")
        one, other = int(order[at]), int(order[at + 1])
        raise BadZip(f"its members {shown(names[one])} and {shown(names[other])} overlap.")
    ends = np.empty_like(following)
    ends[order] = following
    return array("q", ends.tobytes())


def check_readable(member: Member) -> None:
    """Raise BadZip for a member that is no file, or that is packed in another way than usual."""
    if member.flags & ENCRYPTED:
        raise BadZip("it is encrypted; pack it without a password.")
    if member.kind not in _FILES:
        kind = "a symbolic link" if member.kind == stat.S_IFLNK else "no usual file"
        raise BadZip(f"it is {kind}; pack the file itself.")
    if member.method not in (STORED, DEFLATED):
        raise BadZip(f"it is compressed by the method {member.method}; pack it with deflate (8), or stored (0).")
