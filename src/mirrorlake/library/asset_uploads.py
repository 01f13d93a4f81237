"""Store uploaded files as new objects of a datasource: in a folder of this machine, or in its bucket.

Names are hostile. The key is the name as far as it can be a file name everywhere; an object is never replaced.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

import blake3

from mirrorlake.catalog.uploads import StoredFile
from mirrorlake.core.errors import Conflict, DiskFull, ObjectExists, ObjectGone, StorageError, UsageError
from mirrorlake.formats.registry import format_names, format_of_name
from mirrorlake.model.sources import Datasource, MirrorSettings
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.providers.registry import provider_of
from mirrorlake.storage.writable import WritableStore

NAME_BYTES = 200  # of a key; file systems allow 255, and a clash adds some
CLASHES = 1000  # names that are tried
_PIECE = 1 << 20  # bytes
_MODE = 0o644  # of stored files
_UNSAFE = re.compile(r'[<>:"|?*%\\/]')  # in file names, addresses or patterns
_PLAIN = re.compile(r"[^A-Za-z0-9._-]")  # what writable stores do not take
_PART = ".upload-"  # before the names of files that are being written, which have no suffix of a format
_SIDECAR = ".json"


def takes_json(settings: MirrorSettings) -> bool:
    """Whether a `.json` file can only be an asset of its own: neither the metadata nor the labels of another one."""
    return not settings.base_name_sidecars and settings.sidecar_suffix is None and settings.labels is None


def safe_name(name: str, *, plain: bool = False, json: bool = False) -> str:
    """The key for a file of this name: its last part, without characters that are unsafe somewhere.

    `plain` keeps only letters, digits, dots, hyphens and underscores; `json` allows names that end with `.json`.
    Raises UsageError for a name without anything that can be a key, and for a suffix that no format has.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join("_" if unicodedata.category(ch)[0] in "CZ" and ch != " " else ch for ch in last)
    kept = _UNSAFE.sub("_", kept).strip(" ").lstrip(".").rstrip(".")
    if plain:
        kept = _PLAIN.sub("_", kept)
    stem, dot, suffix = kept.rpartition(".")
    is_json = kept.lower().endswith(_SIDECAR)
    if is_json and not json:
        raise UsageError(
            f"{kept!r} could be read as the metadata or labels of another file.",
            "Give metadata with the upload. JSON files are assets only where they are not read as metadata: "
            "mirrorlake datasource change NAME --no-base-name-sidecars.",
        )
    if not dot or not stem or (format_of_name(kept) is None and not is_json):
        shown = name if len(name) <= NAME_BYTES else f"{name[:NAME_BYTES]}…"
        raise UsageError(
            f"{shown!r} is not the name of a file in a supported format.",
            f"Use one of {format_names()}.",
        )
    stem = stem[:NAME_BYTES]
    while len(f"{stem}.{suffix}".encode("utf-8", "replace")) > NAME_BYTES:
        stem = stem[:-1]
    return f"{stem}.{suffix}".encode("utf-8", "replace").decode("utf-8")


def store_in_folder(folder: Path, name: str, file: BinaryIO, *, json: bool = False) -> StoredFile:
    """Write a file into a folder under its name, or under one with a number if that is taken. Raises DiskFull."""
    wanted = safe_name(name, json=json)
    folder.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=_PART, dir=folder)
    try:
        with os.fdopen(handle, "wb") as target:
            os.fchmod(target.fileno(), _MODE)
            size, digest = _copy(file, target.write)
            target.flush()
            os.fsync(target.fileno())
        for key in _names(wanted):
            with suppress(FileExistsError):
                Path(folder / key).hardlink_to(part)  # of several writers, one succeeds
                return StoredFile(key=key, name=name, size=size, digest=digest)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("No space is left for uploads.", "Free some space and upload the file again.") from error
        raise StorageError(f"The file cannot be stored: {error.strerror}.", "Check the folder for uploads.") from error
    finally:
        Path(part).unlink(missing_ok=True)
    raise _no_name(wanted)


def store_in_bucket(source: Datasource, config: StoreConfig, name: str, file: BinaryIO) -> StoredFile:
    """Write a file as a new object below the address of a datasource. Raises StorageError."""
    wanted = safe_name(name, plain=True, json=takes_json(source.settings))
    provider = provider_of(source.location.provider)
    digests: list[tuple[int, bytes]] = []

    def pieces() -> Iterator[bytes]:
        file.seek(0)
        size, hasher = 0, blake3.blake3()
        while piece := file.read(_PIECE):
            size += len(piece)
            hasher.update(piece)
            yield piece
        digests.append((size, hasher.digest()))

    with closing(provider.open_writable(source.location, config.access, resolved=config.resolved)) as store:
        for key in _names(wanted):
            if _exists(store, key):
                continue
            with suppress(ObjectExists):  # somebody else wrote it meanwhile
                store.put_stream(key, pieces())
                size, digest = digests[-1]
                return StoredFile(key=source.location.prefix + key, name=name, size=size, digest=digest)
    raise _no_name(wanted)


def _names(wanted: str) -> Iterator[str]:
    """The name, then it with a number before its suffix."""
    yield wanted
    stem, _, suffix = wanted.rpartition(".")
    for number in range(2, CLASHES):
        yield f"{stem}-{number}.{suffix}"


def _copy(file: BinaryIO, write: Callable[[bytes], object]) -> tuple[int, bytes]:
    size, hasher = 0, blake3.blake3()
    while piece := file.read(_PIECE):
        size += len(piece)
        hasher.update(piece)
        write(piece)
    return size, hasher.digest()


def _exists(store: WritableStore, key: str) -> bool:
    try:
        store.head(key)
    except ObjectGone:
        return False
    return True


def _no_name(wanted: str) -> Conflict:
    return Conflict(f"{CLASHES:,} objects are named like {wanted}.", "Upload the file under another name.")
