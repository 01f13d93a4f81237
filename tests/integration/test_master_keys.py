"""Master keys: what each encrypts is counted in all workspaces, a rotation loses none, and nothing shows a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.support.postgres import Server

from mirrorlake.catalog import connections
from mirrorlake.connections.master_keys import KEY_FILE, new_key
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import PermissionDenied, SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import PERMISSIONS, Actor, ActorKind, Context, Role
from mirrorlake.model.activity import ActivityFilter, Subject
from mirrorlake.model.master_keys import KeyPlace
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary

KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "s" * 40}
WORKSPACES = ("default", "north")


@pytest.fixture
def resources(postgres_server: Server, tmp_path: Path) -> Iterator[Resources]:
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database())
    settings.home.mkdir()
    with open_resources(settings) as opened:
        LocalLibrary(opened, local_user()).workspaces.create("north")
        yield opened


def of(resources: Resources, workspace: str = "default") -> LocalLibrary:
    return LocalLibrary(resources, local_user(workspace))


def add_secrets(resources: Resources) -> None:
    for workspace in WORKSPACES:
        of(resources, workspace).connections.add("lake", "aws-keys", secrets=KEYS)
        of(resources, workspace).webhooks.add("https://hooks.example.com/lake")


def give_key(resources: Resources, *keys: str) -> None:
    for workspace in WORKSPACES:
        place = resources.of(workspace)
        place.settings = replace(place.settings, secret_key=",".join(keys))


def opened(resources: Resources, workspace: str) -> str:
    """A secret of a workspace, as a process reads it that has just started."""
    place = resources.of(workspace)
    found = connections.named(place.catalog, "lake")
    assert found.sealed is not None
    sealed = found.sealed
    return Vault(resources.settings).open(found.connection.external_id, lambda: sealed)["secret_access_key"]


def test_rotations_in_one_workspace_keep_the_secrets_of_the_others(resources: Resources) -> None:
    add_secrets(resources)
    for _ in range(3):  # by then, the key that encrypted them first is gone
        assert of(resources, "north").master_keys.rotate().rewrapped == 4
    assert [opened(resources, workspace) for workspace in WORKSPACES] == [KEYS["secret_access_key"]] * 2
    found = of(resources).master_keys.show()
    assert found.place is KeyPlace.FILE
    assert [(key.kind, key.newest, key.secrets) for key in found.keys] == [("fernet", True, 4), ("fernet", False, 0)]


def test_each_key_is_shown_with_what_it_encrypts_and_never_itself(resources: Resources) -> None:
    old, new, other = new_key(), new_key(), new_key()
    assert of(resources).master_keys.show().place is KeyPlace.NONE
    give_key(resources, old)
    add_secrets(resources)
    give_key(resources, new, old)
    found = of(resources).master_keys.show()
    assert (found.place, found.older, found.lost) == (KeyPlace.ENVIRONMENT, 4, 0)
    assert [(key.newest, key.secrets) for key in found.keys] == [(True, 0), (False, 4)]
    shown = msgspec.json.encode(found).decode()
    assert not any(key[start : start + 6] in shown for key in (old, new) for start in range(len(key) - 6))
    of(resources).master_keys.rotate()
    assert [key.secrets for key in of(resources).master_keys.show().keys] == [4, 0]
    assert of(resources).master_keys.show().keys[0].id == found.keys[0].id
    give_key(resources, other)
    assert of(resources).master_keys.show().lost == 4


def test_what_no_key_fits_stays_and_the_rest_is_rotated(resources: Resources) -> None:
    lost, old, new = new_key(), new_key(), new_key()
    give_key(resources, lost)
    of(resources).connections.add("lake", "aws-keys", secrets=KEYS)
    give_key(resources, old)
    of(resources, "north").connections.add("lake", "aws-keys", secrets=KEYS)
    give_key(resources, new, old)
    with pytest.raises(SettingsError, match="key of 1 secret of this library is not on this machine"):
        of(resources).master_keys.rotate()
    give_key(resources, new)
    assert opened(resources, "north") == KEYS["secret_access_key"]
    give_key(resources, lost)
    assert opened(resources, "default") == KEYS["secret_access_key"]


def test_a_rotation_is_recorded_with_its_numbers_even_if_a_key_was_missing(resources: Resources) -> None:
    old, new = new_key(), new_key()
    give_key(resources, old)
    add_secrets(resources)
    give_key(resources, new, old)
    of(resources).master_keys.rotate()
    give_key(resources, old)
    with pytest.raises(SettingsError):
        of(resources).master_keys.rotate()
    recorded = of(resources).activity.list(ActivityFilter(kind=Subject.MASTER_KEY))
    assert [(each.action, each.details["rewrapped"], each.details["lost"]) for each in recorded] == [
        ("rotate", 0, 4),
        ("rotate", 4, 0),
    ]
    assert not any(key in str(each) for each in recorded for key in (old, new))


@pytest.mark.parametrize("role", list(Role))
def test_a_key_of_several_workspaces_is_no_matter_of_the_members_of_one(resources: Resources, role: Role) -> None:
    add_secrets(resources)
    caller = Context(actor=Actor(kind=ActorKind.MEMBER, name="bela"), permissions=PERMISSIONS[role])
    before = (resources.settings.home / KEY_FILE).read_bytes()
    library = LocalLibrary(resources, caller)
    for forbidden in (library.master_keys.show, library.master_keys.rotate):
        with pytest.raises(PermissionDenied):
            forbidden()
    assert (resources.settings.home / KEY_FILE).read_bytes() == before


@pytest.mark.parametrize("role", list(Role))
def test_owners_rotate_the_key_of_the_only_workspace(resources: Resources, role: Role) -> None:
    LocalLibrary(resources, local_user()).workspaces.delete("north", acknowledge=0)
    caller = Context(actor=Actor(kind=ActorKind.MEMBER, name="bela"), permissions=PERMISSIONS[role])
    library = LocalLibrary(resources, caller)
    if role is Role.OWNER:
        assert library.master_keys.rotate().rewrapped == 0
        assert library.master_keys.show().lost == 0
    else:
        with pytest.raises(PermissionDenied):
            library.master_keys.show()
