"""An archive is read as it was written, or refused with a sentence before anything of it is used."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mirrorlake.core.errors import BadBackup
from mirrorlake.library.archive import (
    FORMAT,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    MAX_THUMBNAIL_BYTES,
    ArchiveReader,
    ArchiveWriter,
    open_archive,
    shard_name,
    table_name,
    thumbnail_record,
)
from mirrorlake.model.backups import (
    Manifest,
    SchemaPart,
    SequenceState,
    TablePart,
    ThumbnailPart,
    WorkspacePart,
)

SCHEMA = 16
PLACE = "workspaces/1/"
ROWS = b"1\tred\n2\tgreen\n"


def webp(size: int, fill: bytes = b"x") -> bytes:
    return b"RIFF" + (size - 8).to_bytes(4, "little") + fill * (size - 8)


THUMBNAILS = {bytes([7]) + bytes(30) + bytes([number]): webp(9 + number * 700_000) for number in range(2)}


def records(thumbnails: dict[bytes, bytes]) -> list[bytes]:
    return [thumbnail_record(digest, data) for digest, data in thumbnails.items()]


def write(
    path: Path,
    *,
    shard: int = 7,
    chunks: list[bytes] | None = None,
    change: Callable[[dict[str, Any]], object] = lambda _manifest: None,
    more: tuple[str, ...] = (),
) -> Path:
    """An archive whose digests fit; `change` gets its manifest before it is written, `more` names further parts."""
    with path.open("wb") as file, ArchiveWriter(file) as archive:
        table = archive.write(table_name(PLACE, "asset"), [ROWS[:5], ROWS[5:]], compress=True)
        part = archive.write(shard_name(PLACE, shard), chunks or records(THUMBNAILS), compress=False)
        for name in more:
            archive.write(name, [b""], compress=False)
        manifest = Manifest(
            format=FORMAT,
            version="1.2.3",
            schema=SCHEMA,
            created=datetime(2026, 11, 28, tzinfo=UTC),
            workspaces=(
                WorkspacePart(
                    id=1,
                    name="default",
                    content=SchemaPart(
                        place=PLACE,
                        tables=(
                            TablePart(
                                table="asset", columns=("id", "name"), rows=2, bytes=table.bytes, digest=table.digest
                            ),
                        ),
                        sequences=(SequenceState(table="asset", column="id", last=2),),
                    ),
                    thumbnails=(ThumbnailPart(shard=shard, count=2, bytes=part.bytes, digest=part.digest),),
                ),
            ),
        )
        document = json.loads(msgspec.json.encode(manifest))
        change(document)
        archive.write(MANIFEST, [json.dumps(document).encode()], compress=True)
        archive._zip.close()
    return path


def read(path: Path) -> dict[bytes, bytes]:
    with open_archive(path, newest_schema=SCHEMA) as archive:
        archive.check(lambda _done, _total: None)
        return _thumbnails(archive)


def _thumbnails(archive: ArchiveReader) -> dict[bytes, bytes]:
    [workspace] = archive.manifest.workspaces
    parts = workspace.thumbnails or ()
    return {digest: data for part in parts for digest, data in archive.thumbnails(workspace.content, part)}


def refused(path: Path) -> str:
    with pytest.raises(BadBackup) as raised:
        read(path)
    assert str(path) in raised.value.message
    assert raised.value.fix
    assert "\n" not in str(raised.value)
    return raised.value.message


def test_an_archive_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    with open_archive(path, newest_schema=SCHEMA) as archive:
        seen: list[tuple[int, int]] = []
        archive.check(lambda done, total: seen.append((done, total)))
        assert seen[-1][0] == seen[-1][1] == len(ROWS) + sum(map(len, records(THUMBNAILS)))
        [workspace] = archive.manifest.workspaces
        [table] = workspace.content.tables
        assert b"".join(archive.rows(workspace.content, table)) == ROWS
        assert _thumbnails(archive) == THUMBNAILS
        assert (workspace.assets, workspace.thumbnail_count) == (2, 2)


def test_every_changed_or_missing_byte_of_the_content_is_noticed(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", chunks=records({digest: webp(20) for digest in THUMBNAILS})).read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        starts = {info.filename: info.header_offset for info in archive.infolist()}
    damaged = tmp_path / "damaged"
    # Headers of entries have bytes that mean nothing; the contents and the manifest begin after them.
    content = [
        place
        for start in starts.values()
        for place in range(start + 30, min([other for other in starts.values() if other > start], default=len(whole)))
    ]
    unnoticed = 0
    for place in content[::3]:
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        try:
            found = read(damaged)
        except BadBackup:
            continue
        unnoticed += 1
        assert found == read(tmp_path / "a")  # a byte that has no meaning, such as a time
    assert unnoticed < len(content) / 6
    for length in range(0, len(whole), 7):
        damaged.write_bytes(whole[:length])
        refused(damaged)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert "no backup" in refused(path) or "no readable manifest" in refused(path)
    assert "cannot be read" in refused(tmp_path / "nowhere")
    assert "cannot be read" in refused(tmp_path)


@pytest.mark.parametrize("newer", [{"schema": SCHEMA + 1}, {"format": FORMAT + 1, "workspaces": "of another shape"}])
def test_an_archive_of_a_newer_version_is_refused_by_its_name(tmp_path: Path, newer: dict[str, Any]) -> None:
    message = refused(write(tmp_path / "a", change=lambda manifest: manifest.update(newer)))
    assert "newer mirrorlake ('1.2.3')" in message


def set_part(kind: str, **values: Any) -> Callable[[dict[str, Any]], object]:
    def change(manifest: dict[str, Any]) -> None:
        [workspace] = manifest["workspaces"]
        (workspace if kind == "thumbnails" else workspace["content"])[kind][0].update(values)

    return change


def repeat_table(manifest: dict[str, Any]) -> None:
    tables = manifest["workspaces"][0]["content"]["tables"]
    tables.append(tables[0])


@pytest.mark.parametrize(
    "change",
    [
        set_part("tables", digest="0" * 64),
        set_part("tables", bytes=3),
        set_part("tables", table="../../etc/passwd"),
        set_part("tables", rows="many"),
        set_part("thumbnails", digest="0" * 64),
        set_part("thumbnails", bytes=10**15),
        set_part("thumbnails", count=3),
        set_part("thumbnails", shard=8),
        repeat_table,
        lambda manifest: manifest["workspaces"].append(manifest["workspaces"][0]),
        lambda manifest: manifest.update(access=manifest["workspaces"][0]["content"]),
        lambda manifest: manifest.pop("created"),
        lambda manifest: manifest.update(version="x" * (MAX_MANIFEST_BYTES + 1)),
    ],
)  # fmt: skip
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    refused(write(tmp_path / "a", change=change))


@pytest.mark.parametrize("name", ["../escaped", "/etc/passwd", "thumbnails/7/../../x", "C:\\x", "more"])
def test_a_part_that_the_manifest_does_not_name_is_refused_and_never_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    message = refused(write(tmp_path / "in" / "a", more=(name,)))
    assert "not those of its manifest" in message or "it is damaged: the name of the member" in message
    assert [each.name for each in tmp_path.rglob("*")] == ["in", "a"]


FIRST, SECOND = THUMBNAILS


@pytest.mark.parametrize(
    "chunks",
    [
        [thumbnail_record(FIRST, webp(20)), thumbnail_record(FIRST, webp(20))],  # twice
        [thumbnail_record(SECOND, webp(20)), thumbnail_record(FIRST, webp(20))],  # out of order
        [thumbnail_record(FIRST, webp(20)), thumbnail_record(b"\x08" + SECOND[1:], webp(20))],  # of another shard
        [thumbnail_record(FIRST, webp(20)), thumbnail_record(SECOND, b"<svg>")],  # no WebP
        [thumbnail_record(FIRST, webp(20)), thumbnail_record(SECOND, webp(20))[:-1]],  # cut short
        [thumbnail_record(FIRST, webp(20)), SECOND + (1 << 31).to_bytes(4)],  # longer than memory
        [thumbnail_record(FIRST, webp(20)), thumbnail_record(SECOND, webp(MAX_THUMBNAIL_BYTES + 1))],
        [thumbnail_record(FIRST, webp(20))],  # fewer than the manifest says
    ],
)
def test_thumbnails_that_no_library_has_are_refused(tmp_path: Path, chunks: list[bytes]) -> None:
    refused(write(tmp_path / "a", chunks=chunks))


def test_an_archive_that_unpacks_to_more_than_it_declares_is_not_unpacked(tmp_path: Path) -> None:
    # A bomb: its directory and its manifest say 10 bytes, its stream has a thousand million.
    path = tmp_path / "bomb"
    unpacked = 0

    def zeros() -> Iterator[bytes]:
        nonlocal unpacked
        for _ in range(1000):
            unpacked += 1 << 20
            yield bytes(1 << 20)

    with path.open("wb") as file, ArchiveWriter(file) as archive:
        archive.write(table_name(PLACE, "asset"), zeros(), compress=True)
        table = TablePart(table="asset", columns=("id",), rows=1, bytes=10, digest="0" * 64)
        content = SchemaPart(place=PLACE, tables=(table,), sequences=())
        manifest = Manifest(
            format=FORMAT,
            version="1",
            schema=SCHEMA,
            created=datetime.now(UTC),
            workspaces=(WorkspacePart(id=1, name="default", content=content, thumbnails=None),),
        )
        info = archive._zip.getinfo(table_name(PLACE, "asset"))
        info.file_size = 10
        archive.finish(manifest)
    assert path.stat().st_size < unpacked / 100
    seen: list[int] = []
    with pytest.raises(BadBackup), open_archive(path, newest_schema=SCHEMA) as reader:
        reader.check(lambda done, _total: seen.append(done))
    assert sum(seen) <= 10
