"""One policy per route: every operation × role × unknown id or foreign workspace, from the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from tests.support.made_library import Template, copy_of
from tests.support.postgres import Server
from tests.unit.api.conftest import TOKEN

from mirrorlake.api.guards import PROVIDER, PUBLIC, SIGNED
from mirrorlake.api.routing import POLICY, Open, PolicyRoute, is_api
from mirrorlake.model.access import PERMISSIONS, Permission, Role
from mirrorlake.services.base import open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.library import LocalLibrary

UNKNOWN = {"asset_id": "999999", "name": "nothing-here", "preview_id": "nothing", "version": "1"}

# Without what needs another permission too: `reprocessings` by its stage, exports into a bucket by their place.
_NONE = {"query": "id:0"}
VALID: dict[str, dict[str, Any]] = {
    "/api/v1/edits": {**_NONE, "addTags": ["seen"]},
    "/api/v1/edits/preview": {**_NONE, "addTags": ["seen"]},
    "/api/v1/trash": _NONE,
    "/api/v1/trash/preview": _NONE,
    "/api/v1/restorations": _NONE,
    "/api/v1/restorations/preview": _NONE,
    "/api/v1/projects": {"name": "Of a valid body"},
    "/api/v1/saved-searches": {"name": "Of a valid body", **_NONE},
    "/api/v1/exports": {**_NONE, "format": "csv"},
}
MORE = {"/api/v1/assets.arrow": "labels:read"}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    needs: str
    has_input: bool  # which may be missing, and then is refused before anything is searched for

    @property
    def address(self) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: UNKNOWN.get(match[1], "999999"), self.path)


def operations(app: FastAPI) -> list[Operation]:
    document: Mapping[str, Any] = app.openapi()
    return [
        Operation(
            method=method.upper(),
            path=path,
            needs=described[POLICY],
            has_input="requestBody" in described
            or any(each["required"] for each in described.get("parameters", ()) if each["in"] == "query"),
        )
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


@pytest.fixture(scope="module")
def served(postgres_server: Server, template: Template, app: FastAPI) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A library, and a key of each role and of each single permission by name."""
    with open_resources(copy_of(postgres_server, template)) as resources:
        library = LocalLibrary(resources, local_user())
        keys = {role.value: library.api_keys.create(role.value, role=role).key for role in Role}
        for one in Permission:
            name = one.value.replace(":", "-")
            keys[one.value] = library.api_keys.create(name, permissions={one}).key
        app.state.library_for = partial(LocalLibrary, resources)
        app.state.entrance = Entrance(resources.catalog, resources.settings, TOKEN)
        address = "http://127.0.0.1:8000"
        with TestClient(app, base_url=address, raise_server_exceptions=False, follow_redirects=False) as client:
            yield client, {name: str(key) for name, key in keys.items()}


def ask(served: tuple[TestClient, dict[str, str]], one: Operation, key: str, **headers: str) -> Any:
    client, keys = served
    # The stream of all jobs does not end: an id of no event is refused after the permission was checked.
    given = {"authorization": f"Bearer {keys[key]}", "last-event-id": "none", **headers}
    return client.request(one.method, one.address, headers=given)


def test_every_route_declares_its_policy(app: FastAPI) -> None:
    for context in iter_route_contexts(app.routes):
        if context.path is not None and is_api(context.path):
            assert isinstance(context.original_route, PolicyRoute), context.path
    known = {each.value for each in (*Permission, *Open)}
    assert {one.needs for one in operations(app)} <= known
    assert {
        one.path for one in operations(app) if one.needs == Open.PUBLIC
    } == PUBLIC - PROVIDER  # which no script visits


def test_every_role_gets_what_its_permissions_allow_and_nothing_else(
    served: tuple[TestClient, dict[str, str]], app: FastAPI
) -> None:
    checked = 0
    for one in operations(app):
        if one.needs == Open.PUBLIC or one.path.startswith(SIGNED):
            continue
        for role in Role:
            answer = ask(served, one, role)
            if one.needs == Open.SIGNED_IN or Permission(one.needs) in PERMISSIONS[role]:
                assert answer.status_code not in {401, 403}, (one, role, answer.text)
                if "{" in one.path:
                    assert answer.status_code in ({404, 400, 422} if one.has_input else {404}), (one, role, answer.text)
            else:
                assert answer.status_code == 403, (one, role, answer.text)
                assert answer.json()["permission"] == one.needs, (one, role)
            checked += 1
    assert checked > 300


def test_one_permission_is_enough_for_its_routes(served: tuple[TestClient, dict[str, str]], app: FastAPI) -> None:
    for one in operations(app):
        if one.needs in {each.value for each in Permission} and not one.path.startswith(SIGNED):
            answer = ask(served, one, one.needs)
            if one.path in MORE:  # what it contains by default needs another one too
                assert (answer.status_code, answer.json()["permission"]) == (403, MORE[one.path])
            else:
                assert answer.status_code not in {401, 403}, one


@pytest.mark.parametrize("key", [Role.VIEWER, Role.EDITOR])
def test_a_valid_body_is_judged_as_the_route_says(
    served: tuple[TestClient, dict[str, str]], app: FastAPI, key: Role
) -> None:
    """An empty body is refused after the permission of the route, and before what its service requires."""
    needed = {(one.method, one.path): one.needs for one in operations(app)}
    client, keys = served
    for path, body in VALID.items():
        answer = client.post(path, json=body, headers={"authorization": f"Bearer {keys[key]}"})
        if Permission(needed["POST", path]) in PERMISSIONS[key]:
            assert answer.status_code in {200, 201, 202}, (path, answer.text)
        else:
            assert (answer.status_code, answer.json()["permission"]) == (403, needed["POST", path]), path


def test_a_foreign_workspace_is_not_found_whatever_the_route(
    served: tuple[TestClient, dict[str, str]], app: FastAPI
) -> None:
    for one in operations(app):
        if one.needs != Open.PUBLIC and not one.path.startswith(SIGNED):
            answer = ask(served, one, Role.OWNER, **{"mirrorlake-workspace": "elsewhere"})
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:mirrorlake:not-found"), one
            assert "no workspace named elsewhere" in answer.json()["detail"]


def test_roles_contain_each_other_and_only_owners_delete_and_manage() -> None:
    assert PERMISSIONS[Role.VIEWER] < PERMISSIONS[Role.EDITOR] < PERMISSIONS[Role.DEVELOPER] < PERMISSIONS[Role.OWNER]
    assert PERMISSIONS[Role.OWNER] == set(Permission) - {
        Permission.WORKSPACES_MANAGE,
        Permission.METRICS_READ,
    }
    assert {each.value for each in PERMISSIONS[Role.OWNER] - PERMISSIONS[Role.DEVELOPER]} >= {
        "datasources:delete", "library:maintain", "members:edit", "keys:edit", "audit:read",
    }  # fmt: skip
    assert all(each.value.endswith(":read") for each in PERMISSIONS[Role.VIEWER])
