"""Workspaces of one library: separate rows, files and jobs, served by the same worker; deleted with everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.backups import rows_of
from tests.support.buckets import picture_no
from tests.support.cli import PATIENCE_S
from tests.support.postgres import Server, address_of
from tests.support.thumbnails import packs

from mirrorlake.catalog import queue, sessions
from mirrorlake.catalog.jobs import request
from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.workers import announce_worker
from mirrorlake.core.errors import Conflict, NotFound, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers.discard import DiscardArgs
from mirrorlake.jobs.places import Places
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.mirror.library_marker import DATABASES
from mirrorlake.model.access import Role
from mirrorlake.model.assets import AssetPage
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.api_keys import digest_of
from mirrorlake.services.backup import back_up, restore
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.library import LocalLibrary, open_library
from mirrorlake.services.sign_in import Browser


def ignore(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


NAMES = ("default", "north", "south")


@dataclass
class Three:
    """The workspaces `default`, `north` and `south`, each with a datasource over a folder of its own."""

    resources: Resources
    log: list[str]

    def of(self, name: str) -> LocalLibrary:
        return LocalLibrary(self.resources, local_user(name))

    def worker(self) -> Worker:
        place = self.resources
        return Worker(place.settings, place.catalog, jobs=1, log=self.log.append, stop=Stop())

    def found(self, name: str) -> AssetPage:
        return self.of(name).assets.search("")


def until_nothing_runs(catalog: Catalog) -> None:
    """Wait until PostgreSQL has ended the sessions of closed leases, a moment after they are closed."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        with catalog.read() as connection:
            if connection.execute(statement("running_job").query).fetchone() is None:
                return
        assert time.monotonic() < give_up, "A session of a closed lease does not end."
        time.sleep(0.05)


@pytest.fixture(scope="module")
def three(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    home = tmp_path_factory.mktemp("three")
    with Catalog(postgres_server.new_database()) as catalog:
        resources = Resources(Settings(home=home / "home"), catalog)
        three = Three(resources, [])
        for number, name in enumerate(NAMES):
            if number:
                three.of("default").workspaces.create(name)
            folder = home / name
            folder.mkdir()
            for picture in range(number + 1):
                (folder / f"p{picture}.png").write_bytes(picture_no(10 * number + picture))
            three.of(name).datasources.create(f"file://{folder}", name="photos")
        yield three
        resources.close()


def test_one_worker_serves_all_workspaces_in_turns(three: Three) -> None:
    for name in NAMES:
        three.of(name).datasources.start("photos")
        three.of(name).jobs.check_thumbnails()

    assert three.worker().drain()

    started = [line for line in three.log if line.endswith("started") or ") started" in line]
    order = [line.partition("(workspace ")[2].partition(")")[0] or "default" for line in started]
    assert sorted(order[:3]) == sorted(order[3:6]) == sorted(NAMES), three.log
    for number, name in enumerate(NAMES):
        page = three.found(name)
        assert sorted(one.key for one in page.items) == [f"p{picture}.png" for picture in range(number + 1)]
        assert [job.workspace for job in three.of(name).jobs.list()] == [name] * 2


def test_the_same_id_has_another_thumbnail_in_each_workspace(three: Three) -> None:
    assert all("1" in {one.id for one in three.found(name).items} for name in NAMES)
    assert len({three.of(name).assets.thumbnail("1") for name in NAMES}) == 3
    store = three.resources.settings.home / "library"
    parts = {str(file.relative_to(store).parents[3]) for file in store.rglob("*.pack")}
    assert parts == {"thumbnails", "workspaces/2/thumbnails", "workspaces/3/thumbnails"}


def test_only_workspaces_with_work_are_asked_for_it(three: Three) -> None:
    places = Places(three.resources.settings, three.resources.catalog)
    assert places.with_queued([JobKind.VERIFY]) == []
    three.of("south").jobs.verify()
    assert [place.name for place in places.with_queued([JobKind.VERIFY, JobKind.PURGE])] == ["south"]
    three.worker().drain()
    assert places.with_queued([JobKind.VERIFY]) == []


def test_every_workspace_knows_the_worker_that_serves_all(three: Three) -> None:
    announce_worker(three.resources.catalog)
    for name in NAMES:
        job = three.of(name).jobs.check_thumbnails()
        assert job.waiting is not None
        assert not job.waiting.stuck
    three.worker().drain()


def test_a_backup_of_a_workspace_becomes_the_library_that_it_is_restored_into(
    three: Three, postgres_server: Server, tmp_path: Path
) -> None:
    here = replace(three.resources.settings, database_url=address_of(three.resources.catalog.conninfo))
    path, caller = tmp_path / "north.backup", local_user("north")

    made = back_up(replace(here, workspace="north"), caller, path, ignore, thumbnails=True, force=False)

    assert (made.assets, made.thumbnails) == (2, 2)
    there = Settings(home=tmp_path / "there", database_url=address_of(postgres_server.new_database()))
    with pytest.raises(UsageError, match="into an empty library"):
        restore(replace(there, workspace="north"), caller, path, ignore)
    assert restore(there, caller, path, ignore).assets == 2
    with open_library(there, local_user()) as library:
        assert library.assets.search("").total == 2
        assert library.assets.thumbnail("1") == three.of("north").assets.thumbnail("1")


def test_a_backup_holds_all_that_a_restore_needs_on_a_fresh_machine(
    three: Three, postgres_server: Server, tmp_path: Path
) -> None:
    default, path, caller = three.of("default"), tmp_path / "all.backup", local_user()
    default.members.add("anna", Role.OWNER)
    three.of("north").members.add("ben", Role.VIEWER)
    default.api_keys.create("robot", role=Role.EDITOR)
    entrance = Entrance(three.resources.catalog, three.resources.settings, "token")
    cookie = entrance.sign_in.with_token(Browser(address="127.0.0.1"))
    default.members.add("carla@example.com", Role.VIEWER)
    default.members.remove("carla@example.com")
    here = replace(three.resources.settings, database_url=address_of(three.resources.catalog.conninfo))

    made = back_up(here, caller, path, ignore, thumbnails=True, force=False)

    assert (made.workspaces, made.members, made.assets, made.thumbnails) == (NAMES, 2, 6, 6)
    there = Settings(home=tmp_path / "there", database_url=address_of(postgres_server.new_database()))
    with pytest.raises(NotFound, match="no workspace 'west'"):
        restore(there, caller, path, ignore, only="west")
    done = restore(there, caller, path, ignore)
    assert (done.workspaces, done.members, done.assets, done.thumbnails) == (NAMES, 2, 6, 6)
    with open_resources(there) as resources:
        for name in NAMES:
            library, schema = LocalLibrary(resources, local_user(name)), three.resources.of(name).catalog.schema
            found = library.assets.search("")
            assert found.total == NAMES.index(name) + 1
            assert all(
                library.assets.thumbnail(one.id) == three.of(name).assets.thumbnail(one.id) for one in found.items
            )
            assert _without_jobs(resources.catalog, schema) == _without_jobs(three.resources.catalog, schema)
        saved = rows_of(resources.catalog.conninfo, "access")
        assert saved == rows_of(three.resources.catalog.conninfo, "access")
        assert saved.keys() == {"workspace", "member", "membership", "api_key", "oidc_identity", "removed_person"}
        assert sessions.admit(three.resources.catalog, digest_of(cookie), None) is not None
        assert sessions.admit(resources.catalog, digest_of(cookie), None) is None  # browsers are not signed in there
        made_later = LocalLibrary(resources, caller).workspaces.create("east")
        assert made_later.name == "east"  # numbers go on
    with pytest.raises(Conflict, match="already has members"):
        restore(there, caller, path, ignore)


def _without_jobs(catalog: Catalog, schema: str | None) -> dict[str, list[str]]:
    return {table: rows for table, rows in rows_of(catalog.conninfo, schema).items() if table != "job"}


def test_one_workspace_of_a_backup_of_all_becomes_a_library(
    three: Three, postgres_server: Server, tmp_path: Path
) -> None:
    path, caller = tmp_path / "all.backup", local_user()
    here = replace(three.resources.settings, database_url=address_of(three.resources.catalog.conninfo))
    back_up(here, caller, path, ignore, thumbnails=True, force=False)
    there = Settings(home=tmp_path / "there", database_url=address_of(postgres_server.new_database()))
    done = restore(there, caller, path, ignore, only="south")
    assert (done.workspaces, done.members, done.assets, done.thumbnails) == (("default",), None, 3, 3)
    with open_library(there, caller) as library:
        assert library.assets.thumbnail("1") == three.of("south").assets.thumbnail("1")
        assert [one.name for one in library.workspaces.list()] == ["default"]
        assert list(library.members.list()) == []


def test_a_workspace_is_deleted_with_its_rows_and_files_but_not_while_it_works(three: Three) -> None:
    default, catalog = three.of("default"), three.resources.of("south").catalog
    three.of("south").datasources.start("photos", force=True)
    lease = queue.claim(catalog)
    assert lease is not None
    with lease, pytest.raises(Conflict, match="of the workspace south is running"):
        default.workspaces.delete("south", acknowledge=3)
    until_nothing_runs(catalog)

    assert default.workspaces.delete("south", acknowledge=3).assets == 3

    with pytest.raises(NotFound, match="'south' does not exist"):
        three.of("south")
    with three.resources.catalog.read() as connection:
        assert connection.execute("SELECT to_regnamespace('workspace_3')").fetchone() == (None,)
    files = three.resources.settings.home / "library" / "workspaces"
    marker = next((files / "3" / "thumbnails" / DATABASES).iterdir()) / "7.7"  # of a copy of the library
    marker.write_text("elsewhere")
    assert not three.worker().drain()
    assert "those that it needs would be deleted. Its database is elsewhere." in three.log[-1]
    assert packs(files / "3")
    marker.unlink()
    request(three.resources.catalog, new_job(JobKind.DISCARD_FILES, DiscardArgs(folder="workspaces/3")))
    assert three.worker().drain()
    assert not packs(files / "3")
    assert packs(files / "2")
    assert three.found("north").total == 2
    made = default.workspaces.create("south")
    assert (made.assets, three.found("south").items) == (0, ())
    assert catalog.schema != three.resources.of("south").catalog.schema
