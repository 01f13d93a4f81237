"""Changes with If-Match, over HTTP: nobody overwrites what somebody else has changed meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

ANNOTATIONS = "/api/v1/assets/1001/annotations"
ONTOLOGY = "/api/v1/ontologies/site"
STALE = {"If-Match": '"stale"'}
CLASS = {"name": "forklift", "shape": "box", "colour": "#1e90ff"}


def boxes(*sides: float) -> dict[str, Any]:
    rows = [
        {"class_name": "forklift", "shape": "box", "geometry": {"x": 0, "y": 0, "width": side, "height": side}}
        for side in sides
    ]
    return {"ontology": "site", "annotations": rows}


@pytest.fixture
def read(client: TestClient, library: Library) -> dict[str, str]:
    """The precondition of somebody who has read the annotations of an asset."""
    client.put(ONTOLOGY, json={"classes": [CLASS]})
    client.put(f"{ONTOLOGY}s", json={"classes": [CLASS]})
    client.put(ANNOTATIONS, json=boxes(0.1))
    return {"If-Match": client.get(ANNOTATIONS).headers["etag"]}


def test_of_two_people_who_draw_the_second_one_is_told(client: TestClient, read: dict[str, str]) -> None:
    assert client.put(ANNOTATIONS, json=boxes(0.1, 0.2), headers=read).status_code == 200
    second = client.put(ANNOTATIONS, json=boxes(0.1, 0.3), headers=read)
    assert (second.status_code, second.json()["type"]) == (412, "urn:mirrorlake:stale-version")
    assert "changed since you read it" in second.json()["detail"]
    assert [one["geometry"]["width"] for one in client.get(ANNOTATIONS).json()] == [0.1, 0.2]
    again = {"If-Match": client.get(ANNOTATIONS).headers["etag"]}
    assert client.put(ANNOTATIONS, json=boxes(0.1, 0.2, 0.3), headers=again).status_code == 200


def test_of_many_at_once_one_is_made(client: TestClient, read: dict[str, str]) -> None:
    with ThreadPoolExecutor(6) as pool:
        sides = [number / 10 for number in range(2, 8)]
        made = pool.map(lambda side: client.put(ANNOTATIONS, json=boxes(side), headers=read).status_code, sides)
    assert sorted(made) == [200, 412, 412, 412, 412, 412]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/v1/datasources/orchard", {"title": "Another"}),
        ("PATCH", "/api/v1/projects/Ripeness%202026", {"description": "Another"}),
        ("PUT", ONTOLOGY, {"classes": [CLASS, CLASS | {"name": "crate"}]}),
        ("DELETE", f"{ONTOLOGY}s", None),
        ("PATCH", "/api/v1/assets/1001", {"addTags": ["another"]}),
    ],
)
def test_every_change_heeds_it(
    client: TestClient, read: dict[str, str], method: str, path: str, body: dict[str, Any] | None
) -> None:
    before = client.get(path)
    assert before.status_code == 200, before.text
    assert client.request(method, path, json=body, headers=STALE).status_code == 412
    assert client.get(path).json() == before.json()
    present = {"If-Match": before.headers["etag"]}
    assert client.request(method, path, json=body, headers=present).status_code in {200, 204}


def test_any_state_can_be_asked_for(client: TestClient, read: dict[str, str]) -> None:
    assert client.put(ANNOTATIONS, json=boxes(), headers={"If-Match": "*"}).json() == []
    tags = f'"another", {client.get(ANNOTATIONS).headers["etag"]}'
    assert client.put(ANNOTATIONS, json=boxes(0.4), headers={"If-Match": tags}).status_code == 200


def test_what_is_not_there_is_not_made(client: TestClient, library: Library) -> None:
    assert client.put(ONTOLOGY, json={"classes": [CLASS]}, headers={"If-Match": "*"}).status_code == 412
    assert client.get(ONTOLOGY).status_code == 404
    assert client.delete(ONTOLOGY, headers=STALE).status_code == 404
    assert client.put("/api/v1/nothing", headers=STALE).status_code == 404


@pytest.mark.parametrize("path", ["assets", "assets.arrow", "jobs/events", "assets/1000/original"])
def test_what_no_method_changes_is_not_read_either(client: TestClient, path: str) -> None:
    answer = client.delete(f"/api/v1/{path}", headers=STALE)
    assert (answer.status_code, "GET" in answer.headers["allow"]) == (405, True)
    assert answer.json()["fix"] == f"Allowed methods: {answer.headers['allow']}."


def test_the_contract_names_it(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    operation = paths["/api/v1/assets/{asset_id}/annotations"]["put"]
    assert [one["in"] for one in operation["parameters"] if one["name"] == "If-Match"] == ["header"]
    assert "412" in operation["responses"]
