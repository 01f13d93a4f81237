"""What no asset uses is cleared away, and never a thumbnail that an asset uses or a pass may still commit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.mortal import Killed
from tests.support.passes import Mirrored, picture, put_all
from tests.support.thumbnails import checked, cleaned, contents, into_old_folder, made, place, root
from tests.support.two import planned_nothing

from mirrorlake.catalog import edits, runs
from mirrorlake.catalog.thumbnails import exclusive_lock, library_id
from mirrorlake.core.errors import Conflict, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.library_marker import MARKERS
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import Trigger
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.removal import purge_trash
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{number:02}.png" for number in range(12)]
GONE = KEYS[:3]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put_all(store, KEYS)
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    return mirrored


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


def thumbnails(mirrored: Mirrored) -> dict[Path, bytes]:
    return {path: data for path, data in contents(root(mirrored)).items() if path.suffix == ".webp"}


def test_only_thumbnails_of_assets_that_went_for_good_go(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("twin.png", picture(0))
    mirrored.run()
    # A copy that somebody worked on stays an asset of its own when the original goes.
    edits.apply(mirrored.catalog, [mirrored.assets()["twin.png"].id], Edit(add_tags=("mine",)))
    before = thumbnails(mirrored)
    gone = {place(mirrored, key) for key in GONE}
    trash(mirrored, *GONE)
    assert cleaned(mirrored).left_over == 0  # what is in the trash may come back
    twin = place(mirrored, "twin.png")
    purge(mirrored, 3)
    told = cleaned(mirrored)
    kept = {path: data for path, data in before.items() if path not in gone - {twin}}
    assert thumbnails(mirrored) == kept
    assert (told.left_over, told.removed, told.put_back, told.waiting, told.hold) == (2, 2, 0, 0, None)
    assert told.removed_bytes == sum(len(before[path]) for path in gone - {twin})
    assert (checked(mirrored).lacking, checked(mirrored).left_over) == (0, 0)
    assert not list((root(mirrored) / "aside").iterdir())
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
    before = thumbnails(mirrored)
    for path in before:
        os.utime(path, (2**33, 2**33))  # by a clock that is far ahead
    told = cleaned(mirrored)
    assert (told.left_over, told.young, told.removed) == (0, 3, 0)
    assert thumbnails(mirrored) == before
    assert tmp_path.exists()


def test_a_pass_that_found_a_left_over_thumbnail_commits_it_whole(mirrored: Mirrored, store: MemoryStore) -> None:
    """The file is old and no asset's; the pass sees that it stands, and commits its asset only after the cleaning."""
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    adopted = picture(0)
    store.put("a-first.png", adopted)
    put_all(store, ["b-second.png"])
    store.put("b-second.png", picture(222))
    faulty = Faulty(store)
    during: list[object] = []

    def clean_now(key: str) -> None:
        if key == "b-second.png":  # the first was looked at, and is not committed
            during.append(cleaned(mirrored))

    faulty.before_get = clean_now
    report = mirrored.run(faulty)
    assert report.counts.new == 2
    (told,) = during
    assert (told.waiting, told.waits_for, told.removed) == (3, (report.run,), 0)  # type: ignore[attr-defined]
    after = cleaned(mirrored)
    assert (after.put_back, after.removed, after.waiting) == (1, 2, 0)
    assert checked(mirrored).lacking == 0
    assert checked(mirrored).left_over == 0


def test_what_is_put_aside_does_not_wait_for_passes_that_began_later(mirrored: Mirrored, store: MemoryStore) -> None:
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    first = runs.begin(mirrored.catalog, mirrored.source.id, Trigger.MIRROR)
    assert cleaned(mirrored).waits_for == (first.run_id,)
    first.close()
    with mirrored.catalog.write() as connection:
        connection.execute("DELETE FROM lease")
    later = runs.begin(mirrored.catalog, mirrored.source.id, Trigger.MIRROR)
    told = cleaned(mirrored)
    later.close()
    assert (told.removed, told.waiting) == (3, 0)


def test_making_brings_back_what_was_put_aside_without_a_get(mirrored: Mirrored, store: MemoryStore) -> None:
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    lease = runs.begin(mirrored.catalog, mirrored.source.id, Trigger.MIRROR)
    assert cleaned(mirrored).waiting == 3
    lease.close()
    with mirrored.catalog.write() as connection:
        connection.execute("DELETE FROM lease")
    files = thumbnails(mirrored)
    for key, number in zip(GONE, range(3), strict=True):
        store.put(key, picture(number))
    mirrored.run()  # makes them anew
    for key in GONE:
        place(mirrored, key).unlink()
    making, _ = made(mirrored)
    assert (making.put_back, making.made, making.requests.get) == (3, 0, 0)
    assert len(thumbnails(mirrored)) == len(files)
    assert checked(mirrored).clean


def test_older_folders_and_ends_of_writes_go_and_what_is_none_of_ours_stays(mirrored: Mirrored) -> None:
    used = place(mirrored, "05.png")
    data = used.read_bytes()
    into_old_folder(used)
    used.write_bytes(data)  # made again since: the old one is of no use
    misplaced = into_old_folder(place(mirrored, "06.png"))  # still of use
    trash(mirrored, *GONE)
    old = into_old_folder(place(mirrored, GONE[0]))
    purge(mirrored, 3)
    write, person = used.parent / ".tmpxy.part", used.parent / "holiday.webp"
    write.write_bytes(b"half")
    person.write_bytes(b"mine")
    told = cleaned(mirrored)
    assert (told.left_over, told.removed, told.young) == (4, 4, 1)  # the write may be going on
    assert misplaced.exists()
    assert write.exists()
    assert person.exists()
    assert not old.parent.exists()
    assert used.read_bytes() == data
    assert (checked(mirrored).lacking, checked(mirrored).misplaced) == (1, 1)


def test_killed_anywhere_a_cleaning_is_simply_run_again(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    into_old_folder(place(mirrored, KEYS[0]))
    trash(mirrored, *GONE)
    purge(mirrored, 3)
    files = contents(root(mirrored))
    kept = {place(mirrored, key) for key in KEYS[3:]}
    steps = 0
    for name in ("rename", "replace", "unlink", "rmdir"):
        real = getattr(os, name)

        def mortal(*arguments: object, _real: object = real, **named: object) -> object:
            nonlocal steps
            steps -= str(arguments[0]).startswith(str(root(mirrored)))  # of scratch folders there is no question
            if steps < 0:
                raise Killed
            return _real(*arguments, **named)  # type: ignore[operator]

        monkeypatch.setattr(os, name, mortal)
    survived = 0
    for deadline in range(1, 100):
        _put(files)
        steps = deadline
        try:
            cleaned(mirrored)
        except Killed:
            survived += 1
        else:
            break
        finally:
            steps = 10_000
        assert kept <= contents(root(mirrored)).keys()
        cleaned(mirrored)
        assert set(thumbnails(mirrored)) == kept
        assert list((root(mirrored) / "aside").iterdir()) == []
    assert 5 < survived < 99


def _put(files: dict[Path, bytes]) -> None:
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


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


def test_when_most_would_go_a_person_is_asked(mirrored: Mirrored, postgres_server, tmp_path: Path) -> None:
    """As where the database was replaced by an empty copy of itself."""
    put_all(mirrored.store, [f"more/{number:03}.png" for number in range(110)])
    mirrored.run()
    before = contents(root(mirrored))
    with Catalog(postgres_server.new_database()) as empty:
        emptied = Mirrored(empty, tmp_path, MemoryStore())
        told = cleaned(emptied)
        assert (told.left_over, told.removed) == (110, 0)
        assert told.hold is not None
        assert "more than half" in told.hold
        assert contents(root(mirrored)) == before
        with pytest.raises(UsageError, match="110 files would be removed, not 109"):
            cleaned(emptied, acknowledged=109)
        assert contents(root(mirrored)) == before
        assert cleaned(emptied, acknowledged=110).removed == 110
    assert made(mirrored)[0].made == checked(mirrored).assets


def test_nobody_else_is_at_the_thumbnails_meanwhile(mirrored: Mirrored) -> None:
    with exclusive_lock(mirrored.catalog), pytest.raises(Conflict, match="Another command"):
        cleaned(mirrored)
