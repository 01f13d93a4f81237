"""Routes that help to write queries, over a made library."""

from __future__ import annotations

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
