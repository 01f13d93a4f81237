"""What a cleanup rewrites: originals go only once their copy is safe, and what cannot be read stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.thumbnails import as_before, cleaned, everything_shown, name_of, pack_of, packs, root, shown, single

from mirrorlake.core.errors import CatalogError, SourceUnreachable, StorageError
from mirrorlake.library import single_files
from mirrorlake.library.single_files import SinglePacker
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import pack_key
from mirrorlake.processing.thumbnails import single_key
from mirrorlake.storage.providers.folder.writable import FolderWritableStore
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.writable import StoredBody

KEYS = [f"{number:02}.png" for number in range(6)]


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    """Two packs."""
    store = MemoryStore()
    put_all(store, KEYS)
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    store.put("more.png", picture(100))
    mirrored.run()
    return mirrored


def test_whoever_found_no_pack_before_a_file_was_packed_still_reads_its_thumbnail(mirrored: Mirrored) -> None:
    as_before(mirrored, KEYS[:1])
    digest, data = name_of(mirrored, KEYS[0]), shown(mirrored, KEYS[0])
    thumbnails = Thumbnails(mirrored.catalog, mirrored.library().store)
    assert thumbnails.locate([digest]) == {}
    cleaned(mirrored)
    assert not single(mirrored, KEYS[0]).exists()
    assert thumbnails.read_at(digest, None) == data is not None


def test_originals_go_only_when_what_replaces_them_is_on_the_disk(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before(mirrored, KEYS[:1])
    before, folder = everything_shown(mirrored), root(mirrored)
    old = set(packs(folder))
    flushed: set[int] = set()
    safe: list[bool] = []
    fsync, unlink = os.fsync, os.unlink

    def flush(handle: int) -> None:
        flushed.add(os.fstat(handle).st_ino)
        fsync(handle)

    def remove(path: str, **named: int | None) -> None:
        if str(path).endswith((".webp", ".pack")):
            new = [one for one in packs(folder) if one not in old]
            parts = {part for one in new for part in (one, *one.parents) if part.is_relative_to(folder)}
            safe.append(bool(new) and {part.stat().st_ino for part in parts} <= flushed)
        unlink(path, **named)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "unlink", remove)
    cleaning = cleaned(mirrored)
    assert (cleaning.packed, cleaning.repacked) == (1, 3)
    assert safe == [True] * 4  # the file, the two packs, and the pack that the file was moved to
    assert everything_shown(mirrored) == before


def unreadable(monkeypatch: pytest.MonkeyPatch, path: Path, error: StorageError) -> Callable[[], None]:
    """Let a file not be readable; return what ends that."""
    real = FolderWritableStore.get

    def get(store: FolderWritableStore, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        if path.name in key:
            raise error
        return real(store, key, start=start, length=length)

    monkeypatch.setattr(FolderWritableStore, "get", get)
    return lambda: monkeypatch.setattr(FolderWritableStore, "get", real)


def test_a_pack_that_cannot_be_read_is_left_out_and_the_others_are_merged(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored.store.put("last.png", picture(101))  # type: ignore[attr-defined]
    mirrored.run()
    before, bad = everything_shown(mirrored), pack_of(mirrored, "more.png")
    mend = unreadable(monkeypatch, bad, StorageError("Input/output error."))
    cleaning = cleaned(mirrored)
    assert (cleaning.repacked, len(cleaning.unreadable)) == (2, 1)
    assert cleaning.unreadable[0].startswith(f"{pack_key(bytes.fromhex(bad.stem))}: ")
    assert "Input/output error." in cleaning.unreadable[0]
    kept = packs(root(mirrored))
    assert (len(kept), bad in kept) == (2, True)
    assert (cleaned(mirrored).repacked, packs(root(mirrored))) == (0, kept)  # no rewriting of one pack again and again
    mend()
    assert everything_shown(mirrored) == before
    cleaning = cleaned(mirrored)
    assert (cleaning.repacked, cleaning.unreadable) == (2, ())


def test_a_store_that_cannot_be_reached_ends_the_cleanup(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    before = packs(root(mirrored))
    monkeypatch.setattr(RetryPolicy, "call", lambda _policy, action: action())
    unreadable(monkeypatch, pack_of(mirrored, "more.png"), SourceUnreachable("No answer."))
    with pytest.raises(CatalogError, match="No answer"):
        cleaned(mirrored)
    assert packs(root(mirrored)) == before


def test_files_that_become_one_pack_are_bounded_by_their_bytes_too(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before(mirrored, KEYS[:3])
    store, digests = mirrored.library().store, [name_of(mirrored, key) for key in KEYS[:3]]
    files = [store.head(single_key(digest)) for digest in digests]
    monkeypatch.setattr(single_files, "PACK_BYTES", files[0].size + 1, raising=False)
    packer = SinglePacker(ThumbnailWriter(mirrored.catalog, store))
    packed: list[int] = []
    for digest, file in zip(digests, files, strict=True):
        assert packer.add(digest, [file])
        packed.append(packer.packed)
    assert packed == [0, 2, 2]
    packer.finish()
    assert packer.packed == 3
    assert None not in everything_shown(mirrored).values()
