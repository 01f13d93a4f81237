"""What people decide over HTTP: consent, restoring, deleting, projects. Names are taken as they are."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library
from tests.unit.api.waiting import executed


def test_consent_starts_a_run_and_is_asked_for_only_once(client: TestClient, library: Library) -> None:
    held = client.get("/api/v1/runs/6").json()
    consent = {"run": 6, "plan_hash": held["hold"]["plan_hash"], "count": held["hold"]["count"]}

    answer = client.post("/api/v1/runs/confirm", json=consent)

    assert answer.status_code == 202
    assert answer.json()["trigger"] == "confirm"
    done = executed(client, library, f"/api/v1/runs/{answer.json()['id']}")
    assert (done["state"], done["confirms"]) == ("succeeded", 6)
    assert client.get("/api/v1/runs/6").json()["hold"]["confirmed_by"] == answer.json()["id"]
    again = client.post("/api/v1/runs/confirm", json=consent)
    assert again.status_code == 409
    assert again.json()["type"] == "urn:mirrorlake:conflict"


@pytest.mark.parametrize(
    ("consent", "status"),
    [
        ({"run": 6, "count": 54}, 400),
        ({"run": 6, "plan_hash": "0" * 64}, 409),
        ({"run": 3}, 404),
        ({"run": 0}, 422),
        ({"run": "6"}, 422),
        ({"run": 6, "all": True}, 422),
        (None, 422),
    ],
)
def test_consent_to_something_else_does_nothing(client: TestClient, library: Library, consent, status: int) -> None:
    before = library.content(), client.get("/api/v1/runs").json()
    answer = client.post("/api/v1/runs/confirm", json=consent)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (library.content(), client.get("/api/v1/runs").json()) == before


def test_what_goes_is_told_before_it_is_asked_for(client: TestClient, library: Library) -> None:
    before = library.content()
    told = client.get("/api/v1/datasources/harbour cams/deletion").json()
    assert told["deleted"] is False
    assert client.delete("/api/v1/datasources/harbour cams").status_code == 422
    assert client.delete("/api/v1/datasources/harbour cams", params={"acknowledge": 0}).status_code == 400
    assert library.content() == before

    done = client.delete("/api/v1/datasources/harbour cams", params={"acknowledge": told["acknowledge"]})

    assert done.status_code == 200
    assert done.json() == told | {"deleted": True}
    assert client.get("/api/v1/datasources/harbour cams/deletion").status_code == 404


def test_only_what_is_in_the_trash_is_restored(client: TestClient, library: Library) -> None:
    before = library.content()
    assert client.post("/api/v1/assets/1000/restore").status_code == 409
    assert client.post("/api/v1/assets/9999/restore").status_code == 404
    assert library.content() == before
    answer = client.post("/api/v1/assets/1300/restore")
    assert answer.status_code == 200
    assert answer.json()["asset"]["state"] == "missing"  # its file is gone


@pytest.mark.parametrize("name", ["plain", "a/b", "x/add", "ü 100%", "..", "?q#f", "remove"])
def test_any_name_of_a_project_reaches_it(client: TestClient, library: Library, name: str) -> None:
    address = f"/api/v1/projects/{quote(name, safe='').replace('.', '%2E')}"
    added = client.post(f"{address}/add", json={"assets": ["1001", "1002"]})
    assert (added.status_code, added.json()) == (200, {"changed": 2})
    assert {"name": name, "assets": 2, "missing": 0} in client.get("/api/v1/projects").json()
    assert client.post(f"{address}/remove", json={"assets": ["1001", "1003"]}).json() == {"changed": 1}
    assert {"name": name, "assets": 1, "missing": 0} in client.get("/api/v1/projects").json()


@pytest.mark.parametrize("assets", [[], ["x" * 65], "1001", [1001], ["1"] * 1001])
def test_a_project_takes_some_ids_at_once(client: TestClient, library: Library, assets: object) -> None:
    before = library.content()
    assert client.post("/api/v1/projects/p/add", json={"assets": assets}).status_code == 422
    assert library.content() == before


def test_a_key_is_explained_whatever_it_holds(client: TestClient) -> None:
    key = "a//../ü\t%2F?&#.jpg"
    answer = client.get("/api/v1/datasources/harbour cams/explain", params={"key": key})
    assert answer.json()["key"] == key
    assert client.get("/api/v1/datasources/none/explain", params={"key": key}).status_code == 404
    assert client.get("/api/v1/datasources/harbour cams/explain").status_code == 422


def test_merging_again_is_answered_with_its_run(client: TestClient, library: Library) -> None:
    begun = client.post("/api/v1/datasources/harbour cams/reapply")
    assert (begun.status_code, begun.json()["trigger"]) == (202, "reapply")
    assert executed(client, library, f"/api/v1/runs/{begun.json()['id']}")["state"] == "succeeded"


def test_a_pass_at_work_is_told_apart_from_other_conflicts(client: TestClient, library: Library) -> None:
    answer = client.post("/api/v1/datasources/orchard/reapply")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:mirrorlake:pass-running")


def test_the_trash_is_emptied_by_the_number_that_was_asked_for(client: TestClient, library: Library) -> None:
    address = "/api/v1/datasources/harbour cams/purge"
    before = library.content()
    told = client.get(address, params={"days": 1}).json()
    worked_on = {"worked_on": 2, "annotated": 0, "tagged": 2, "edited": 0}
    assert told == {"datasource": "harbour cams", "days": 1, "acknowledge": 3, **worked_on}
    assert client.post(address).status_code == 422  # nobody said a number
    assert client.post(address, params={"days": 1, "acknowledge": 2}).status_code == 400
    assert client.post(address, params={"days": 91, "acknowledge": 3}).status_code == 409
    assert library.content() == before
    begun = client.post(address, params={"days": 1, "acknowledge": told["acknowledge"]})
    assert begun.status_code == 202
    assert executed(client, library, f"/api/v1/runs/{begun.json()['id']}")["counts"]["removed"] == 3
    assert client.get("/api/v1/assets/1300").status_code == 404
