"""Workspaces over HTTP: one does not show what another one has, whatever is asked."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from psycopg import sql
from tests.unit.api.conftest import TOKEN, Library

from mirrorlake.catalog import workspaces
from mirrorlake.client.connection import Connection
from mirrorlake.client.workspaces import WorkspaceClient
from mirrorlake.connections.signatures import HEADER, sign
from mirrorlake.core.errors import Conflict, NotFound, UsageError
from mirrorlake.model.workspaces import Limits, Workspace
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary

OTHER = {"Mirrorlake-Workspace": "other"}
# Valid bodies and parameters, so that what is refused is the noun. An operation without an entry gets none.
BODIES: dict[str, dict[str, Any]] = {
    "editAsset": {"add_tags": ["seen"]},
    "replaceAnnotations": {"ontology": "site", "annotations": []},
    "changeConnection": {"settings": {}},
    "changeDatasource": {"patterns": []},
    "setEvents": {"kind": "webhook"},
    "addToProject": {"assets": ["1001"]},
    "removeFromProject": {"assets": ["1001"]},
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "deleteDatasource": {"acknowledge": 0},
    "purgeTrash": {"acknowledge": 1},
    "explainKey": {"key": "a.png"},
    "compareSnapshots": {"with": "2"},
}
# They create what does not exist, or are about workspaces themselves, or their body is refused first.
EXEMPT = {"saveOntology", "getWorkspace", "changeWorkspace", "deleteWorkspace", "changeConnection", "changeDatasource"}
NOT_HERE = ("getOriginal", "getAssetPage", "getEvents", "watchJob")  # no object, no HTML, and streams without an end
LISTS = ("assets", "datasources", "runs", "jobs", "projects", "connections", "webhooks", "ontologies")


@pytest.fixture
def names(client: TestClient, library: Library) -> dict[str, str]:
    """A noun of each kind in the workspace `default`, by the beginning of its path; `other` is empty."""
    local = LocalLibrary(library.resources, local_user())
    local.workspaces.create("other")
    webhook = local.webhooks.add("https://hooks.example.org/in")
    client.put("/api/v1/ontologies/site", json={"classes": [{"name": "a", "shape": "box", "colour": "#1e90ff"}]})
    local.projects.add("mine", ["1001"])
    job = local.jobs.check_thumbnails()
    return {
        "assets": "1001",
        "datasources": quote(local.datasources.list()[0].name, safe=""),
        "runs": str(local.runs.list(limit=1)[0].id),
        "jobs": str(job.id),
        "projects": "mine",
        "webhooks": str(webhook.id),
        "ontologies": "site",
    }


def test_nouns_of_another_workspace_do_not_exist_on_any_route(
    client: TestClient, library: Library, names: dict[str, str]
) -> None:
    before = library.content()
    contract = client.get("/api/v1/openapi.json").json()
    seen = 0
    for path, operations in contract["paths"].items():
        if "{" not in path:
            continue
        noun = path.split("/")[3]
        address = path[: path.index("{")] + names.get(noun, "1") + path[path.index("}") + 1 :]
        address = re.sub(r"{\w+}", "1", address)
        for method, operation in operations.items():
            name = operation["operationId"]
            required = {one["name"] for one in operation.get("parameters", ()) if one.get("required")}
            given = PARAMETERS.get(name) or ({"acknowledge": 0} if "acknowledge" in required else None)
            words = {"params": given, "json": BODIES.get(name)}
            answer = client.request(method.upper(), address, headers=OTHER, **words)
            seen += 1
            if name not in EXEMPT and (name in BODIES or "requestBody" not in operation):
                signed = name == "sendEvents"
                assert answer.status_code == (422 if signed else 404), (name, answer.text)
            elif name not in EXEMPT:
                assert 400 <= answer.status_code < 500, (name, answer.text)
            if method == "get" and noun in names and name not in NOT_HERE:
                assert client.get(address, params=PARAMETERS.get(name)).status_code != 404, (name, address)
    assert seen > 40
    assert library.content() == before


def test_a_change_of_name_and_limits_is_made_as_a_whole_or_not(client: TestClient, names: dict[str, str]) -> None:
    taken = client.patch("/api/v1/workspaces/other", json={"name": "default", "limits": {"assets": 7}})
    assert taken.status_code == 409
    assert client.get("/api/v1/workspaces/other").json()["limits"]["assets"] is None
    changed = client.patch("/api/v1/workspaces/other", json={"name": "another", "limits": {"assets": 7}}).json()
    assert (changed["name"], changed["limits"]["assets"]) == ("another", 7)


def test_lists_of_another_workspace_are_its_own(client: TestClient, names: dict[str, str]) -> None:
    for noun in LISTS:
        own = client.get(f"/api/v1/{noun}", headers=OTHER)
        assert own.status_code == 200
        assert own.headers["vary"] == "Mirrorlake-Workspace"
        assert (own.json()["items"] if noun == "assets" else own.json()) == [], noun
        if noun in names:
            assert client.get(f"/api/v1/{noun}").json(), noun
    assert client.get("/api/v1/activity", headers=OTHER).json() == []


def test_a_workspace_is_named_by_header_or_address_and_an_unknown_one_is_not_found(
    client: TestClient, names: dict[str, str]
) -> None:
    assert client.get("/api/v1/datasources", params={"workspace": "other"}).json() == []
    assert client.get("/api/v1/datasources", params={"workspace": "default"}).json()
    gone = client.get("/api/v1/datasources", headers={"Mirrorlake-Workspace": "g%C3%B6ne"})
    assert gone.status_code == 404
    assert "no workspace named göne" in gone.json()["detail"]


def test_signed_events_name_the_workspace_in_their_address(client: TestClient, names: dict[str, str]) -> None:
    receiver = f"/api/v1/datasources/{names['datasources']}/events"
    secret = client.put(receiver, json={"kind": "webhook"}).json()["secret"]
    content = b'{"events": [{"key": "a.png"}]}'
    headers = {HEADER: sign(secret, content, int(time.time())), "content-type": "application/json", "authorization": ""}
    address = f"/api/v1/events/{names['datasources']}"

    assert client.post(address, headers=headers, content=content).status_code == 202
    assert client.post(address, headers=headers, content=content, params={"workspace": "default"}).status_code == 202
    assert client.post(address, headers=headers, content=content, params={"workspace": "other"}).status_code == 403
    assert client.post(address, headers=headers, content=content, params={"workspace": "none"}).status_code == 403


def test_the_sdk_creates_limits_renames_and_deletes_workspaces(client: TestClient, library: Library) -> None:
    connection = Connection("http://127.0.0.1:8000", TOKEN)
    connection._http = client  # type: ignore[assignment]
    client.base_url = "http://127.0.0.1:8000/api/v1"
    spaces = WorkspaceClient(connection)
    made = spaces.create("Team Ö", Limits(assets=10))
    assert (made.name, made.assets, made.bytes, made.limits) == ("Team Ö", 0, 0, Limits(assets=10))
    assert [one.name for one in spaces.list()] == ["default", "Team Ö"]
    assert spaces.get("default").assets > 300
    with pytest.raises(Conflict, match="exists already"):
        spaces.create("Team Ö")
    with pytest.raises(UsageError, match="without slashes"):
        spaces.create("a/b")
    assert spaces.limit("Team Ö", Limits(bytes=5)).limits == Limits(bytes=5)
    assert spaces.rename("Team Ö", "crew").limits == Limits(bytes=5)
    with pytest.raises(NotFound):
        spaces.get("Team Ö")
    with pytest.raises(Conflict):
        spaces.rename("crew", "default")
    for forbidden in (lambda: spaces.rename("default", "x"), lambda: spaces.delete("default", acknowledge=0)):
        with pytest.raises(UsageError, match="cannot be"):
            forbidden()
    with pytest.raises(UsageError, match="has 0 assets, not 3"):
        spaces.delete("crew", acknowledge=3)
    assert isinstance(spaces.delete("crew", acknowledge=0), Workspace)
    with pytest.raises(NotFound):
        spaces.get("crew")
    found = LocalLibrary(library.resources, local_user()).activity.list(limit=2)
    assert [(one.action, one.subject) for one in found] == [("delete", "crew"), ("create", "Team Ö")]


def test_a_workspace_that_another_server_deleted_is_not_found(client: TestClient, library: Library) -> None:
    LocalLibrary(library.resources, local_user()).workspaces.create("other")
    assert client.get("/api/v1/jobs", headers=OTHER).status_code == 200  # this server remembers that it is admitted
    catalog = library.resources.catalog
    space = workspaces.find(catalog, "other")
    with catalog.write() as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(str(space.schema))))
    for address in ("/api/v1/jobs", "/api/v1/jobs/events", "/api/v1/assets"):
        answer = client.get(address, headers=OTHER)
        assert (answer.status_code, answer.json()["detail"]) == (404, "This workspace was deleted."), address
