"""A check of thumbnails counts what assets lack and what no asset uses, and changes nothing."""

from __future__ import annotations

import pytest
from tests.support.passes import TWELVE, Mirrored, picture
from tests.support.thumbnails import (
    as_before,
    checked,
    damage,
    forget,
    into_old_folder,
    name_of,
    pack_of,
    place,
    single,
)

from mirrorlake.catalog import thumbnails as digests
from mirrorlake.core.errors import CatalogError
from mirrorlake.core.settings import Settings
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.removal import purge_trash

KEYS = TWELVE


def test_after_a_pass_no_thumbnail_is_lacking_and_none_is_left_over(mirrored: Mirrored) -> None:
    found = checked(mirrored)
    assert (found.assets, found.thumbnails, found.lacking, found.left_over, found.unknown) == (12, 12, 0, 0, 0)
    assert found.bytes == sum(place(mirrored, key).entry.length for key in KEYS)
    assert (found.packs, found.dead_bytes) == (1, 0)
    assert found.clean


def test_what_is_lost_damaged_or_in_an_old_folder_is_lacking(mirrored: Mirrored) -> None:
    as_before(mirrored, ("02.png", "03.png", "04.png"))
    damage(mirrored, "01.png")
    forget(mirrored.catalog, [name_of(mirrored, "00.png")])
    single(mirrored, "02.png").write_bytes(b"")
    into_old_folder(single(mirrored, "03.png"))
    found = checked(mirrored)
    assert (found.lacking, found.damaged, found.misplaced, found.left_over) == (4, 2, 1, 0)
    assert found.to_read == sum(mirrored.assets()[key].size for key in ("00.png", "01.png", "02.png"))
    assert found.thumbnails == 8


def test_an_asset_in_the_trash_uses_its_thumbnail_until_it_is_purged(mirrored: Mirrored) -> None:
    for key in KEYS[:3]:
        mirrored.store.delete(key)  # type: ignore[attr-defined]
    mirrored.run()
    assert (checked(mirrored).assets, checked(mirrored).left_over) == (12, 0)
    size = sum(place(mirrored, key).entry.length for key in KEYS[:3])
    purge_trash(
        Settings(home=mirrored.folder),
        mirrored.catalog,
        mirrored.source.name,
        days=0,
        acknowledged=3,
        requested_by="a test",
        store_factory=lambda _source: OpenedStore(mirrored.store),
    )
    found = checked(mirrored)
    assert (found.assets, found.lacking, found.left_over, found.left_over_bytes) == (9, 0, 3, size)


def test_assets_with_the_same_bytes_use_one_thumbnail_and_its_original_is_read_once(mirrored: Mirrored) -> None:
    mirrored.store.put("twin.png", picture(0))  # type: ignore[attr-defined]
    mirrored.run()
    assert (checked(mirrored).assets, checked(mirrored).thumbnails) == (13, 12)
    damage(mirrored, "00.png")
    found = checked(mirrored)
    assert (found.lacking, found.to_read) == (2, len(picture(0)))


def test_every_file_is_counted_as_what_it_is(mirrored: Mirrored) -> None:
    as_before(mirrored, ["00.png"])
    standing = single(mirrored, "00.png")
    shelf, root = standing.parent, mirrored.folder / "thumbnails"
    pack = pack_of(mirrored, "01.png")
    (pack.parent / ".tmpabc.part").write_bytes(b"half")
    (pack.parent / "notes.txt").write_bytes(b"a person's")
    (pack.parent / f"{pack.parent.name * 16}.pack").write_bytes(b"of nobody, and no pack")
    (shelf / ".tmpabc.part").write_bytes(b"half")  # a write that a power cut ended
    (shelf / ("ab" * 32 + ".webp.bak")).write_bytes(b"a person's")
    (shelf / ("zz" * 32 + ".webp")).write_bytes(b"no digest")
    (shelf / "notes").mkdir()
    (shelf / "link").symlink_to(standing)
    nested = shelf / standing.name[2:4] / standing.name  # left by an older version, and made again since
    nested.parent.mkdir()
    nested.write_bytes(standing.read_bytes())
    (root / "v0").mkdir()  # of another version of mirrorlake
    (root / "v0" / "aa.webp").write_bytes(b"other")
    found = checked(mirrored)
    assert (found.lacking, found.left_over, found.unknown) == (0, 4, 5)
    assert found.left_over_bytes == 4 + standing.stat().st_size + 4 + 22


def test_a_library_without_a_folder_of_thumbnails_lacks_all(mirrored: Mirrored) -> None:
    (mirrored.folder / "thumbnails").rename(mirrored.folder / "elsewhere")
    assert (checked(mirrored).lacking, checked(mirrored).thumbnails) == (12, 0)
    (mirrored.folder / "thumbnails").write_bytes(b"no folder")
    with pytest.raises(CatalogError, match="cannot be read"):
        checked(mirrored)


def test_assets_are_read_whole_however_they_are_cut(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {
        bytes(row["digest"]): int(row["asset"]) for rows in digests.digests(mirrored.catalog, _unheard) for row in rows
    }
    assert len(whole) == 12
    for rows in (1, 5, 12):
        monkeypatch.setattr(digests, "CHUNK_ROWS", rows)
        cut = [row for some in digests.digests(mirrored.catalog, _unheard) for row in some]
        assert {bytes(row["digest"]): int(row["asset"]) for row in cut} == whole
        assert len(cut) == 12
    assert checked(mirrored).clean


def _unheard(_done: int, _total: int) -> None:
    pass
