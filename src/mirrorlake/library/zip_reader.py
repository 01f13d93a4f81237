"""Read the members of a zip file whose list was checked. No name becomes a path, and none unpacks to more than stated.

What a member's own header states is compared with the list, its bytes with their length and CRC.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirrorlake.library.zip_directory import (
    ENCRYPTED,
    HEADER_BYTES,
    READ_BYTES,
    STORED,
    BadZip,
    Member,
    ZipDirectory,
    ZipLimits,
    check_readable,
    is_zip,
    read_directory,
)

_HEADER = struct.Struct("<4s5H3L2H")
_RAW = -zlib.MAX_WBITS  # deflate without a header
_AT_ONCE = 140_000  # bytes of a header with the longest name and field, and of most members whole


class ZipReader:
    """An open zip file."""

    def __init__(self, file: int, directory: ZipDirectory) -> None:
        self._file = file
        self._directory = directory

    @property
    def names(self) -> Sequence[str]:
        """The names of the members that are not folders, in order."""
        return self._directory.names

    @property
    def size(self) -> int:
        """The bytes of all members unpacked, as the file states them."""
        return self._directory.size

    def size_of(self, name: str) -> int:
        """The bytes of a member unpacked, as the file states them. Raises KeyError."""
        return self._directory.member(name).size

    def read(self, name: str) -> bytes:
        """The bytes of a member, all at once. Raises BadZip, KeyError and OSError."""
        return _MemberFile(self._file, self._directory.member(name)).readall()

    def open(self, name: str) -> io.BufferedReader:
        """A member as a file. Raises BadZip, also while it is read to its end, KeyError and OSError."""
        member = self._directory.member(name)
        size = max(1, min(member.size, READ_BYTES))  # making room for more would take longer than reading a label file
        return io.BufferedReader(_MemberFile(self._file, member), size)


@contextmanager
def open_zip(path: Path, limits: ZipLimits) -> Generator[ZipReader]:
    """The zip file at this path. Raises BadZip and OSError."""
    with path.open("rb", buffering=0) as file:
        yield ZipReader(file.fileno(), read_directory(file.fileno(), limits))


def is_zip_file(path: Path) -> bool:
    """Whether the file at this path is a zip file, damaged or not. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        return is_zip(file.fileno())


class _MemberFile(io.RawIOBase):
    """A member, unpacked while it is read."""

    def __init__(self, file: int, member: Member) -> None:
        super().__init__()
        check_readable(member)
        self._file = file
        self._member = member
        self._inflate = None if member.method == STORED else zlib.decompressobj(_RAW)
        self._done = self._crc = 0
        self._waiting = os.pread(file, min(_AT_ONCE, member.end - member.offset), member.offset)
        begin = self._check_header()
        self._at = member.offset + len(self._waiting)
        self._until = member.offset + begin + member.packed
        if self._until > member.end:
            raise BadZip("its header states that it overlaps what follows.")
        self._waiting = self._waiting[begin : begin + member.packed]

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, target: Any, /) -> int:
        """The next bytes; at the end, after these were compared with what the list states, none."""
        view = memoryview(target)
        data = self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """All bytes, checked likewise."""
        data = self._next(self._member.size + 1)
        parts = [data]
        while data:
            data = self._next(self._member.size + 1 - self._done)
            parts.append(data)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        try:
            data = self._unpack(size)
        except zlib.error as error:
            raise BadZip(f"it is damaged: {error}.") from error
        self._done += len(data)
        self._crc = zlib.crc32(data, self._crc)
        if self._done > self._member.size:
            raise BadZip(f"it unpacks to more than the {self._member.size:,} bytes that the list of members states.")
        if not data:
            self._check_end()
        return data

    def _check_header(self) -> int:
        """Compare the member's own header with the list; return the number of bytes before its content."""
        member, head = self._member, self._waiting
        if len(head) < HEADER_BYTES or head[:4] != b"PK\x03\x04":
            raise BadZip("it is not where the list of members states.")
        _, _, flags, method, _, _, _, _, _, name, extra = _HEADER.unpack_from(head)
        if hash(head[HEADER_BYTES : HEADER_BYTES + name]) != member.name_hash:
            raise BadZip("it has another name in the list of members than in its header.")
        if method != member.method or flags & ENCRYPTED:
            raise BadZip("it is packed in another way in the list of members than in its header.")
        return HEADER_BYTES + name + extra

    def _unpack(self, size: int) -> bytes:
        inflate = self._inflate
        if inflate is None:
            return self._packed(size)
        while not inflate.eof:
            packed = inflate.unconsumed_tail or self._packed(READ_BYTES)
            data = inflate.decompress(packed, min(size, READ_BYTES))  # however much the caller has room for
            if data:
                return data
            if not packed:
                raise BadZip("it ends too early.")
        return b""

    def _packed(self, size: int) -> bytes:
        """The next bytes as they are in the file."""
        if not self._waiting and self._at < self._until:
            self._waiting = os.pread(self._file, min(READ_BYTES, self._until - self._at), self._at)
            self._at += len(self._waiting)
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    def _check_end(self) -> None:
        if self._done < self._member.size:
            raise BadZip(f"it has {self._done:,} bytes, but the list of members states {self._member.size:,}.")
        if self._crc != self._member.crc:
            raise BadZip("it is damaged: its checksum is not that of its bytes.")
