"""What no asset uses is cleared away, and never a thumbnail that an asset uses or a pass may still commit."""

from __future__ import annotations

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.mortal import Killed
from tests.support.passes import TWELVE, Mirrored, picture, put_all
from tests.support.postgres import Server
from tests.support.thumbnails import (
    as_before,
    checked,
    cleaned,
    contents,
    damage,
    everything_shown,
    into_old_folder,
    made,
    name_of,
    packs,
    place,
    root,
    shown,
    single,
)
from tests.support.two import planned_nothing

from mirrorlake.catalog import commit, edits, thumbnail_packs
from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.thumbnails import database_id, exclusive_lock, library_id
from mirrorlake.core.errors import Conflict, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.mirror import library_marker
from mirrorlake.mirror.library_marker import DATABASES, MARKERS
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.doctor import examine
from mirrorlake.services.removal import purge_trash
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = TWELVE
GONE = KEYS[:3]


def trash(mirrored: Mirrored, *keys: str) -> None:
    for key in keys:
        mirrored.store.delete(key)  # type: ignore[attr-defined]
    mirrored.run()


def purge(mirrored: Mirrored, count: int) -> None:
    store_factory = OpenedStore(mirrored.store)
    purge_trash(
        Settings(home=mirrored.folder),
        mirrored.catalog,
        mirrored.source.name,
        days=0,
        acknowledged=count,
        requested_by="a test",
        store_factory=lambda _source: store_factory,
    )


def test_only_thumbnails_of_assets_that_went_for_good_go(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("twin.png", picture(0))
    mirrored.run()
    # A copy that somebody worked on stays an asset of its own when the original goes.
    edits.apply(mirrored.catalog, [mirrored.assets()["twin.png"].id], Edit(add_tags=("mine",)))
    before = everything_shown(mirrored)
    gone = [place(mirrored, key) for key in GONE if key != GONE[0]]
    trash(mirrored, *GONE)
    assert cleaned(mirrored).left_over == 0  # what is in the trash may come back
    purge(mirrored, 3)
    cleaning = cleaned(mirrored)
    assert everything_shown(mirrored) == {key: data for key, data in before.items() if key not in GONE}
    assert (cleaning.left_over, cleaning.removed, cleaning.repacked, cleaning.hold) == (2, 2, 0, None)
    assert cleaning.removed_bytes == sum(one.entry.length for one in gone)
    assert (checked(mirrored).lacking, checked(mirrored).left_over) == (0, 0)
    assert planned_nothing(mirrored.run())


def test_what_was_written_of_late_stays(mirrored: Mirrored, tmp_path: Path) -> None:
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    mark = next((root(mirrored) / MARKERS).iterdir())
    with pytest.raises(Conflict, match="only recently"):  # another library had no time yet to mark it too
        cleaned(mirrored, hours=24)
    os.utime(mark, (0, 0))
    with pytest.raises(Conflict, match="only recently"):  # nor is a mark believed that was put there with an old date
        cleaned(mirrored, hours=24)
    before = everything_shown(mirrored)
    with mirrored.catalog.write() as connection:
        connection.execute("UPDATE thumbnail_pack SET created = now() + interval '1 hour'")  # by another clock
    cleaning = cleaned(mirrored)
    assert (cleaning.left_over, cleaning.young, cleaning.removed) == (0, 3, 0)
    assert everything_shown(mirrored) == before
    assert tmp_path.exists()


def test_a_pass_that_found_a_left_over_thumbnail_commits_it_whole(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thumbnail is old and no asset's; the pass finds it, and commits its asset only after the cleanup."""
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    store.put("a-first.png", picture(0))
    store.put("b-second.png", picture(222))
    during: list[object] = []
    real = commit.commit_processed

    def clean_before(*arguments: object, **named: object) -> object:
        if not during:  # the thumbnail was found, and the other one written; neither is committed
            during.append(cleaned(mirrored))
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(commit, "commit_processed", clean_before)
    report = mirrored.run()
    assert report.counts.new == 2
    (cleaning,) = during
    assert cleaning.removed == 3  # type: ignore[attr-defined]
    assert None not in everything_shown(mirrored).values()
    assert (checked(mirrored).lacking, checked(mirrored).left_over) == (0, 0)


def test_the_cleanup_waits_for_a_commit_that_uses_what_it_would_remove(mirrored: Mirrored) -> None:
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    with closing(mirrored.catalog.session()) as session, ThreadPoolExecutor(1) as threads:
        with session.transaction():
            session.execute("LOCK TABLE thumbnail IN ROW EXCLUSIVE MODE")  # as a commit does
            done = threads.submit(cleaned, mirrored)
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
            while session.execute(waiting).fetchone() == (0,):
                assert not done.done()
            unused = "SELECT digest FROM thumbnail WHERE digest NOT IN (SELECT digest FROM asset) LIMIT 1"
            digest = session.execute(unused).fetchone()
            session.execute("UPDATE asset SET digest = %s WHERE key = '05.png'", digest)
        assert done.result().removed == 2
    assert None not in everything_shown(mirrored).values()


def test_sparse_packs_are_rewritten_and_small_ones_merged(mirrored: Mirrored, store: MemoryStore) -> None:
    for number in range(3):
        store.put(f"more-{number}.png", picture(100 + number))
        mirrored.run()
    assert len(packs(root(mirrored))) == 4
    before, size = everything_shown(mirrored), sum(path.stat().st_size for path in packs(root(mirrored)))
    cleaning = cleaned(mirrored)
    assert (cleaning.removed, cleaning.repacked, len(packs(root(mirrored)))) == (0, 4, 1)
    assert everything_shown(mirrored) == before
    assert checked(mirrored).dead_bytes == 0
    for number in range(9):
        store.put(KEYS[number], picture(200 + number))
    mirrored.run()
    before = everything_shown(mirrored)
    cleaning = cleaned(mirrored)
    assert (cleaning.removed, cleaning.repacked) == (9, 2)
    assert everything_shown(mirrored) == before
    (pack,) = packs(root(mirrored))
    assert pack.stat().st_size < size
    assert (cleaned(mirrored).repacked, packs(root(mirrored))) == (0, [pack])


def test_whoever_looked_up_a_pack_before_it_was_merged_still_reads_its_thumbnail(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put("more.png", picture(100))
    mirrored.run()
    digest, earlier, data = name_of(mirrored, "more.png"), place(mirrored, "more.png"), shown(mirrored, "more.png")
    cleaned(mirrored)
    assert place(mirrored, "more.png") != earlier
    assert Thumbnails(mirrored.catalog, mirrored.library().store).read_at(digest, earlier) == data


def test_a_damaged_thumbnail_stays_where_it_is_and_is_made_again(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("more.png", picture(100))
    mirrored.run()
    before = everything_shown(mirrored)
    damage(mirrored, "03.png")
    assert cleaned(mirrored).repacked == 1
    assert checked(mirrored).damaged == 1
    assert made(mirrored)[0].made == 1
    assert everything_shown(mirrored) == before
    assert cleaned(mirrored).repacked > 0
    assert (everything_shown(mirrored), len(packs(root(mirrored)))) == (before, 1)


def test_files_of_earlier_versions_are_shown_and_move_into_packs(mirrored: Mirrored) -> None:
    before = everything_shown(mirrored)
    as_before(mirrored, KEYS[:9])
    aside = root(mirrored) / "aside" / "0123" / "v1" / single(mirrored, KEYS[6]).parent.name
    aside.mkdir(parents=True)
    (aside / single(mirrored, KEYS[6]).name).write_bytes(before[KEYS[6]] or b"")  # of a cleanup that was interrupted
    (root(mirrored) / "aside" / "0123" / "runs").write_bytes(b"[]")
    assert everything_shown(mirrored) == before
    cleaning = cleaned(mirrored)
    assert (cleaning.removed, cleaning.packed) == (0, 9)
    assert everything_shown(mirrored) == before
    assert not list(root(mirrored).rglob("*.webp"))
    assert not list((root(mirrored) / "aside").rglob("*"))
    assert len(packs(root(mirrored))) == 1
    assert checked(mirrored).clean


def test_older_folders_and_ends_of_writes_go_and_what_is_none_of_ours_stays(mirrored: Mirrored) -> None:
    as_before(mirrored, ("05.png", "06.png", GONE[0]))
    used = single(mirrored, "05.png")
    data = used.read_bytes()
    nested = into_old_folder(used)
    used.write_bytes(data)  # made again since: the old one is of no use
    misplaced = into_old_folder(single(mirrored, "06.png"))  # still of use
    old = into_old_folder(single(mirrored, GONE[0]))
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    write, person = used.parent / ".tmpxy.part", used.parent / "holiday.webp"
    write.write_bytes(b"half")
    person.write_bytes(b"mine")
    cleaning = cleaned(mirrored)
    # The write of the young one may be going on.
    assert (cleaning.left_over, cleaning.removed, cleaning.young, cleaning.packed) == (3, 3, 1, 2)
    assert write.exists()
    assert person.exists()
    assert not any(path.exists() for path in (used, nested, misplaced, old))
    assert shown(mirrored, "05.png") == data
    assert checked(mirrored).clean


def test_killed_anywhere_a_cleanup_is_simply_run_again(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("more.png", picture(100))
    mirrored.run()
    as_before(mirrored, [KEYS[5]])
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    kept = everything_shown(mirrored)
    files = contents(root(mirrored))
    rows = _rows(mirrored.catalog)
    monkeypatch.setattr("mirrorlake.library.cleanup.UNFINISHED_HOURS", 0)
    steps = 10_000
    for owner, names in (
        (os, ("rename", "replace", "unlink")),
        (thumbnail_packs, ("register", "add", "move", "forget")),
    ):
        for name in names:
            real = getattr(owner, name)

            def mortal(*arguments: object, _real: object = real, **named: object) -> object:
                nonlocal steps
                first = str(arguments[0])
                steps -= not first.startswith("/") or first.startswith(str(root(mirrored)))  # not of scratch folders
                if steps < 0:
                    raise Killed
                return _real(*arguments, **named)  # type: ignore[operator]

            monkeypatch.setattr(owner, name, mortal)
    survived = 0
    for deadline in range(1, 100):
        _put(mirrored, files, rows)
        steps = deadline
        try:
            cleaned(mirrored)
        except Killed:
            survived += 1
        else:
            break
        finally:
            steps = 10_000
        assert everything_shown(mirrored) == kept
        cleaned(mirrored)
        assert everything_shown(mirrored) == kept
        assert (len(packs(root(mirrored))), checked(mirrored).left_over, checked(mirrored).lacking) == (1, 0, 0)
    assert 5 < survived < 99


def _rows(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    with catalog.read() as connection:
        return {
            "thumbnail_pack": connection.execute("SELECT id, name, thumbnails, size FROM thumbnail_pack").fetchall(),
            "thumbnail": connection.execute("SELECT * FROM thumbnail").fetchall(),
        }


def _put(mirrored: Mirrored, files: dict[Path, bytes], rows: dict[str, list[tuple[object, ...]]]) -> None:
    for path in contents(root(mirrored)):
        path.unlink()
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with mirrored.catalog.write() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE thumbnail, thumbnail_pack")
        cursor.executemany(
            "INSERT INTO thumbnail_pack (id, name, thumbnails, size) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s)",
            rows["thumbnail_pack"],
        )
        cursor.executemany("INSERT INTO thumbnail VALUES (%s, %s, %s, %s)", rows["thumbnail"])


def test_the_only_good_pack_is_kept_while_rows_refer_to_packs_that_are_gone(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    """As after a restored database that is older than a merge of packs."""
    store.put("more.png", picture(100))
    mirrored.run()
    before, rows = everything_shown(mirrored), _rows(mirrored.catalog)
    assert cleaned(mirrored).repacked == 2
    files = contents(root(mirrored))
    _put(mirrored, files, rows)
    with pytest.raises(Conflict, match=r"Packs of the catalog are missing .*: 2\. .*mirrorlake thumbnails make"):
        cleaned(mirrored)
    assert contents(root(mirrored)).keys() >= files.keys()
    making, _ = made(mirrored)
    assert (making.put_back, making.made) == (13, 0)
    assert cleaned(mirrored).removed == 0
    assert everything_shown(mirrored) == before


def test_a_folder_that_another_library_uses_too_is_left_alone(
    mirrored: Mirrored, postgres_server, tmp_path: Path
) -> None:
    with Catalog(postgres_server.new_database()) as other:
        with other.write() as connection:
            connection.execute("UPDATE library SET id = gen_random_uuid()")  # the test's databases are copies of one
        assert library_id(other) != library_id(mirrored.catalog)
        store = MemoryStore()
        store.put("theirs.png", picture(77))
        theirs = Mirrored(other, tmp_path, store)  # the same folder
        theirs.run()
        before = contents(root(mirrored))
        for library in (mirrored, theirs):
            with pytest.raises(Conflict, match="Another library"):
                cleaned(library)
        assert contents(root(mirrored)) == before


def test_a_store_that_a_copy_of_the_library_uses_too_is_left_alone(
    mirrored: Mirrored, postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a restored backup beside the original: both have the packs of then, and each deletes what it merged."""
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    settings = Settings(
        home=tmp_path, database_url=mirrored.catalog.conninfo, library_store=f"file://{root(mirrored).parent}"
    )
    with Catalog(postgres_server.new_database()) as copy:
        assert library_id(copy) == library_id(mirrored.catalog)
        store = MemoryStore()
        store.put("later.png", picture(88))
        theirs = Mirrored(copy, tmp_path, store)
        theirs.run()
        before = contents(root(mirrored))
        for library, other in ((mirrored, theirs), (theirs, mirrored)):
            where = re.escape(other.catalog.address)
            with pytest.raises(Conflict, match=f"A copy of this library also keeps .* Its database is .*{where}"):
                cleaned(library)
        assert contents(root(mirrored)) == before
        (row,) = (check for check in examine(settings).checks if check.check == "thumbnails")
        assert not row.ok
        assert "A copy of this library" in row.message
        marker = root(mirrored) / DATABASES / library_id(copy) / database_id(copy)
        assert str(marker.relative_to(root(mirrored))) in str(row.fix)

        for seconds in (60.0, -60.0):  # since the last run
            written = marker.stat().st_mtime_ns
            with monkeypatch.context() as patched:
                patched.setattr(library_marker, "RENEW_S", seconds)
                theirs.run()
            assert (marker.stat().st_mtime_ns > written) == (seconds < 0)
        with monkeypatch.context() as patched:
            patched.setattr(library_marker, "UNUSED_S", -60.0)  # as if the copy had not run for long
            assert cleaned(mirrored).removed == 4  # three of ours, and what only the copy has
        with pytest.raises(Conflict, match="A copy of this library"):
            cleaned(mirrored)
        marker.unlink()
        assert cleaned(mirrored).removed == 0


def test_an_ordinary_role_may_ask_for_the_id_of_its_database(mirrored: Mirrored) -> None:
    with mirrored.catalog.write() as connection:
        connection.execute("CREATE ROLE ordinary")
        connection.execute("SET LOCAL ROLE ordinary")
        row = connection.execute(statement("database_id").query).fetchone()
        connection.execute("RESET ROLE")
        connection.execute("DROP ROLE ordinary")
    assert row == (database_id(mirrored.catalog),)


def test_when_most_would_go_a_person_is_asked(mirrored: Mirrored, postgres_server, tmp_path: Path) -> None:
    """As where the database was replaced by an empty copy of itself."""
    put_all(mirrored.store, [f"more/{number:03}.png" for number in range(110)])
    mirrored.run()
    before = packs(root(mirrored))
    with Catalog(postgres_server.new_database()) as empty:
        emptied = Mirrored(empty, tmp_path, MemoryStore())
        shutil.rmtree(root(mirrored) / DATABASES)  # it is gone
        cleaning = cleaned(emptied)
        assert (cleaning.left_over, cleaning.removed) == (110, 0)
        assert cleaning.hold is not None
        assert "more than half" in cleaning.hold
        assert packs(root(mirrored)) == before
        with pytest.raises(UsageError, match="110 thumbnails would be removed, not 109"):
            cleaned(emptied, acknowledged=109)
        assert packs(root(mirrored)) == before
        assert cleaned(emptied, acknowledged=110).removed == 110
    assert made(mirrored)[0].made == checked(mirrored).assets


def test_nobody_else_is_at_the_thumbnails_meanwhile(mirrored: Mirrored) -> None:
    with exclusive_lock(mirrored.catalog), pytest.raises(Conflict, match="Another command"):
        cleaned(mirrored)
