"""The names of the members of a zip file, as their packer meant them, and refused if they lead out of a folder.

Packers disagree about letters outside of ASCII and about backslashes. Pure.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

ENTRY_FIELD = struct.Struct("<2H")  # its number and length, before its bytes
_UTF8 = 0x800  # a flag
_UNICODE_PATH = 0x7075
_UNICODE_HEAD = struct.Struct("<BL")  # version, CRC of the name that it replaces
_WINDOWS = (0, 10, 14)  # systems that a member may state: FAT, NTFS, VFAT
_UNIX = (3, 19)  # Unix, macOS
_DRIVE = re.compile(r"[A-Za-z]:")
_SHOWN = 100  # characters of a name in a sentence


class BadZip(ValueError):
    """A zip file, or one of its members, that is not read, as one sentence that begins in lower case."""


def member_name(raw: bytes, *, flags: int, system: int, fields: bytes) -> str:
    """The name of a member. Raises BadZip if it is no relative path below a folder."""
    name = _decoded(raw, flags, system, fields)
    if "\\" in name and system in _WINDOWS:  # PowerShell 5 and .NET before 4.6.1 write them between folders
        name = name.replace("\\", "/")
    if not name:
        raise BadZip("a member has no name.")
    if "\0" in name:
        raise BadZip(f"the name of the member {shown(name)} contains a null character.")
    if "\\" in name:
        raise BadZip(f"the name of the member {shown(name)} contains a backslash, which is not the same everywhere.")
    if name[0] == "/":
        raise BadZip(f"the name of the member {shown(name)} is an absolute path.")
    if _DRIVE.match(name):
        raise BadZip(f"the name of the member {shown(name)} begins with a drive letter.")
    if ".." in name and ".." in name.split("/"):
        raise BadZip(f"the name of the member {shown(name)} leads out of its folder.")
    return name


def _decoded(raw: bytes, flags: int, system: int, fields: bytes) -> str:
    if b"up" in fields:  # the number of this field: few have one
        for kind, data in extra_fields(fields):
            if kind == _UNICODE_PATH and len(data) > _UNICODE_HEAD.size:
                version, crc = _UNICODE_HEAD.unpack_from(data)
                if version == 1 and crc == zlib.crc32(raw):
                    raw, flags = data[_UNICODE_HEAD.size :], _UTF8
                break
    if raw.isascii():
        return raw.decode("ascii")
    if flags & _UTF8 or system in _UNIX:  # Finder and zip write UTF-8 without its flag
        try:
            return raw.decode()
        except UnicodeDecodeError:
            if flags & _UTF8:
                raise BadZip(f"the name of a member is not UTF-8, as the member states: {raw[:_SHOWN]!r}.") from None
    return raw.decode("cp437")


def extra_fields(fields: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and bytes of each extra field, up to the first that is cut short."""
    at = 0
    while at + ENTRY_FIELD.size <= len(fields):
        kind, length = ENTRY_FIELD.unpack_from(fields, at)
        at += ENTRY_FIELD.size
        if at + length > len(fields):
            return
        yield kind, fields[at : at + length]
        at += length


def shown(name: str) -> str:
    """A name in a sentence."""
    return ascii(name if len(name) <= _SHOWN else name[:_SHOWN] + "...")
