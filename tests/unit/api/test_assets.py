"""The assets' routes keep the public shape, cache by content, and never hand out active bytes."""

from __future__ import annotations

import base64

import pytest
from fastapi.testclient import TestClient

from mirrorlake.core.errors import AccessDenied, CatalogUnavailable, MirrorlakeError, ObjectGone
from mirrorlake.model.assets import Original
from mirrorlake.services.assets import AssetService

PUBLIC_SHAPE = {
    "id", "name", "key", "uri", "datasource", "datasources", "kind", "media_type", "size", "width", "height", "tags",
    "metadata", "projects", "state",
}  # fmt: skip


def test_an_item_has_the_public_shape(client: TestClient) -> None:
    page = client.get("/api/v1/assets", params={"query": "sort:id", "limit": 3, "offset": 2}).json()
    assert set(page) == {"total", "total_capped", "offset", "items", "next_cursor", "notes"}
    assert (page["total"], page["total_capped"], page["offset"], len(page["items"])) == (300, False, 2, 3)
    assert set(page["items"][0]) == PUBLIC_SHAPE | {"placeholder", "modified", "updated"}
    assert page["items"][0]["id"] == "1002"
    assert base64.b64decode(page["items"][0]["placeholder"], validate=True)


def test_a_page_without_results_names_the_key_that_no_asset_has(client: TestClient) -> None:
    page = client.get("/api/v1/assets", params={"query": "metadata.scoer>0.5"}).json()
    assert page["notes"] == ["No asset has the metadata key `scoer`. Did you mean `metadata.score`?"]
    assert client.get("/api/v1/assets", params={"query": "metadata.score>0.5"}).json()["notes"] == []


def test_metadata_keeps_its_types(client: TestClient) -> None:
    metadata = client.get("/api/v1/assets/1001").json()["asset"]["metadata"]
    assert metadata["night"] is True
    assert metadata["shift"] == 1
    assert not isinstance(metadata["shift"], bool)
    assert isinstance(metadata["score"], float)
    assert metadata["camera.id"] == "cam-1"


def test_a_query_error_points_at_its_character(client: TestClient) -> None:
    answer = client.get("/api/v1/assets", params={"query": "metadata.width:>"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:mirrorlake:query-error"
    assert (problem["position"], problem["text"]) == (16, "metadata.width:>")
    assert problem["fix"]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 501}, {"offset": -1}, {"limit": "x"}, {"offset": 2**60}])
def test_a_parameter_out_of_range_is_named(client: TestClient, params: dict[str, str | int]) -> None:
    answer = client.get("/api/v1/assets", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["where"] == f"query.{next(iter(params))}"


@pytest.mark.parametrize("path", ["/assets/9999", "/assets/none/thumbnail", "/assets/9999/original", "/nothing"])
def test_what_is_not_there_is_a_problem_document(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_thumbnail_is_sent_once_per_content(client: TestClient) -> None:
    first = client.get("/api/v1/assets/1000/thumbnail")
    assert first.headers["content-type"] == "image/webp"
    assert first.content[8:12] == b"WEBP"
    assert first.headers["cache-control"] == "private, no-cache"
    etag = first.headers["etag"]
    again = client.get("/api/v1/assets/1000/thumbnail", headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/v1/assets/1002/thumbnail", headers={"if-none-match": etag})
    assert other.status_code == 200
    assert other.headers["etag"] != etag


def test_an_address_with_a_mark_is_kept_for_good(client: TestClient) -> None:
    assert "immutable" in client.get("/api/v1/assets/1000/thumbnail?v=1").headers["cache-control"]


def test_an_original_with_an_address_is_a_redirect_kept_for_less_than_it_can_be_followed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:8333/photos/a%2Bb.jpg?X-Amz-Signature=abc"
    found = Original(url=url, data=None, media_type="image/jpeg", name="a+b.jpg", life_s=300)
    monkeypatch.setattr(AssetService, "original", lambda _self, _id, **_known: found)
    answer = client.get("/api/v1/assets/1000/original")
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert answer.headers["cache-control"] == "private, max-age=150"


def test_original_bytes_that_a_browser_has_are_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/v1/assets/1000/original")
    assert first.headers["cache-control"] == "private, no-cache"
    etag = first.headers["etag"]
    again = client.get("/api/v1/assets/1000/original", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get("/api/v1/assets/1003/original", headers={"If-None-Match": etag}).status_code == 200


def test_original_bytes_are_a_sandboxed_download(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    name = 'ü"\r\nSet-Cookie: a=b\ud800.svg'
    found = Original(url=None, data=b"<svg onload=alert(1)>", media_type="image/svg+xml", name=name)
    monkeypatch.setattr(AssetService, "original", lambda _self, _id, **_known: found)
    answer = client.get("/api/v1/assets/1000/original")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%BC%22%0D%0ASet-Cookie")
    assert "set-cookie" not in answer.headers
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AccessDenied("The bucket refused.", "Grant s3:GetObject."), 502),
        (ObjectGone("It is gone."), 404),
        (CatalogUnavailable("The database is down."), 503),
        (MirrorlakeError("Odd."), 500),
    ],
)
def test_an_error_of_ours_tells_its_sentence(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: MirrorlakeError, status: int
) -> None:
    def fail(_self: AssetService, _id: str, **_known: object) -> Original:
        raise error

    monkeypatch.setattr(AssetService, "original", fail)
    answer = client.get("/api/v1/assets/1000/original")
    assert answer.status_code == status
    assert answer.json()["detail"] == error.message
    assert answer.json().get("fix", "") == error.fix


def test_an_unexpected_error_tells_nothing_of_the_inside(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_self: AssetService, _id: str, **_known: object) -> Original:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(AssetService, "original", fail)
    answer = client.get("/api/v1/assets/1000/original")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text
    assert answer.headers["x-frame-options"] == "DENY"
