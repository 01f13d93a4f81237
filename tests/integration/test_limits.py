"""A pass that reaches a limit of its workspace ends cleanly, keeps what was done, and continues once there is room."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture
from tests.support.postgres import address_of

from mirrorlake.catalog import workspaces
from mirrorlake.catalog.runs import show_run
from mirrorlake.core.errors import Conflict
from mirrorlake.core.settings import Settings
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Location, Orphans, Provider
from mirrorlake.model.uploads import UploadOptions
from mirrorlake.model.workspaces import Limits
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.uploads import upload_files, upload_here
from mirrorlake.storage.providers.memory.store import MemoryStore

SIZE = len(picture(0))


def limit(catalog: Catalog, limits: str) -> None:
    with catalog.write() as connection:
        connection.execute("UPDATE access.workspace SET limits = %s", (limits,))


def fill(store: MemoryStore, numbers: range) -> None:
    for number in numbers:
        store.put(f"k{number:03}.png", picture(number))


def counted(catalog: Catalog) -> tuple[int, int]:
    """The maintained counts, which must be those of the assets."""
    with catalog.read() as connection:
        kept = connection.execute("SELECT sum(assets), sum(bytes) FROM library_count").fetchone()
        real = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM asset").fetchone()
    assert kept == real
    return int(kept[0]), int(kept[1]) if kept else 0


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    return Mirrored(empty_catalog, tmp_path, MemoryStore())


@pytest.mark.parametrize(
    ("limits", "kind", "most"),
    [('{"assets": 5}', "assets", "5 assets"), (f'{{"bytes": {5 * SIZE + 10}}}', "bytes", f"{5 * SIZE + 10:,} bytes")],
)
def test_a_pass_stops_importing_exactly_at_the_limit(mirrored: Mirrored, limits: str, kind: str, most: str):
    assert {len(picture(number)) for number in range(8)} == {SIZE}
    fill(mirrored.store, range(8))
    limit(mirrored.catalog, limits)

    report = mirrored.run()

    assert (report.state, report.limited, report.limited_by) == (RunState.SUCCEEDED, True, kind)
    assert (report.counts.new, report.counts.failed, report.counts.skipped) == (5, 0, 0)
    assert report.error is None
    assert any(
        f"its limit of {most}: 3 new objects were not imported" in note and "next run" in note for note in report.notes
    )
    run = show_run(mirrored.catalog, report.run or 0)
    assert (run.limited, run.limited_by, run.notes) == (True, kind, report.notes)
    assert counted(mirrored.catalog) == (5, 5 * SIZE)


def test_the_rest_is_imported_once_the_limit_was_raised(mirrored: Mirrored):
    fill(mirrored.store, range(8))
    limit(mirrored.catalog, '{"assets": 5}')
    mirrored.run()

    again = mirrored.run()
    assert (again.limited, again.counts.new, again.counts.unchanged, again.requests.get) == (True, 0, 5, 0)

    limit(mirrored.catalog, '{"assets": 8}')
    full = mirrored.run()
    assert (full.limited, full.counts.new, full.counts.unchanged) == (False, 3, 5)
    assert not mirrored.run().limited

    fill(mirrored.store, range(8, 10))
    limit(mirrored.catalog, "{}")
    assert (mirrored.run().counts.new, counted(mirrored.catalog)) == (2, (10, 10 * SIZE))


def test_a_full_workspace_keeps_in_step_with_what_it_has(mirrored: Mirrored):
    fill(mirrored.store, range(5))
    mirrored.run()
    limit(mirrored.catalog, '{"assets": 3}')  # below what is there: nothing is removed
    mirrored.store.put("k005.png", picture(5) + b"of another size")
    mirrored.store.put("k001.png", picture(1) + b"longer")
    mirrored.store.rename("k004.png", "renamed.png")
    mirrored.store.delete("k003.png")

    report = mirrored.run()

    assert report.limited
    assert report.state is RunState.SUCCEEDED
    assert (report.counts.new, report.counts.changed, report.counts.moved) == (0, 1, 1)
    assert mirrored.visible() == {"k000.png", "k001.png", "k002.png", "renamed.png"}
    assert counted(mirrored.catalog)[1] == sum(asset.size for asset in mirrored.assets("state:any").values())


def test_what_may_be_an_object_that_is_left_out_is_not_removed(mirrored: Mirrored):
    fill(mirrored.store, range(4))
    mirrored.store.put("other.png", picture(9) + b"of another size")
    mirrored.run()
    limit(mirrored.catalog, '{"assets": 5}')
    mirrored.store.delete("k003.png")
    mirrored.store.delete("other.png")
    mirrored.store.put("new.png", picture(77))  # as large as k003.png: a copy of its bytes under another name, perhaps

    report = mirrored.run()

    assert report.limited
    assert mirrored.visible() == {"k000.png", "k001.png", "k002.png", "k003.png"}
    assert mirrored.states()["other.png"] == "trash"


def test_two_datasources_at_once_share_the_room(empty_catalog: Catalog, tmp_path: Path):
    limit(empty_catalog, '{"assets": 30}')
    both: list[Mirrored] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store = MemoryStore()
        fill(store, range(25))
        location = Location(provider=Provider.MEMORY, container=name)
        both.append(Mirrored(empty_catalog, tmp_path / name, store, location=location, orphans=Orphans.TRASH))

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(Mirrored.run, both))

    assert counted(empty_catalog)[0] == 30
    assert sum(report.counts.new for report in reports) == 30
    assert any(report.limited for report in reports)
    assert [report.state for report in reports] == [RunState.SUCCEEDED] * 2


def test_uploads_are_refused_at_the_limit_and_stored_in_the_folder_of_their_workspace(
    empty_catalog: Catalog, tmp_path: Path
):
    resources = Resources(Settings(home=tmp_path), empty_catalog)
    caller = local_user()
    other = resources.of(workspaces.create(empty_catalog, "other", Limits(assets=1), by=caller).name)
    two = [("a.png", BytesIO(picture(1))), ("b.png", BytesIO(picture(2)))]

    with pytest.raises(Conflict, match="its limit of 1 assets: nothing was stored"):
        upload_files(other, two, UploadOptions(), by=caller)

    assert not list(tmp_path.rglob("*.png"))
    upload_files(other, two[:1], UploadOptions(), by=caller)
    upload_files(resources, [("a.png", BytesIO(picture(1)))], UploadOptions(), by=caller)
    folders = {file.relative_to(tmp_path).parts[:2] for file in tmp_path.rglob("*.png")}
    assert sorted(parts[0] for parts in folders) == ["uploads", "workspaces"]


def test_uploads_wait_in_their_order_until_they_are_imported(empty_catalog: Catalog, tmp_path: Path):
    resources = Resources(Settings(home=tmp_path, database_url=address_of(empty_catalog.conninfo)), empty_catalog)
    caller = local_user()
    library = LocalLibrary(resources, caller)
    assert library.assets.waiting_uploads() == []
    upload_files(resources, [(f"{name}.png", BytesIO(picture(1))) for name in "ab"], UploadOptions(), by=caller)
    assert [one.name for one in library.assets.waiting_uploads()] == ["a.png", "b.png"]
    assert [one.name for one in library.assets.waiting_uploads(limit=1)] == ["a.png"]
    upload_here(resources, [("c.png", BytesIO(picture(2)))], UploadOptions(), by=caller)
    assert library.assets.waiting_uploads() == []
