"""Hashes of pictures, from their bytes to the assets that `near-duplicate:` finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.commits import Pass, commit_rows, processed_row
from tests.support.embedded import JOB
from tests.support.photos import Photos
from tests.support.postgres import address_of
from tests.support.recordings import recording, remuxed, video

from mirrorlake.catalog import datasources, picture_hashes
from mirrorlake.cli.main import run
from mirrorlake.core.settings import Settings
from mirrorlake.formats.registry import RANGED_BYTES
from mirrorlake.jobs.execution import run_here
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.duplicates import list_duplicates
from mirrorlake.search.run import search


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


def _found(working: Pass, query: str) -> list[str]:
    return sorted(asset.name for asset in search(working.catalog, query, limit=50).items)


def test_near_duplicates_combine_with_other_filters_and_are_found_by_any_of_them(working: Pass):
    commit_rows(
        working.lease,
        processed_row("in/a.jpg", picture_hash=0b1111),
        processed_row("in/b.jpg", picture_hash=0xFFF << 40 | 0b1111),
        processed_row("in/c.png", picture_hash=0b1111_0000_0000, media_type="image/png"),
        processed_row("in/d.jpg", picture_hash=(1 << 40) - 1),
        processed_row("in/e.jpg"),
    )
    ids = working.ids()

    assert _found(working, f"near-duplicate:{ids['in/a.jpg']}") == ["in/a.jpg", "in/c.png"]
    assert _found(working, f"near-duplicate:{ids['in/c.png']} -id:{ids['in/c.png']}") == ["in/a.jpg"]
    assert _found(working, f"near-duplicate:{ids['in/a.jpg']} type:image/png") == ["in/c.png"]
    assert _found(working, f"near-duplicate:{ids['in/e.jpg']}") == ["in/e.jpg"]
    assert _found(working, "near-duplicate:999999") == []


def test_equal_bytes_have_one_hash_and_are_near_duplicates(working: Pass):
    digest = b"d" * 32
    commit_rows(working.lease, processed_row("in/a.jpg", picture_hash=None, digest=digest))
    commit_rows(working.lease, processed_row("in/b.jpg", picture_hash=None, digest=digest))

    assert _found(working, f"near-duplicate:{working.ids()['in/b.jpg']}") == ["in/a.jpg", "in/b.jpg"]


@pytest.mark.parametrize("by_worker", [False, True])
def test_a_hash_is_deleted_once_no_asset_has_its_content(working: Pass, tmp_path: Path, *, by_worker: bool):
    digests = [bytes([number]) * 32 for number in range(7)]
    for number, digest in enumerate(digests):
        commit_rows(working.lease, processed_row(f"in/{number}.jpg", picture_hash=number, digest=digest))
    commit_rows(working.lease, processed_row("in/copy.jpg", picture_hash=3, digest=digests[3]))
    ids = working.ids()
    with working.catalog.write() as connection:
        gone = [ids[f"in/{number}.jpg"] for number in (0, 2, 3, 6)]
        connection.execute("DELETE FROM object WHERE asset_id = ANY(%s)", (gone,))
        connection.execute("DELETE FROM asset WHERE id = ANY(%s)", (gone,))

    if by_worker:
        Worker(Settings(home=tmp_path), working.catalog, jobs=1, log=lambda _line: None, stop=Stop()).drain()
    else:
        assert picture_hashes.delete_unused(working.catalog, rows=2) == 3

    with working.catalog.read() as connection:
        left = connection.execute("SELECT digest FROM picture_hash ORDER BY digest").fetchall()
    assert left == [(digests[number],) for number in (1, 3, 4, 5)]


def test_a_search_says_how_many_pictures_have_no_hash_yet(
    working: Pass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    commit_rows(working.lease, *(processed_row(f"in/{number}.jpg", picture_hash=number) for number in range(4)))
    commit_rows(working.lease, processed_row("in/a.pdf", kind="document", picture_hash=None, orientation=None))
    query = f"near-duplicate:{working.ids()['in/3.jpg']}"
    assert search(working.catalog, query, limit=50).notes == ()
    with working.catalog.write() as connection:  # as if an earlier version had imported them
        connection.execute("DELETE FROM picture_hash WHERE hash < 2")

    (note,) = search(working.catalog, f"{query} -type:image/png", limit=50).notes
    assert note.startswith("2 pictures without a hash. Only equal bytes are found of them.")
    assert search(working.catalog, "type:image/jpeg", limit=50).notes == ()
    monkeypatch.setenv("MIRRORLAKE_HOME", str(tmp_path))
    monkeypatch.setenv("MIRRORLAKE_DATABASE_URL", address_of(working.catalog.conninfo))
    assert run(["search", query]) == 0
    assert note in capsys.readouterr().err.splitlines()


def test_large_videos_of_which_only_parts_are_read_are_near_duplicates(empty_catalog: Catalog, tmp_path: Path):
    photos = Photos(empty_catalog, tmp_path)
    film = video("mp4", "mpeg4", None, size=(640, 480), grain=True)
    copy = remuxed(film, "matroska")
    assert min(len(film), len(copy)) > RANGED_BYTES
    (photos.folder / "film.mp4").write_bytes(film)
    (photos.folder / "copy.mkv").write_bytes(copy)
    (photos.folder / "other.mp4").write_bytes(recording("MP4"))
    photos.library.datasources.change_settings("photos", {"media": ["video"]})
    photos.source = datasources.named(empty_catalog, "photos")
    photos.mirror()
    ids = {asset.name: asset.id for asset in search(empty_catalog, "", limit=50).items}

    def near(name: str) -> set[str]:
        found = search(empty_catalog, f"near-duplicate:{ids[name]}", limit=50)
        assert found.notes == ()
        return {asset.name for asset in found.items}

    assert near("film.mp4") == near("copy.mkv") == {"film.mp4", "copy.mkv"}
    assert near("other.mp4") == {"other.mp4"}
    (group,) = list_duplicates(empty_catalog, "", limit=5).groups
    assert {asset.name for asset in group.assets} == {"film.mp4", "copy.mkv"}
    assert picture_hashes.delete_unused(empty_catalog) == 0

    with empty_catalog.write() as connection:  # as if an earlier version had imported them
        connection.execute("DELETE FROM picture_hash")
    (note,) = search(empty_catalog, f"near-duplicate:{ids['film.mp4']}", limit=50).notes
    assert note.startswith("3 pictures without a hash.")
    assert run_here(photos.settings, empty_catalog, JOB, processes=1).hashed == 3
    assert near("film.mp4") == {"film.mp4", "copy.mkv"}


def test_documents_and_refused_objects_have_no_hash(working: Pass):
    commit_rows(working.lease, processed_row("in/a.pdf", kind="document", picture_hash=None, orientation=None))
    with working.catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM picture_hash").fetchone() == (0,)


def test_lookups_find_exactly_what_comparing_all_pairs_finds(empty_catalog: Catalog):
    dice = random.Random(7)  # noqa: S311 - fixed hashes
    hashes = [dice.getrandbits(64) for _ in range(20)]
    for one in hashes[:20]:
        for _ in range(20):  # around it, up to 11 bits away in any bands
            flips = dice.sample(range(64), dice.randint(1, 11))
            hashes.append(one ^ sum(1 << place for place in flips))
    signed = [one - 2**64 if one >= 2**63 else one for one in hashes]
    with empty_catalog.write() as connection:
        connection.execute(
            "INSERT INTO picture_hash SELECT int8send(place), hash"
            " FROM unnest(%s::bigint[]) WITH ORDINALITY AS one (hash, place)",
            (signed,),
        )
    with empty_catalog.read() as connection:
        for one, bits in zip(signed[:20], hashes[:20], strict=True):
            rows = connection.execute("SELECT digest, distance FROM hashes_near(%s)", (one,)).fetchall()
            found = {int.from_bytes(digest) - 1: distance for digest, distance in rows}
            wanted = {place: (bits ^ other).bit_count() for place, other in enumerate(hashes)}
            assert found == {place: distance for place, distance in wanted.items() if distance <= 8}


def test_hashes_that_are_near_are_found_by_indexes_alone(working: Pass):
    catalog = working.catalog
    commit_rows(working.lease, processed_row("in/a.jpg", picture_hash=0b1111))
    with catalog.session() as session:
        session.execute(
            "INSERT INTO picture_hash (digest, hash)"
            " SELECT int8send(n), ('x' || left(md5(n::text), 16))::bit(64)::bigint FROM generate_series(1, 50000) AS n"
        )
        session.execute("ANALYZE picture_hash")
    scans = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relid = 'picture_hash'::regclass"
    with catalog.read() as connection:
        before = connection.execute(scans).fetchone()
        for _ in range(12):  # a function keeps a general plan after some calls
            connection.execute("SELECT near_duplicate_assets(%s)", (working.ids()["in/a.jpg"],)).fetchall()
        after = connection.execute(scans).fetchone()
    assert before is not None
    assert after is not None
    assert after[0] == before[0], "all hashes were compared"
    assert after[1] - before[1] >= 12 * 4  # each band has its own
