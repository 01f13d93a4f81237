"""Saved searches over HTTP and with the SDK: shared with the workspace, by name, with who made them."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.model.access import LIBRARY
from mirrorlake.services.library import LocalLibrary

SEARCHES = "/api/v1/saved-searches"


def test_a_search_is_saved_renamed_and_deleted(client: TestClient) -> None:
    made = client.post(SEARCHES, json={"name": " Night shots ", "query": "metadata.night:true sort:name"})
    assert (made.status_code, made.json()["name"]) == (201, "Night shots")
    assert made.json()["created_by"] == "the holder of the access token"
    one = f"{SEARCHES}/{made.json()['id']}"
    assert client.post(SEARCHES, json={"name": "Night shots", "query": ""}).status_code == 409
    other = client.post(SEARCHES, json={"name": "everything", "query": ""}).json()
    assert [row["name"] for row in client.get(SEARCHES).json()] == ["everything", "Night shots"]
    assert client.patch(one, json={"name": "everything"}).status_code == 409
    changed = client.patch(one, json={"name": "Nights"}).json()
    assert (changed["name"], changed["query"]) == ("Nights", "metadata.night:true sort:name")
    assert client.patch(one, json={"query": "tag:a"}).json()["query"] == "tag:a"
    assert client.delete(one).status_code == 204
    assert client.delete(one).status_code == 404
    assert client.patch(one, json={"name": "x"}).status_code == 404
    assert [row["id"] for row in client.get(SEARCHES).json()] == [other["id"]]
    kinds = client.get("/api/v1/activity", params={"kind": "saved_search"}).json()
    assert [line["action"] for line in kinds] == ["delete", "change", "change", "add", "add"]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"name": "a", "query": "metadata.n:>"}, 400, "query-error"),
        ({"name": " ", "query": ""}, 400, "usage-error"),
        ({"name": "a\nb", "query": ""}, 400, "usage-error"),
        ({"name": "x" * 101, "query": ""}, 422, "invalid-request"),
        ({"name": "a"}, 422, "invalid-request"),
    ],
)
def test_a_wrong_search_is_not_saved(client: TestClient, body: dict[str, str], status: int, kind: str) -> None:
    before = client.get(SEARCHES).json()
    answer = client.post(SEARCHES, json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:mirrorlake:{kind}")
    assert client.get(SEARCHES).json() == before


def test_a_saved_search_is_found_by_its_name(library: Library) -> None:
    searches = LocalLibrary(library.resources, LIBRARY).saved_searches
    made = searches.add("nights", "metadata.night:true")
    assert searches.named("nights") == made
    with pytest.raises(NotFound):
        searches.named("days")
    with pytest.raises(UsageError, match="Nothing would change"):
        searches.change(made.id)
