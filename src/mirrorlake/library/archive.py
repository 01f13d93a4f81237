"""The file of a backup: a zip archive whose parts are the tables, and the thumbnails of each shard.

    manifest.json                     versions, counts, and the size and digest of each part: written last, read first
    access/tables/NAME                members, roles and keys; the text of COPY, compressed
    workspaces/ID/tables/NAME         the rows of a workspace, as above
    workspaces/ID/thumbnails/AA       records of digest (32 bytes), length (4 bytes, most significant first) and WebP

The first format had one workspace, whose parts were `tables/NAME` and `thumbnails/AA`.

Zip rather than tar: its directory is read before any part, so the whole content and its sizes are known before
anything is written, and a part need not know its size in advance. Thumbnails share few parts, because a directory with
ten million entries would not fit into memory. No name in an archive ever becomes a path.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
from blake3 import blake3

from mirrorlake.core.errors import BadBackup, UsageError
from mirrorlake.library.steps import StepCallback
from mirrorlake.library.zip_directory import BadZip, ZipLimits
from mirrorlake.library.zip_reader import ZipReader, open_zip
from mirrorlake.model.access import DEFAULT_WORKSPACE
from mirrorlake.model.backups import (
    FORMAT,
    Manifest,
    SchemaPart,
    SequenceState,
    TablePart,
    ThumbnailPart,
    WorkspacePart,
)
from mirrorlake.processing.thumbnails import DIGEST_BYTES, MAX_THUMBNAIL_BYTES, is_complete

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 64 << 20  # a workspace needs up to 50 KB
ACCESS_PLACE = "access/"
READ_BYTES = 1 << 20
DEFLATE_LEVEL = 1  # twice as fast as the default, and a fifth larger
SHARDS = 256
_LENGTH_BYTES = 4
_ANOTHER = "Use another backup."
_LIMITS = ZipLimits(members=700_000, directory_bytes=100_000_000, name_bytes=100_000_000)  # more than a manifest names


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPart:
    """The size and digest of a part that was written."""

    bytes: int
    digest: str


class ArchiveWriter:
    """Writes an archive part by part, in bounded memory. Without `finish`, the file is no archive."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True, compresslevel=DEFLATE_LEVEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.fp = None  # else an unfinished archive would write its directory whenever it is collected

    def write(self, name: str, chunks: Iterable[bytes], *, compress: bool) -> WrittenPart:
        """Write a part."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        size, digest = 0, blake3()
        with self._zip.open(info, "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return WrittenPart(bytes=size, digest=digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the directory. Raises UsageError for too many workspaces."""
        document = msgspec.json.encode(manifest)
        if len(document) > MAX_MANIFEST_BYTES:
            raise UsageError(
                f"One file cannot hold the backup of {len(manifest.workspaces):,} workspaces.",
                "Back up some of them on their own: --only NAME",
            )
        self.write(MANIFEST, [document], compress=True)
        self._zip.close()


class ArchiveReader:
    """Reads an archive whose directory and manifest were checked. Every part is checked while it is read."""

    def __init__(self, archive: ZipReader, path: Path, manifest: Manifest) -> None:
        self._zip = archive
        self._path = path
        self.manifest = manifest

    def check(self, done: Callable[[int, int], None]) -> None:
        """Read every part once. Raises BadBackup. `done` receives the number of bytes read and their total."""
        parts = dict(_parts(self.manifest))
        total, read = sum(part.bytes for part in parts.values()), 0
        for name, part in parts.items():
            for chunk in self._read(name, part):
                read += len(chunk)
                done(read, total)

    def rows(self, content: SchemaPart, part: TablePart) -> Iterator[bytes]:
        """The text of COPY of a table. Raises BadBackup, at the latest at its end."""
        return self._read(table_name(content.place, part.table), part)

    def thumbnails(self, content: SchemaPart, part: ThumbnailPart) -> Iterator[tuple[bytes, bytes]]:
        """The digests and thumbnails of a shard, in ascending order. Raises BadBackup, at the latest at its end."""
        found, last, name = 0, b"", shard_name(content.place, part.shard)
        for digest, thumbnail in self._records(name, part):
            if digest[0] != part.shard or digest <= last or not is_complete(thumbnail):
                raise self._damaged(name)
            found, last = found + 1, digest
            yield digest, thumbnail
        if found != part.count:
            raise self._damaged(name)

    def _records(self, name: str, part: ThumbnailPart) -> Iterator[tuple[bytes, bytes]]:
        head = DIGEST_BYTES + _LENGTH_BYTES
        waiting = bytearray()
        for chunk in self._read(name, part):
            waiting += chunk
            start = 0
            while len(waiting) - start >= head:
                length = int.from_bytes(waiting[start + DIGEST_BYTES : start + head])
                if length > MAX_THUMBNAIL_BYTES:
                    raise self._damaged(name)
                end = start + head + length
                if len(waiting) < end:
                    break
                yield bytes(waiting[start : start + DIGEST_BYTES]), bytes(waiting[start + head : end])
                start = end
            del waiting[:start]
        if waiting:
            raise self._damaged(name)

    def _read(self, name: str, part: TablePart | ThumbnailPart) -> Iterator[bytes]:
        digest, left = blake3(), part.bytes
        try:
            with self._zip.open(name) as file:
                while chunk := file.read(READ_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        break
                    digest.update(chunk)
                    yield chunk
        except (BadZip, KeyError, OSError) as error:
            raise self._damaged(name) from error
        if left or digest.hexdigest() != part.digest:
            raise self._damaged(name)

    def _damaged(self, name: str) -> BadBackup:
        return BadBackup(f"The backup {self._path} is damaged: {name} is not as it was written.", _ANOTHER)


@contextmanager
def open_archive(path: Path, *, newest_schema: int) -> Generator[ArchiveReader]:
    """Open an archive and check its directory and manifest. Raises BadBackup with the reason."""
    with ExitStack() as opened:
        try:
            archive = opened.enter_context(open_zip(path, _LIMITS))
        except OSError as error:
            raise BadBackup(
                f"The backup {path} cannot be read: {error.strerror or error}.", "Check the path."
            ) from error
        except BadZip as error:
            raise BadBackup(f"{path} is no backup of mirrorlake, or it is damaged: {error}", _ANOTHER) from error
        manifest = _read_manifest(archive, path, newest_schema)
        _check_directory(archive, path, manifest)
        yield ArchiveReader(archive, path, manifest)


def workspace_place(workspace_id: int) -> str:
    """The folder of the parts of a workspace."""
    return f"workspaces/{workspace_id}/"


def table_name(place: str, table: str) -> str:
    """The name of the part with the rows of a table, in the folder of its schema."""
    return f"{place}tables/{table}"


def shard_name(place: str, shard: int) -> str:
    """The name of the part with the thumbnails of a shard, in the folder of its workspace."""
    return f"{place}thumbnails/{shard:02x}"


def thumbnail_record(digest: bytes, thumbnail: bytes) -> bytes:
    """One record of a part with thumbnails."""
    return digest + len(thumbnail).to_bytes(_LENGTH_BYTES) + thumbnail


def watched_rows(
    chunks: Iterable[bytes], step: StepCallback, doing: str, *, before: int, total: int
) -> Iterator[bytes]:
    """The same chunks of the text of COPY; `step` receives the number of rows so far, `before` them included."""
    done = before
    for chunk in chunks:
        yield chunk
        done += chunk.count(b"\n")  # each row ends with one; in values they are escaped
        step(doing, done, total)


class _Versions(msgspec.Struct):
    """The versions in a manifest, which are readable whatever else it contains."""

    format: int
    schema: int
    version: str


class _FirstManifest(msgspec.Struct):
    """A manifest of the first format: of one workspace."""

    version: str
    schema: int
    created: datetime
    tables: tuple[TablePart, ...]
    sequences: tuple[SequenceState, ...]
    thumbnails: tuple[ThumbnailPart, ...] | None
    missing: int = 0

    def today(self) -> Manifest:
        """The same as a manifest of the present format, in which its workspace is `default`."""
        workspace = WorkspacePart(
            id=1,
            name=DEFAULT_WORKSPACE,
            content=SchemaPart(place="", tables=self.tables, sequences=self.sequences),
            thumbnails=self.thumbnails,
            missing=self.missing,
        )
        return Manifest(
            format=1, version=self.version, schema=self.schema, created=self.created, workspaces=(workspace,)
        )


def _read_manifest(archive: ZipReader, path: Path, newest_schema: int) -> Manifest:
    damaged = BadBackup(f"The backup {path} has no readable manifest.", _ANOTHER)
    try:
        with archive.open(MANIFEST) as file:
            raw = file.read(MAX_MANIFEST_BYTES + 1)
        if len(raw) > MAX_MANIFEST_BYTES:
            raise damaged
        versions = msgspec.json.decode(raw, type=_Versions)
        if versions.format > FORMAT or versions.schema > newest_schema:
            raise BadBackup(
                f"The backup {path} was made by a newer mirrorlake ({versions.version!r}): its schema is"
                f" {versions.schema}, ours is {newest_schema}.",
                "Install that version to restore it.",
            )
        if versions.format == 1:
            return msgspec.json.decode(raw, type=_FirstManifest).today()
        return msgspec.json.decode(raw, type=Manifest)
    except (KeyError, OSError, msgspec.MsgspecError, BadZip) as error:
        raise damaged from error


def _check_directory(archive: ZipReader, path: Path, manifest: Manifest) -> None:
    """Raise BadBackup unless the archive has exactly the parts of its manifest, in their sizes."""
    listed = _parts(manifest)
    parts = dict(listed)
    shards = [part.shard for workspace in manifest.workspaces for part in workspace.thumbnails or ()]
    whole = (
        set(archive.names) == parts.keys() | {MANIFEST}
        and len(parts) == len(listed)
        and all(archive.size_of(name) == part.bytes for name, part in parts.items())
        and all(0 <= shard < SHARDS for shard in shards)
    )
    if not whole:
        raise BadBackup(f"The backup {path} is damaged: its parts are not those of its manifest.", _ANOTHER)


def _parts(manifest: Manifest) -> Sequence[tuple[str, TablePart | ThumbnailPart]]:
    found: list[tuple[str, TablePart | ThumbnailPart]] = [
        (table_name(content.place, part.table), part) for content in manifest.contents for part in content.tables
    ]
    for workspace in manifest.workspaces:
        place = workspace.content.place
        found += [(shard_name(place, part.shard), part) for part in workspace.thumbnails or ()]
    return found
