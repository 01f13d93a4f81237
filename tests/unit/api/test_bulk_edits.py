"""Bulk edits over HTTP: one request, answered with a job; and edits that must not overwrite somebody else's."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

from mirrorlake.jobs.worker import Stop, Worker

ASSET = "/api/v1/assets/1001"


def work(library: Library) -> None:
    """Do what is queued, as a worker does."""
    assert Worker(library.settings, library.resources.catalog, jobs=1, log=lambda _line: None, stop=Stop()).step()


def test_one_request_tags_what_a_query_finds_and_another_one_undoes_it(client: TestClient, library: Library) -> None:
    before = library.content()
    body = {"query": "metadata.night:true", "addTags": ["x"], "metadata": {"n": 1}, "add_projects": ["p"]}
    preview = client.post("/api/v1/edits/preview", json=body).json()
    assert (library.content(), preview["assets"]) == (before, preview["changed"])
    answer = client.post("/api/v1/edits", json=body)
    assert (answer.status_code, answer.json()["state"], answer.json()["kind"]) == (202, "queued", "edit")
    work(library)
    job = client.get(f"/api/v1/jobs/{answer.json()['id']}").json()
    assert job["result"]["changed"] == preview["changed"] > 0
    found = client.get("/api/v1/assets", params={"query": "tag:x project:p metadata.n:1"}).json()
    assert found["total"] == preview["changed"]
    changes = client.get(f"/api/v1/assets/{found['items'][0]['id']}/history").json()
    assert [(one["action"], one["job"], one["tags_added"]) for one in changes] == [("bulk_edit", job["id"], ["x"])]
    undo = client.post(f"/api/v1/jobs/{job['id']}/undo")
    assert undo.status_code == 202
    work(library)
    result = client.get(f"/api/v1/jobs/{undo.json()['id']}").json()["result"]
    [undone] = client.get("/api/v1/activity", params={"action": "undo"}).json()
    assert (undone["actor_kind"], undone["address"]) == ("token", "testclient")  # of who requested it, not of a worker
    assert (result["restored"], result["left"]) == (preview["changed"], 0)
    assert client.get("/api/v1/assets", params={"query": "tag:x OR metadata.n:1"}).json()["total"] == 0
    assert client.post(f"/api/v1/jobs/{job['id']}/undo").status_code == 409


def test_assets_are_moved_to_the_trash_and_restored(client: TestClient, library: Library) -> None:
    chosen = {"assets": ["1001", "1002"]}
    for kind, before, after in (("trash", "present", "trash"), ("restorations", "trash", "present")):
        assert client.get(ASSET).json()["asset"]["state"] == before
        assert client.post(f"/api/v1/{kind}/preview", json=chosen).json() == {"assets": 2, "changed": 2, "notes": []}
        assert client.post(f"/api/v1/{kind}", json=chosen).status_code == 202
        work(library)
        assert client.get(ASSET).json()["asset"]["state"] == after
    assert [one["action"] for one in client.get(f"{ASSET}/history").json()] == ["restore", "trash"]


def test_each_asset_of_a_request_may_have_a_change_of_its_own(client: TestClient, library: Library) -> None:
    updates = [{"imageId": "1001", "addTags": ["a"]}, {"asset": "1002", "metadata": {"n": 2}}]
    assert client.post("/api/v1/edits", json={"updates": updates}).status_code == 202
    work(library)
    assert client.get(ASSET).json()["asset"]["tags"][:1] == ["a"]
    assert client.get("/api/v1/assets/1002").json()["asset"]["metadata"]["n"] == 2


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"query": "metadata.n:>", "add_tags": ["a"]}, 400, "query-error"),
        ({"query": "", "assets": ["1001"], "add_tags": ["a"]}, 400, "usage-error"),
        ({"add_tags": ["a"]}, 400, "usage-error"),
        ({"query": ""}, 400, "usage-error"),
        ({"query": "", "metadata": {"a b": 1}}, 400, "usage-error"),
        ({"query": "", "metadata": {"a": None}}, 422, "invalid-request"),
        ({"query": "", "metadata": {"a": {"b": 1}}}, 422, "invalid-request"),
        ({"query": "", "metadata": {"a": "x" * 10_000_000}}, 413, "body-too-large"),
        ({"query": "", "add_tags": [str(n) for n in range(100_000)]}, 422, "invalid-request"),
        ({"assets": ["1001", "none"], "add_tags": ["a"]}, 404, "not-found"),
        ({"assets": ["1001", "999999"], "add_tags": ["a"]}, 404, "not-found"),
        ({"updates": [{"asset": "1001", "add_tags": ["a"]}], "query": ""}, 400, "usage-error"),
        ({"updates": [{"asset": "1001"}]}, 400, "usage-error"),
        ({"updates": [{"asset": "1001", "set": 1}]}, 422, "invalid-request"),
    ],
)
def test_a_wrong_request_is_refused_with_its_reason(
    client: TestClient, library: Library, body: dict[str, Any], status: int, kind: str
) -> None:
    for address in ("/api/v1/edits", "/api/v1/edits/preview"):
        answer = client.post(address, json=body)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:mirrorlake:{kind}")
    assert client.get("/api/v1/jobs", params={"kind": "edit"}).json() == []


def test_an_edit_of_what_somebody_else_has_changed_is_refused(client: TestClient, library: Library) -> None:
    first = client.get(ASSET)
    etag = first.headers["etag"]
    assert etag == f'"{first.json()["revision"]}"'
    assert client.get(ASSET, headers={"If-None-Match": etag}).status_code == 304
    mine = client.patch(ASSET, json={"addTags": ["mine"]}, headers={"If-Match": etag})
    assert (mine.status_code, mine.headers["etag"] != etag) == (200, True)
    stale = client.patch(ASSET, json={"addTags": ["theirs"]}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:mirrorlake:stale-version")
    assert stale.json()["fix"]
    assert client.get(ASSET).headers["etag"] == mine.headers["etag"]
    assert client.patch(ASSET, json={"addTags": ["any"]}, headers={"If-Match": "*"}).status_code == 200


def test_only_a_bulk_edit_is_undone(client: TestClient, library: Library) -> None:
    answer = client.post("/api/v1/jobs/1/undo")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:mirrorlake:not-found")
