"""A restored library is the one that was backed up, whatever runs did meanwhile; a failed restore leaves nothing."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from copy import copy
from pathlib import Path

import psycopg
import pytest
from tests.support.backups import back_up, back_up_as_before, is_empty, restore, rows_of
from tests.support.images import pdf
from tests.support.passes import Mirrored, picture, put_all
from tests.support.postgres import Server
from tests.support.thumbnails import checked, cleaned, contents, damage, forget, name_of, shown

from mirrorlake.catalog import assets, edits, jobs, picture_texts, project_splits, projects, queue, runs
from mirrorlake.catalog.picture_texts import ReadText
from mirrorlake.catalog.thumbnails import exclusive_lock
from mirrorlake.core.errors import BadBackup, Conflict, DiskFull, UsageError
from mirrorlake.formats.registry import RANGED_BYTES
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.library import backup as backing_up
from mirrorlake.library import restore as restoring
from mirrorlake.library.backup import WAITING
from mirrorlake.library.snapshot_reading import check_chunks
from mirrorlake.library.snapshots import freeze, read_snapshot
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.model.media import MediaKind
from mirrorlake.model.runs import Trigger
from mirrorlake.model.splits import SplitOptions, SplitSettings
from mirrorlake.postgres.dump import CatalogSnapshot, Table
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{number:02}.png" for number in range(30)]
TRASHED = "29.png"
PROJECT = "Ripeness 2026"


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put_all(store, KEYS)
    store.put("broken.png", b"no picture")
    store.put("00.json", b'{"site": "hall\\t\\\\ \\u00e4\\n", "n": 1.25}')
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    """A library with history: edits, a project, an asset in the trash, one that changed, one refused, and one read."""
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    store.delete(TRASHED)
    store.put("28.png", picture(900))
    mirrored.run()
    ids = [asset.id for asset in mirrored.assets().values()]
    edits.apply(empty_catalog, ids[:3], Edit(metadata={"who": "anna\t\\N"}, add_tags=("ripe", "ü")))
    projects.add(empty_catalog, PROJECT, ids[:5])
    halves = SplitOptions(project=PROJECT, settings=SplitSettings(train=50, valid=50, test=0))
    project_splits.divide(empty_catalog, halves, lambda _done, _total: None, by=LIBRARY)
    project_splits.assign_ids(empty_catalog, PROJECT, None, ids[:1], automatic=False, by=LIBRARY)
    digest = bytes.fromhex(assets.get_asset_detail(empty_catalog, ids[0]).digest or "")
    picture_texts.store(empty_catalog, "a model", [ReadText(digest=digest, text="Exit\nonly '1' & \\N")])
    freeze(empty_catalog, PROJECT, lambda _step, _done, _total: None, note="", by=LIBRARY)
    return mirrored


@contextmanager
def restored(mirrored: Mirrored, conninfo: str, folder: Path) -> Iterator[Mirrored]:
    """The same datasource over the restored library."""
    with Catalog(conninfo) as catalog:
        other = copy(mirrored)
        other.catalog, other.folder = catalog, folder
        yield other


@pytest.fixture
def target(postgres_server: Server) -> str:
    return postgres_server.new_database()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


@pytest.fixture
def archive(mirrored: Mirrored, tmp_path: Path) -> Path:
    back_up(mirrored.catalog, mirrored.library(), tmp_path / "library.backup")
    return tmp_path / "library.backup"


def test_a_restored_library_is_equal_and_recomputes_nothing(mirrored: Mirrored, target: str, folder: Path) -> None:
    path = folder / "library.backup"
    made = back_up(mirrored.catalog, mirrored.library(), path)
    assert (made.assets, made.thumbnails, made.missing) == (len(KEYS), len(KEYS), 0)
    assert (stat.S_IMODE(path.stat().st_mode), made.bytes) == (0o600, path.stat().st_size)
    assert [each.name for each in folder.iterdir()] == [path.name]

    done = restore(target, folder, path)

    assert (done.assets, done.rows, done.thumbnails, done.migrated) == (made.assets, made.rows, made.thumbnails, 0)
    assert done.created == made.created
    assert rows_of(target) == rows_of(mirrored.catalog.conninfo)
    with restored(mirrored, target, folder) as other:
        assert len(other.assets('text:"exit only" text:n')) == 1
        name = f"{PROJECT}@1"
        assert check_chunks(other.catalog, lambda _step, _done, _total: None) == ()
        assert list(read_snapshot(other.catalog, name)) == list(read_snapshot(mirrored.catalog, name))
        report = other.run()
        assert (report.counts.unchanged, report.requests.get, report.requests.head) == (len(KEYS) - 1, 0, 0)
        for key in other.assets("state:any"):
            assert shown(other, key) == shown(mirrored, key)
            assert shown(other, key) is not None
        found = checked(other)
        assert (found.assets, found.thumbnails, found.lacking, found.left_over) == (len(KEYS), len(KEYS), 0, 0)

        # Numbers go on: nothing new gets the id of something else, not even of what was purged.
        other.store.put("new.png", picture(901))  # type: ignore[attr-defined]
        other.run()
        assert int(other.assets()["new.png"].id) > max(int(asset.id) for asset in mirrored.assets("state:any").values())
        assert projects.add(other.catalog, "another", [other.assets()["new.png"].id]) == 1
        with other.catalog.read() as connection:
            assert connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'asset'").fetchone() == (
                _indexes(mirrored.catalog, "asset"),
            )


def _indexes(catalog: Catalog, table: str) -> int:
    with catalog.read() as connection:
        row = connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = %s", (table,)).fetchone()
    assert row is not None
    return int(row[0])


def test_numbers_that_were_given_are_not_given_again(mirrored: Mirrored, target: str, folder: Path) -> None:
    with mirrored.catalog.write() as connection:
        connection.execute("SELECT nextval(pg_get_serial_sequence('job', 'id')) FROM generate_series(1, 500)")
    path = folder / "library.backup"
    back_up(mirrored.catalog, None, path)
    restore(target, folder, path)
    with restored(mirrored, target, folder) as other:
        assert (other.run().run or 0) > 500


def test_a_backup_without_thumbnails_restores_the_catalog_alone(mirrored: Mirrored, target: str, folder: Path) -> None:
    path = folder / "library.backup"
    assert back_up(mirrored.catalog, None, path).thumbnails is None
    assert restore(target, folder, path).thumbnails is None
    assert rows_of(target) == rows_of(mirrored.catalog.conninfo)
    with restored(mirrored, target, folder) as other:
        assert checked(other).lacking == len(KEYS)


def test_a_backup_of_the_first_format_is_restored_as_before(mirrored: Mirrored, target: str, folder: Path) -> None:
    archive = folder / "library.backup"
    back_up_as_before(mirrored.catalog, mirrored.library(), archive)
    with psycopg.connect(target) as session:
        session.execute("INSERT INTO access.member (name) VALUES ('of the server')")  # and stays
    done = restore(target, folder, archive)
    assert (done.assets, done.thumbnails, done.workspaces, done.members) == (len(KEYS), len(KEYS), ("default",), None)
    assert rows_of(target) == rows_of(mirrored.catalog.conninfo)
    assert len(rows_of(target, "access")["member"]) == 1
    with restored(mirrored, target, folder) as other:
        assert checked(other).lacking == 0


def test_runs_and_cleanups_during_a_backup_do_not_show_in_it(
    mirrored: Mirrored, store: MemoryStore, target: str, folder: Path
) -> None:
    before, path = rows_of(mirrored.catalog.conninfo), folder / "library.backup"
    refused: list[Exception] = []

    def meanwhile(step: str, done: int, _total: int) -> None:
        if step == backing_up.ROWS and done % 8 == 1:  # after some of the tables
            store.put(f"during-{done}.png", picture(1000 + done))
            store.put("27.png", picture(2000 + done))  # its former thumbnail is orphaned now
            store.delete("26.png")
            mirrored.run()
            try:
                cleaned(mirrored)
            except Conflict as error:
                refused.append(error)

    made = back_up(mirrored.catalog, mirrored.library(), path, meanwhile)
    restore(target, folder, path)

    assert refused
    assert all("backing up" in str(error) for error in refused)
    assert made.missing == 0
    assert rows_of(target) == before
    assert rows_of(mirrored.catalog.conninfo) != before
    with restored(mirrored, target, folder) as other:
        assert checked(other).lacking == 0
        assert other.states()["26.png"] == "present"
        other.run()  # the next run brings it up to date
        assert other.states() == mirrored.states()


def test_a_thumbnail_that_is_missing_is_counted_and_nothing_else_is_lost(
    mirrored: Mirrored, target: str, folder: Path
) -> None:
    forget(mirrored.catalog, [name_of(mirrored, "05.png")])
    damage(mirrored, "06.png", b"RIFF\x10\x00\x00\x00half")
    path = folder / "library.backup"
    made = back_up(mirrored.catalog, mirrored.library(), path)
    assert (made.thumbnails, made.missing) == (len(KEYS) - 2, 2)
    restore(target, folder, path)
    with restored(mirrored, target, folder) as other:
        assert checked(other).lacking == 2


def test_jobs_of_the_time_of_the_backup_do_not_look_alive(mirrored: Mirrored, target: str, folder: Path) -> None:
    path, name = folder / "library.backup", mirrored.source.name
    queued = jobs.request(mirrored.catalog, new_job(JobKind.VERIFY, VerifyArgs(), requested_by="anna"))
    with runs.begin(mirrored.catalog, mirrored.source.id, Trigger.MANUAL) as lease:
        back_up(mirrored.catalog, None, path)
    done = restore(target, folder, path)
    assert (done.interrupted, done.cancelled) == (1, 1)
    with Catalog(target) as catalog:
        assert jobs.show_job(catalog, queued).state is JobState.CANCELLED
        running = runs.show_run(catalog, lease.run_id)
        assert (running.state, running.error) == (JobState.FAILED, jobs.RESTORED_RUNNING)
        assert queue.requeue_interrupted(catalog) == []  # no worker continues it
        assert queue.claim(catalog) is None
        with catalog.read() as connection:
            assert connection.execute("SELECT count(*) FROM lease").fetchone() == (0,)
        assert queue.request(catalog, name) > lease.run_id  # and nothing holds its lock


def test_a_library_that_is_not_empty_is_refused_and_stays(archive: Path, mirrored: Mirrored, folder: Path) -> None:
    before = rows_of(mirrored.catalog.conninfo)
    with pytest.raises(Conflict, match="already contains a library") as raised:
        restore(mirrored.catalog.conninfo, folder, archive)
    assert "MIRRORLAKE_HOME" in raised.value.fix
    assert rows_of(mirrored.catalog.conninfo) == before
    assert contents(folder) == {}


def test_a_database_without_tables_is_as_good_as_a_new_library(
    archive: Path, mirrored: Mirrored, postgres_server: Server, folder: Path
) -> None:
    conninfo = postgres_server.copy_database("template0")
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE of_others (id integer)")  # and stays
        session.execute("INSERT INTO of_others VALUES (7)")
    restore(conninfo, folder, archive)
    assert rows_of(conninfo) == rows_of(mirrored.catalog.conninfo)
    with psycopg.connect(conninfo) as session:
        assert session.execute("SELECT id FROM of_others").fetchall() == [(7,)]


def test_a_restore_that_fails_leaves_the_target_empty_and_can_be_repeated(
    archive: Path, mirrored: Mirrored, target: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, name in ((restoring, "end_restored"), (restoring, "put_pack")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, _fail)
            with pytest.raises(DiskFull):
                restore(target, folder, archive)
        assert is_empty(target)
    restore(target, folder, archive)
    assert rows_of(target) == rows_of(mirrored.catalog.conninfo)


def _fail(*_given: object) -> None:
    raise DiskFull("No space is left.")


def test_a_target_that_is_in_use_is_refused(
    archive: Path, target: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirrorlake.postgres.load.LOCK_PATIENCE", "100ms")
    with psycopg.connect(target) as session:
        session.execute("LOCK TABLE asset IN ROW EXCLUSIVE MODE")
        with pytest.raises(Conflict, match="in use"):
            restore(target, folder, archive)
    assert is_empty(target)


def test_a_disk_without_room_is_refused_before_anything_is_written(
    archive: Path, target: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})())
    with pytest.raises(DiskFull, match="10 are free"):
        restore(target, folder, archive)
    assert is_empty(target)
    assert not (folder / "thumbnails").exists()


def test_a_file_is_only_replaced_with_force(mirrored: Mirrored, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        back_up(mirrored.catalog, None, archive)
    assert archive.read_bytes() == before
    back_up(mirrored.catalog, None, archive, force=True)
    assert archive.read_bytes() != before
    with pytest.raises(UsageError, match="is a folder"):
        back_up(mirrored.catalog, None, archive.parent, force=True)
    with pytest.raises(UsageError, match="No such file"):
        back_up(mirrored.catalog, None, archive.parent / "no" / "folder")


def test_a_backup_that_fails_leaves_no_file(mirrored: Mirrored, folder: Path) -> None:
    def fail(_step: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(mirrored.catalog, mirrored.library(), folder / "library.backup", fail)
    assert contents(folder) == {}


def test_rows_that_postgresql_refuses_are_a_bad_backup(
    mirrored: Mirrored, target: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An archive whose digests are right, but whose content no mirrorlake wrote.
    path = folder / "library.backup"
    rows = CatalogSnapshot.rows

    def other_rows(self: CatalogSnapshot, table: Table) -> Iterator[bytes]:
        yield from rows(self, table)
        if table.name == "asset_tag":
            yield b"ripe\t999999\n"

    with monkeypatch.context() as patched:
        patched.setattr(CatalogSnapshot, "rows", other_rows)
        back_up(mirrored.catalog, None, path)
    with pytest.raises(BadBackup, match="refuses rows of the table asset_tag"):
        restore(target, folder, path)
    assert is_empty(target)


def test_thumbnails_of_objects_that_were_read_in_parts_are_saved(
    mirrored: Mirrored, store: MemoryStore, target: str, folder: Path
) -> None:
    store.put("large.pdf", pdf(attached=RANGED_BYTES))
    mirrored.change_all(media=tuple(MediaKind))
    mirrored.run()
    number = mirrored.assets()["large.pdf"].id
    assert assets.get_asset_detail(mirrored.catalog, number).digest is None
    path = folder / "library.backup"
    assert back_up(mirrored.catalog, mirrored.library(), path).thumbnails == len(KEYS) + 1
    restore(target, folder, path)
    with restored(mirrored, target, folder) as other:
        assert shown(other, "large.pdf") is not None
        assert other.run().requests.get == 0


def _restore_beside(session: psycopg.Connection[tuple[object, ...]], target: str, folder: Path, archive: Path) -> None:
    """Restore, and commit the session once the restore waits for a lock that the session holds."""
    with ThreadPoolExecutor(1) as threads:
        restoring_there = threads.submit(restore, target, folder, archive)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
        while not restoring_there.done() and session.execute(waiting).fetchone() == (0,):
            time.sleep(0.01)
        session.commit()
        restoring_there.result()


@pytest.mark.parametrize("without_default", [False, True])
def test_a_member_who_is_added_meanwhile_is_not_dropped(
    archive: Path, target: str, folder: Path, *, without_default: bool
) -> None:
    with psycopg.connect(target) as session:
        if without_default:  # the tables of members are there alone
            session.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION pg_trgm")
            session.commit()
        session.execute("INSERT INTO access.member (name) VALUES ('anna')")
        with pytest.raises(Conflict, match="already has members"):
            _restore_beside(session, target, folder, archive)
        assert session.execute("SELECT name FROM access.member").fetchall() == [("anna",)]


def test_a_backup_waits_for_a_cleanup_that_workers_began(mirrored: Mirrored, tmp_path: Path) -> None:
    steps = list[str]()
    with ExitStack() as cleanup:
        cleanup.enter_context(exclusive_lock(mirrored.catalog))

        def step(name: str, _done: int, _total: int) -> None:
            steps.append(name)
            if name == WAITING:
                cleanup.close()

        back_up(mirrored.catalog, mirrored.library(), tmp_path / "waited.backup", step)
    assert steps.count(WAITING) == 1


def test_a_backup_does_not_wait_for_ever(mirrored: Mirrored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backing_up, "PATIENCE_S", 0.2)
    with exclusive_lock(mirrored.catalog), pytest.raises(Conflict, match="Another command"):
        back_up(mirrored.catalog, mirrored.library(), tmp_path / "none.backup")
    assert not (tmp_path / "none.backup").exists()
