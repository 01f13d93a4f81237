"""Editing an asset over HTTP: one request is one change, and only our own pages and keys may make it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import TOKEN, Library

ASSET = "/api/v1/assets/1001"
CHANGE = {"addTags": ["seen"]}


def test_one_request_sets_removes_and_tags(client: TestClient, library: Library) -> None:
    before = client.get(ASSET).json()

    answer = client.patch(
        ASSET,
        json={
            "metadata": {"weight": 2.5, "count": 3, "ok": True, "side": "front"},
            "removeMetadata": ["place"],
            "addTags": [" seen "],
            "removeTags": before["asset"]["tags"],
        },
    )

    assert answer.status_code == 200
    after = answer.json()
    assert after == client.get(ASSET).json()
    assert after["asset"]["tags"] == ["seen"]
    told = {key: (entry["value"], entry["source"]) for key, entry in after["metadata"].items()}
    assert told["weight"] == (2.5, "user")
    assert told["count"] == (3, "user")
    assert told["ok"] == (True, "user")
    assert type(told["ok"][0]) is bool
    assert "place" not in told
    assert told["night"] == (before["asset"]["metadata"]["night"], "bucket")


def test_an_empty_change_changes_nothing(client: TestClient, library: Library) -> None:
    before = client.get(ASSET).json()["asset"]
    after = client.patch(ASSET, json={}).json()["asset"]
    assert {**before, "updated": 0} == {**after, "updated": 0}


@pytest.mark.parametrize("asset", ["9999", "none", "%2e%2e", "1001x"])
def test_an_asset_that_is_not_there_is_not_found(client: TestClient, asset: str) -> None:
    answer = client.patch(f"/api/v1/assets/{asset}", json=CHANGE)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"metadata": {"a b": 1}}, 400),
        ({"metadata": {"k": 2**63}}, 400),
        ({"metadata": {"k": "x" * 8193}}, 400),
        ({"metadata": {"k": 1}, "removeMetadata": ["k"]}, 400),
        ({"removeMetadata": [""]}, 400),
        ({"addTags": ["  "]}, 400),
        ({"addTags": ["x" * 101]}, 400),
        ({"removeTags": ["a\nb"]}, 400),
        ({"metadata": {"k": None}}, 422),
        ({"metadata": {"k": [1]}}, 422),
        ({"metadata": {"k": {"deep": 1}}}, 422),
        ({"addTags": "seen"}, 422),
        ({"addTags": [1]}, 422),
        ({"addedTags": ["seen"]}, 422),
        ({"tags": ["seen"]}, 422),
        ({"addTags": [str(number) for number in range(1001)]}, 422),
        ([], 422),
        (None, 422),
    ],
)
def test_what_cannot_be_stored_is_refused_whole(client: TestClient, library: Library, body, status: int) -> None:
    before = library.content()
    answer = client.patch(ASSET, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert library.content() == before


@pytest.mark.parametrize("body", [b'{"metadata": {"k": NaN}}', b'{"metadata": {"k": 1e999}}', b"{", b"\xff"])
def test_what_is_no_json_number_or_no_json_is_refused(client: TestClient, library: Library, body: bytes) -> None:
    before = library.content()
    answer = client.patch(ASSET, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert library.content() == before


def test_a_text_with_half_a_pair_is_refused(client: TestClient, library: Library) -> None:
    before = library.content()
    answer = client.patch(
        ASSET, content=b'{"metadata": {"k": "\\ud800"}}', headers={"content-type": "application/json"}
    )
    assert answer.status_code in {400, 422}
    assert library.content() == before


def test_a_stranger_cannot_edit(stranger: TestClient, library: Library) -> None:
    before = library.content()
    for headers in ({}, {"authorization": "Bearer wrong"}):
        assert stranger.patch(ASSET, json=CHANGE, headers=headers).status_code == 401
    assert library.content() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:8000"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_a_session_edits_only_from_our_own_pages(
    stranger: TestClient, library: Library, headers: dict[str, str], status: int
) -> None:
    before = library.content()
    stranger.get(f"/?token={TOKEN}")
    assert stranger.patch(ASSET, json=CHANGE, headers=headers).status_code == status
    assert (library.content() != before) == (status == 200)


def test_another_site_is_not_even_told_what_it_may_send(client: TestClient) -> None:
    answer = client.options(ASSET, headers={"origin": "http://evil.example", "access-control-request-method": "PATCH"})
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers
