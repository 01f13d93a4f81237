"""Routes that help to write queries, over a made library."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


def test_keys_are_listed_with_types_and_values(client: TestClient) -> None:
    found = client.get("/api/v1/search/keys", params={"contains": "sc"}).json()
    assert [one["key"] for one in found["keys"]] == ["score"]
    assert (found["total"], found["pending"], found["keys"][0]["type"]) == (5, 0, "number")
    one = client.get("/api/v1/search/keys/camera.id").json()
    assert (one["key"], one["type"], one["mixed"]) == ("camera.id", "string", False)


def test_an_unknown_key_is_not_found_and_the_nearest_is_named(client: TestClient) -> None:
    answer = client.get("/api/v1/search/keys/camra.id")
    assert answer.status_code == 404
    assert "camera.id" in answer.text
    assert client.get("/api/v1/search/keys/.x").status_code == 400


def test_a_query_is_completed_at_a_position(client: TestClient) -> None:
    query = "tag:x metadata.pla tag:y"
    found = client.get(
        "/api/v1/search/completions", params={"query": query, "position": len("tag:x metadata.pla")}
    ).json()
    assert query[found["start"] : found["end"]] == "metadata.pla"
    assert found["suggestions"][0]["text"] == "metadata.place"
    assert client.get("/api/v1/search/completions", params={"query": "x", "position": 5}).status_code == 400


def test_facets_add_up_to_the_result(client: TestClient) -> None:
    total = client.get("/api/v1/assets", params={"query": "metadata.night:true", "limit": 1}).json()["total"]
    found = client.get(
        "/api/v1/search/facets", params={"query": "metadata.night:true", "keys": "metadata.shift,size"}
    ).json()
    shift, size = found["facets"]
    assert sum(one["assets"] for one in shift["values"]) == sum(one["assets"] for one in size["bins"]) == total
    assert client.get("/api/v1/search/facets", params={"keys": "nothing"}).status_code == 400


def test_keys_are_counted_again_on_request(client: TestClient) -> None:
    assert client.post("/api/v1/search/recount").json()["pending"] > 0


@pytest.mark.parametrize(
    ("query", "meant"),
    [("scoer>20", "sort: or metadata.score:"), ("tag:x night:true", "metadata.night:"), ("sitze:7", "size:")],
)
@pytest.mark.parametrize("path", ["assets", "search/facets", "edits/preview"])
def test_a_key_that_was_written_like_a_field_is_recognised(
    client: TestClient, path: str, query: str, meant: str
) -> None:
    if path == "edits/preview":
        answer = client.post(f"/api/v1/{path}", json={"query": query, "addTags": ["x"]})
    else:
        answer = client.get(f"/api/v1/{path}", params={"query": query})
    assert answer.json()["type"] == "urn:mirrorlake:query-error"
    assert f"Did you mean {meant}" in answer.json()["fix"]


def test_a_query_that_finds_too_much_names_the_key_that_no_asset_has(client: TestClient) -> None:
    everything = client.get("/api/v1/assets", params={"limit": 1}).json()
    assert (everything["total"] > 0, everything["notes"]) == (True, [])
    note = "No asset has the metadata key `scoer`. Did you mean `metadata.score`?"
    for query in ("-metadata.scoer>5", "metadata.scoer>5 OR -tag:zebra", "sort:metadata.scoer"):
        page = client.get("/api/v1/assets", params={"query": query, "limit": 1}).json()
        assert (page["total"], page["notes"][0]) == (everything["total"], note), query
    preview = client.post("/api/v1/edits/preview", json={"query": "-metadata.scoer>5", "addTags": ["x"]}).json()
    assert (preview["assets"], preview["notes"]) == (everything["total"], [note])
    assert client.post("/api/v1/trash/preview", json={"query": "metadata.score>5"}).json()["notes"] == []
