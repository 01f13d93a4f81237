"""How an export of labels calls its images, so that no two of them have one path or one label file.

Keys are unique in a datasource only, and many formats name a label file like its image without the suffix. Files are
written under safe names (`file_names.safe_part`), which may be equal for keys that differ: a backslash is written as
`%5C`, which another key may contain. And what is an object in a bucket, `a.jpg`, may be a folder for another one,
`a.jpg/b.png`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from mirrorlake.labels.file_names import digest_of, safe_path, with_digest
from mirrorlake.labels.records import copied_name, without_suffix

_MIX = np.uint64(0x9E3779B97F4A7C15)  # separates equal paths of different datasources
_RECENT = 10_000  # folders
_DOTTED = 100_000  # names of folders: with more of them, every name is compared
_LABEL_SUFFIXES = (".txt", ".xml", ".json")  # of label files of one image each
_Hashes: TypeAlias = npt.NDArray[np.uint64]


class ExportPaths:
    """The paths of the images of one export, from the datasource and the key of each.

    If several datasources have one key, all paths begin with the name of the datasource: a path that got it alone
    could be a key of another one. A label file has the whole path of its image if another image has the same path
    without a suffix, or this one as its whole path: so a path of either kind is never one of the other. Paths are
    compared as they are written. Of those that are written alike, each gets a digest of its key before the suffix, but
    for the one that is written as it is. So does one that is a folder of another image, `as_files`.
    """

    def __init__(self, objects: Iterable[tuple[str, str]], *, as_files: bool = False) -> None:
        # All paths would not fit in memory, and an equal hash does no harm.
        keys, stems = bytearray(), bytearray()
        owners: array[int] = array("Q")
        folders = _Folders()
        self._numbers: dict[str, int] = {}
        for datasource, key in objects:
            path = safe_path(key)
            keys += digest_of(path)
            stems += digest_of(safe_path(without_suffix(key)))
            owners.append(self._numbers.setdefault(datasource, len(self._numbers)))
            if as_files:
                folders.add(owners[-1], path)
        whole, found = np.frombuffer(keys, np.uint64), np.frombuffer(stems, np.uint64)
        self.by_datasource = len(self._numbers) > 1 and bool(len(_repeated(whole)))
        if self.by_datasource:
            mixed = np.frombuffer(owners, np.uint64) * _MIX
            whole, found = whole + mixed, found + mixed
        taken = np.intersect1d(found[found != whole], whole)
        self._shared = np.union1d(_repeated(found), taken)
        self._alike = _repeated(whole)
        self._folders = folders.hashes(by_owner=self.by_datasource)
        self._dotted = None if folders.too_many_dotted else folders.dotted

    def path(self, datasource: str, key: str) -> str:
        """The path of an image."""
        alike = len(self._alike) and key != (safe := safe_path(key)) and self._is_in(self._alike, datasource, safe)
        if alike or (len(self._folders) and self._is_folder(datasource, key)):
            key = with_digest(key)
        return f"{folder_name(datasource)}/{key}" if self.by_datasource else key

    def keeps_suffix(self, datasource: str, key: str) -> bool:
        """Whether the label file has the whole name, because its name without the suffix is not its own."""
        return len(self._shared) > 0 and self._is_in(self._shared, datasource, safe_path(without_suffix(key)))

    def _is_folder(self, datasource: str, key: str) -> bool:
        """Whether a file of this image, of the object or of its labels, would have the path of a folder."""
        folder, slash, _ = safe_path(key).rpartition("/")
        return any(
            (self._dotted is None or name in self._dotted or "." not in name)
            and self._is_in(self._folders, datasource, folder + slash + name)
            for name in map(safe_path, _file_names(key.rpartition("/")[2]))
        )

    def _is_in(self, hashes: _Hashes, datasource: str, path: str) -> bool:
        made = np.frombuffer(digest_of(path), np.uint64)
        if self.by_datasource:
            made = made + np.array([self._numbers.get(datasource, 0)], np.uint64) * _MIX
        at = int(cast("Any", np).searchsorted(hashes, made[0]))
        return at < len(hashes) and bool(hashes[at] == made[0])


class _Folders:
    """The folders of written paths, as hashes."""

    def __init__(self) -> None:
        self.dotted: set[str] = set()  # names of folders that could be names of files: few have any
        self.too_many_dotted = False
        self._hashes = bytearray()
        self._owners: array[int] = array("Q")
        self._recent: set[tuple[int, str]] = set()

    def add(self, owner: int, path: str) -> None:
        """Add all folders of a path."""
        folder = path.rpartition("/")[0]
        while folder and (owner, folder) not in self._recent:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent.add((owner, folder))
            self._hashes += digest_of(folder)
            self._owners.append(owner)
            folder, _, name = folder.rpartition("/")
            if "." in name and not self.too_many_dotted:
                self.dotted.add(name)
                if len(self.dotted) > _DOTTED:
                    self.dotted.clear()
                    self.too_many_dotted = True

    def hashes(self, *, by_owner: bool) -> _Hashes:
        """The hashes in order, each once; `by_owner`: separate for each datasource."""
        made = np.frombuffer(self._hashes, np.uint64)
        return np.unique(made + np.frombuffer(self._owners, np.uint64) * _MIX if by_owner else made)


def _file_names(base: str) -> Iterator[str]:
    """The names that files of an image may have: of the object, copied, and of its labels."""
    yield base
    yield copied_name(base, keeps_suffix=True)
    for suffix in _LABEL_SUFFIXES:
        yield without_suffix(base) + suffix
        yield base + suffix


def folder_name(datasource: str) -> str:
    """The name of a datasource as one part of a path; `match_label_images` writes it in the same way."""
    return datasource.replace("%", "%25").replace("/", "%2F").replace("\\", "%5C")


def _repeated(hashes: _Hashes) -> _Hashes:
    found, counts = np.unique(hashes, return_counts=True)
    return found[counts > 1]
