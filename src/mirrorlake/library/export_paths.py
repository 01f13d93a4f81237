"""How an export of labels calls its images, so that no two of them have one path or one label file.

Keys are unique in a datasource only, and many formats name a label file like its image without the suffix.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from mirrorlake.labels.records import without_suffix

_HASH_BYTES = 8  # of a path: all paths of an export would not fit in memory, and an equal hash does no harm
_MIX = np.uint64(0x9E3779B97F4A7C15)  # separates equal paths of different datasources
_Hashes: TypeAlias = npt.NDArray[np.uint64]


class ExportPaths:
    """The paths of the images of one export, from the datasource and the key of each.

    If several datasources have one key, all paths begin with the name of the datasource: a path that got it alone
    could be a key of another one. A label file has the whole path of its image if another image has the same path
    without a suffix, or this one as its whole path: so a path of either kind is never one of the other.
    """

    def __init__(self, objects: Iterable[tuple[str, str]]) -> None:
        keys, stems = bytearray(), bytearray()
        owners: array[int] = array("Q")
        self._numbers: dict[str, int] = {}
        for datasource, key in objects:
            keys += _digest(key)
            stems += _digest(without_suffix(key))
            owners.append(self._numbers.setdefault(datasource, len(self._numbers)))
        whole, found = np.frombuffer(keys, np.uint64), np.frombuffer(stems, np.uint64)
        self.by_datasource = len(self._numbers) > 1 and bool(len(_repeated(whole)))
        if self.by_datasource:
            mixed = np.frombuffer(owners, np.uint64) * _MIX
            whole, found = whole + mixed, found + mixed
        taken = np.intersect1d(found[found != whole], whole)
        self._shared = np.union1d(_repeated(found), taken)

    def path(self, datasource: str, key: str) -> str:
        """The path of an image."""
        return f"{folder_name(datasource)}/{key}" if self.by_datasource else key

    def keeps_suffix(self, datasource: str, key: str) -> bool:
        """Whether the label file has the whole name, because its name without the suffix is not its own."""
        if not len(self._shared):
            return False
        made = np.frombuffer(_digest(without_suffix(key)), np.uint64)
        if self.by_datasource:
            made = made + np.array([self._numbers.get(datasource, 0)], np.uint64) * _MIX
        at = int(cast("Any", np).searchsorted(self._shared, made[0]))
        return at < len(self._shared) and bool(self._shared[at] == made[0])


def copied_name(path: str, *, keeps_suffix: bool) -> str:
    """The path of a copied image whose name without the suffix is that of its label file."""
    return path + path.removeprefix(without_suffix(path)) if keeps_suffix else path


def folder_name(datasource: str) -> str:
    """The name of a datasource as one part of a path; `match_label_images` writes it in the same way."""
    return datasource.replace("%", "%25").replace("/", "%2F").replace("\\", "%5C")


def _digest(path: str) -> bytes:
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=_HASH_BYTES).digest()


def _repeated(hashes: _Hashes) -> _Hashes:
    found, counts = np.unique(hashes, return_counts=True)
    return found[counts > 1]
