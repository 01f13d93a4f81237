"""What a backup of several workspaces survives: deleted ones, a server without room for locks, ids given again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.support.buckets import picture_no
from tests.support.postgres import Server, address_of

from mirrorlake.core.errors import CatalogError, Conflict
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.library import backup as backing_up
from mirrorlake.model.uploads import UploadOptions
from mirrorlake.postgres import lock_slots
from mirrorlake.postgres.load import open_empty
from mirrorlake.postgres.lock_slots import held_locks
from mirrorlake.postgres.migrate import newest_version
from mirrorlake.services.backup import back_up, restore
from mirrorlake.services.base import open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary, open_library


def ignore(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def _library(postgres_server: Server, home: Path) -> Settings:
    return Settings(home=home, database_url=address_of(postgres_server.new_database()))


@pytest.fixture
def two(postgres_server: Server, tmp_path: Path) -> Settings:
    """A library with the workspace `north`, whose id is 2."""
    there = _library(postgres_server, tmp_path / "two")
    with open_library(there, local_user()) as library:
        library.workspaces.create("north")
    return there


@pytest.mark.parametrize("moment", ["spaces_in", "locks_to_read", "require_locks"])
def test_a_workspace_that_is_deleted_during_a_backup_makes_it_fail(
    two: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    done: Callable[..., object] = getattr(backing_up, moment)

    def delete_after(*given: Any, **options: Any) -> object:
        answer = done(*given, **options)
        with open_library(two, local_user()) as library:
            library.workspaces.delete("north", acknowledge=0)
        return answer

    monkeypatch.setattr(backing_up, moment, delete_after)
    with pytest.raises(Conflict, match="at the same time"):
        back_up(two, local_user(), tmp_path / "two.backup", ignore, thumbnails=False, force=False)
    assert not (tmp_path / "two.backup").exists()


def _room_of(slots: int, sessions: int) -> Callable[[object], tuple[int, int]]:
    """The room of another server: it is fixed when a server starts, so this one is only pretended."""
    return lambda _session: (slots, sessions)


def test_a_server_without_room_for_the_locks_of_all_workspaces_is_refused_with_the_setting_that_suffices(
    two: Settings, postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "two.backup"
    with monkeypatch.context() as patched:
        patched.setattr(lock_slots, "lock_slots", _room_of(100, 10))
        with pytest.raises(CatalogError, match="Backing up 2 workspaces") as raised:
            back_up(two, local_user(), path, ignore, thumbnails=False, force=False)
        assert "max_locks_per_transaction = " in raised.value.fix
    back_up(two, local_user(), path, ignore, thumbnails=False, force=False)
    there = _library(postgres_server, tmp_path / "there")
    with monkeypatch.context() as patched:
        patched.setattr(lock_slots, "lock_slots", _room_of(3500, 100))
        with pytest.raises(CatalogError, match="Restoring 2 workspaces"):
            restore(there, local_user(), path, ignore)
    assert restore(there, local_user(), path, ignore).workspaces == ("default", "north")


def test_the_embedded_server_has_room_to_restore_many_workspaces(postgres_server: Server) -> None:
    conninfo = postgres_server.new_database()
    with open_empty(conninfo, "here", whole=True) as database:
        database.create(newest_version())
        before = held_locks(database.session)
        database.create_workspaces([2])
        database.finish()
        slots, _ = lock_slots.lock_slots(database.session)
        assert slots > before + 60 * (held_locks(database.session) - before)


def test_a_restored_workspace_keeps_its_uploads_when_another_one_is_deleted(
    two: Settings, postgres_server: Server, tmp_path: Path
) -> None:
    with open_library(replace(two, workspace="north"), local_user("north")) as library:
        library.assets.upload_files([("tree.png", BytesIO(picture_no(1)))], UploadOptions())
    (uploaded,) = (two.home / "workspaces" / "2" / "uploads").rglob("*.png")
    back_up(two, local_user(), tmp_path / "two.backup", ignore, thumbnails=False, force=False)
    here = _library(postgres_server, two.home)  # the same data folder, whose database was lost

    restore(here, local_user(), tmp_path / "two.backup", ignore, only="north")

    with open_resources(here) as resources:
        library = LocalLibrary(resources, local_user())
        library.workspaces.create("other")
        library.workspaces.delete("other", acknowledge=0)
        assert Worker(resources.settings, resources.catalog, jobs=1, log=lambda _line: None, stop=Stop()).drain()
    assert uploaded.exists()
