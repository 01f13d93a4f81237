"""Objects of very many bytes, most of which are zeros that nobody stores, and files that count what is read of them."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import replace

from mirrorlake.formats.parts import BLOCK_BYTES
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.memory.store import MemoryStore

Parts = Mapping[int, bytes]
"""The bytes at some places."""
Tags = dict[int, tuple[int, bytes | tuple[int, ...]]]
"""The type and the values of tags."""


class SparseStore(MemoryStore):
    """A store whose large objects can only be read in parts."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, Parts] = {}

    def put_sparse(self, key: str, size: int, parts: Parts) -> ObjectInfo:
        """Create an object of this size."""
        token = str(hash((size, tuple(parts.items()))))
        info = replace(self.put(key, b"", token=token), size=size)
        self._objects[key] = Body(data=b"", info=info)
        self._parts[key] = parts
        return info

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        assert key not in self._parts or limit < self.head(key).size, f"{key} is read as a whole"
        return super().get(key, token=token, limit=limit)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        if key not in self._parts:
            return super().get_range(key, token=token, start=start, length=length)
        out = bytearray(min(length, self.head(key).size - start))
        for place, data in self._parts[key].items():
            first, last = max(place, start), min(place + len(data), start + len(out))
            if first < last:
                out[first - start : last - start] = data[first - place : last - place]
        return Body(data=bytes(out), info=self.head(key))


class PartsFile(io.BytesIO):
    """Bytes that are read in parts; counts the blocks that are touched."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._size = len(data)
        self._place = 0
        self.bytes_read = 0
        self.blocks: set[int] = set()

    def __len__(self) -> int:
        return self._size

    def read(self, size: int | None = -1, /) -> bytes:
        start = self._place
        data = super().read(size)
        self._place += len(data)
        self.bytes_read += len(data)
        self.blocks |= set(range(start // BLOCK_BYTES, (start + len(data) - 1) // BLOCK_BYTES + 1)) if data else set()
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._place = super().seek(min(offset, self._size), whence)  # as far as an object goes
        return self._place


_KINDS = {1: "B", 2: "s", 3: "H", 4: "I", 7: "s", 16: "Q"}


def tiff_directory(
    tags: Mapping[int, tuple[int, bytes | tuple[int, ...]]],
    at: int,
    *,
    order: str = "<",
    big: bool = False,
    then: int = 0,
) -> bytes:
    """A directory at this place of a TIFF, followed by its values. `then`: where the next directory is."""
    count, entry, offset = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
    inline = struct.calcsize("=" + offset)
    head = struct.calcsize("=" + count) + len(tags) * (struct.calcsize("=" + entry) + inline) + inline
    fields, values = b"", b""
    for tag, (kind, value) in sorted(tags.items()):
        packed = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{_KINDS[kind]}", *value)
        fields += struct.pack(order + entry, tag, kind, len(value))
        if len(packed) <= inline:
            fields += packed.ljust(inline, b"\0")
        else:
            fields += struct.pack(order + offset, at + head + len(values))
            values += packed + bytes(len(packed) % 2)
    return struct.pack(order + count, len(tags)) + fields + struct.pack(order + offset, then) + values


def tiff_start(first: int, *, order: str = "<", big: bool = False) -> bytes:
    """The beginning of a TIFF whose first directory is at this place."""
    mark = b"II" if order == "<" else b"MM"
    return mark + (struct.pack(order + "HHHQ", 43, 8, 0, first) if big else struct.pack(order + "HI", 42, first))


def photograph(
    width: int, height: int, **more: tuple[int, bytes | tuple[int, ...]]
) -> dict[int, tuple[int, bytes | tuple[int, ...]]]:
    """The tags of an RGB picture of 8 bits in rows of their own. `more`: further tags, `t274=(3, (6,))`."""
    return {
        256: (4, (width,)), 257: (4, (height,)), 258: (3, (8, 8, 8)), 259: (3, (1,)), 262: (3, (2,)),
        273: (4, tuple(range(0, 8 * height, 8))), 277: (3, (3,)), 278: (4, (1,)), 279: (4, (3 * width,) * height),
        **{int(name[1:]): value for name, value in more.items()},
    }  # fmt: skip
