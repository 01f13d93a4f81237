"""A pass writes its thumbnails as packs, each before the assets that it shows, and every run finds them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.thumbnails import checked, everything_shown, forget, name_of, packs, place, root, shown

from mirrorlake.core.errors import CatalogError, DiskFull
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing import pool
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.packs import read_index
from mirrorlake.processing.thumbnails import single_key
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.memory.writable import MemoryWritableStore

KEYS = [f"{number:02}.png" for number in range(40)]


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    store = MemoryStore()
    put_all(store, KEYS)
    return Mirrored(empty_catalog, tmp_path, store)


def test_the_thumbnails_of_a_batch_are_one_object(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GATHER_ROWS", 16)
    mirrored.run()
    written = packs(root(mirrored))
    assert sorted(len(read_index(path.read_bytes())) for path in written) == [8, 16, 16]
    assert None not in everything_shown(mirrored).values()


def test_a_digest_that_a_pack_has_is_not_written_again(mirrored: Mirrored) -> None:
    mirrored.run()
    mirrored.store.put("twin.png", picture(0))  # type: ignore[attr-defined]
    mirrored.run()
    assert len(packs(root(mirrored))) == 1
    assert place(mirrored, "twin.png") == place(mirrored, "00.png")


def test_a_thumbnail_that_no_pack_has_any_more_is_written_with_the_next_object_of_its_bytes(
    mirrored: Mirrored,
) -> None:
    mirrored.run()
    before = shown(mirrored, "00.png")
    forget(mirrored.catalog, [name_of(mirrored, "00.png")])
    assert (shown(mirrored, "00.png"), checked(mirrored).lacking) == (None, 1)
    mirrored.store.put("twin.png", picture(0))  # type: ignore[attr-defined]
    mirrored.run()
    assert shown(mirrored, "00.png") == shown(mirrored, "twin.png") == before
    assert checked(mirrored).lacking == 0


def test_a_folder_that_cannot_be_written_ends_the_pass_with_a_sentence(mirrored: Mirrored) -> None:
    mirrored.run()
    for path in packs(root(mirrored)):
        path.unlink()
    folder = root(mirrored) / "packs"
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    mirrored.store.put("more.png", picture(99))  # type: ignore[attr-defined]
    report = mirrored.run()
    assert "Thumbnails could not be written in" in (report.error or "")
    assert "more.png" not in mirrored.assets()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_as_such(mirrored: Mirrored, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(code, "full")

    writer = ThumbnailWriter(mirrored.catalog, mirrored.library().store)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DiskFull, match="No space is left for thumbnails in"):
        writer.add([(bytes(32), b"webp")])
    with mirrored.catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM thumbnail_pack").fetchone() == (0,)


def test_a_pack_is_registered_before_it_is_written(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[int] = []

    class Watched(MemoryWritableStore):
        def put(self, key: str, data: bytes) -> str:
            with mirrored.catalog.read() as connection:
                known.append(len(connection.execute("SELECT FROM thumbnail_pack").fetchall()))
            return super().put(key, data)

    ThumbnailWriter(mirrored.catalog, Watched()).add([(bytes(32), b"webp")])
    assert known == [1]


def test_a_thumbnail_of_an_earlier_version_is_read_from_its_file(mirrored: Mirrored) -> None:
    webp = b"RIFF" + (4).to_bytes(4, "little") + b"WEBP"
    store = mirrored.library().store
    store.put(single_key(bytes(32)), webp)
    thumbnails = Thumbnails(mirrored.catalog, store)
    assert thumbnails.read(bytes(32)) == webp
    store.put(single_key(bytes(32)), bytes(len(webp)))  # as a power failure may leave it
    assert thumbnails.read(bytes(32)) is None
    assert thumbnails.read(bytes([1]) * 32) is None


def test_a_store_that_cannot_be_reached_is_no_missing_thumbnail(mirrored: Mirrored, tmp_path: Path) -> None:
    mirrored.run()
    (tmp_path / "file").write_text("no folder")
    found = place(mirrored, "00.png")
    blocked = LibraryStore.in_folder(tmp_path / "file").store
    with pytest.raises(CatalogError, match="cannot be used"):
        Thumbnails(mirrored.catalog, blocked).read_at(found.entry.digest, found)
