"""How an export of labels calls its images, so that no two of them have one path or one label file.

Keys are unique in a datasource only, and many formats name a label file like its image without the suffix. Files are
written under safe names (`label_files.safe_part`), which may be equal for keys that differ: a backslash is written as
`%5C`, which another key may contain.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from mirrorlake.labels.records import without_suffix
from mirrorlake.library.label_files import safe_part

_HASH_BYTES = 8  # of a path: all paths of an export would not fit in memory, and an equal hash does no harm
_MIX = np.uint64(0x9E3779B97F4A7C15)  # separates equal paths of different datasources
_Hashes: TypeAlias = npt.NDArray[np.uint64]


class ExportPaths:
    """The paths of the images of one export, from the datasource and the key of each.

    If several datasources have one key, all paths begin with the name of the datasource: a path that got it alone
    could be a key of another one. A label file has the whole path of its image if another image has the same path
    without a suffix, or this one as its whole path: so a path of either kind is never one of the other. Paths are
    compared as they are written. Of those that are written alike, each gets a digest of its key before the suffix, but
    for the one that is written as it is.
    """

    def __init__(self, objects: Iterable[tuple[str, str]]) -> None:
        keys, stems = bytearray(), bytearray()
        owners: array[int] = array("Q")
        self._numbers: dict[str, int] = {}
        for datasource, key in objects:
            keys += _digest(written(key))
            stems += _digest(written(without_suffix(key)))
            owners.append(self._numbers.setdefault(datasource, len(self._numbers)))
        whole, found = np.frombuffer(keys, np.uint64), np.frombuffer(stems, np.uint64)
        self.by_datasource = len(self._numbers) > 1 and bool(len(_repeated(whole)))
        if self.by_datasource:
            mixed = np.frombuffer(owners, np.uint64) * _MIX
            whole, found = whole + mixed, found + mixed
        taken = np.intersect1d(found[found != whole], whole)
        self._shared = np.union1d(_repeated(found), taken)
        self._alike = _repeated(whole)

    def path(self, datasource: str, key: str) -> str:
        """The path of an image."""
        if len(self._alike) and key != (safe := written(key)) and self._is_in(self._alike, datasource, safe):
            stem = without_suffix(key)
            key = f"{stem}~{_digest(key).hex()}{key.removeprefix(stem)}"
        return f"{folder_name(datasource)}/{key}" if self.by_datasource else key

    def keeps_suffix(self, datasource: str, key: str) -> bool:
        """Whether the label file has the whole name, because its name without the suffix is not its own."""
        return len(self._shared) > 0 and self._is_in(self._shared, datasource, written(without_suffix(key)))

    def _is_in(self, hashes: _Hashes, datasource: str, path: str) -> bool:
        made = np.frombuffer(_digest(path), np.uint64)
        if self.by_datasource:
            made = made + np.array([self._numbers.get(datasource, 0)], np.uint64) * _MIX
        at = int(cast("Any", np).searchsorted(hashes, made[0]))
        return at < len(hashes) and bool(hashes[at] == made[0])


def written(path: str) -> str:
    """The path under which a file is written."""
    return "/".join(map(safe_part, path.split("/")))


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
