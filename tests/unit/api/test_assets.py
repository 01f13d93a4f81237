"""The assets' routes keep the public shape, cache by content, and never hand out active bytes."""

from __future__ import annotations

import base64
from collections.abc import Container
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from mirrorlake.api.routers.assets import ORIGINAL_CSP
from mirrorlake.api.schemas.search import AssetField
from mirrorlake.core.errors import AccessDenied, CatalogUnavailable, MirrorlakeError, NoPreview, ObjectGone
from mirrorlake.model.asset_previews import AssetPreview, PreviewKind
from mirrorlake.model.assets import AssetDetail, OpenOriginal, Original, Unchanged
from mirrorlake.services.assets import AssetService

PUBLIC_SHAPE = {
    "id", "name", "key", "uri", "datasource", "datasources", "kind", "media_type", "size", "width", "height",
    "duration_s", "tags", "metadata", "projects", "state",
}  # fmt: skip


def test_an_item_has_the_public_shape(client: TestClient) -> None:
    page = client.get("/api/v1/assets", params={"query": "sort:id", "limit": 3, "offset": 2}).json()
    assert set(page) == {"total", "total_capped", "offset", "items", "next_cursor", "notes", "searched"}
    assert (page["total"], page["total_capped"], page["offset"], len(page["items"])) == (300, False, 2, 3)
    assert set(page["items"][0]) == PUBLIC_SHAPE | {"placeholder", "modified", "updated"}
    assert page["items"][0]["id"] == "1002"
    assert base64.b64decode(page["items"][0]["placeholder"], validate=True)


def test_a_page_without_results_names_the_key_that_no_asset_has(client: TestClient) -> None:
    page = client.get("/api/v1/assets", params={"query": "metadata.scoer>0.5"}).json()
    assert page["notes"] == ["No asset has the metadata key `scoer`. Did you mean `metadata.score`?"]
    assert client.get("/api/v1/assets", params={"query": "metadata.score>0.5"}).json()["notes"] == []


def test_a_query_is_explained(client: TestClient) -> None:
    answer = client.get("/api/v1/search/explain", params={"query": 'metadata.scoer>0.5 -"a b"'}).json()
    assert [(term["depth"], term["query"]) for term in answer["terms"]] == [
        (0, 'metadata.scoer>0.5 -"a b"'), (1, "metadata.scoer>0.5"), (1, '-"a b"'),
    ]  # fmt: skip
    assert answer["notes"] == ["No asset has the metadata key `scoer`. Did you mean `metadata.score`?"]
    wrong = client.get("/api/v1/search/explain", params={"query": "width:>"})
    assert (wrong.status_code, wrong.json()["position"]) == (400, 7)


def test_a_search_in_the_body_returns_the_chosen_fields_page_by_page(client: TestClient) -> None:
    body = {"query": "sort:name", "pageSize": 120, "fields": ["name", "metadata"]}
    found, token = [], None
    while not found or token:
        page = client.post("/api/v1/search", json=body | ({"continuationToken": token} if token else {})).json()
        assert page["total"] == 300
        found += page["results"]
        token = page["continuation_token"]
    assert len(found) == len({item["id"] for item in found}) == 300
    assert {tuple(sorted(item)) for item in found} == {("id", "metadata", "name")}
    assert [item["name"] for item in found] == sorted(item["name"] for item in found)
    whole = client.post("/api/v1/search", json={"page_size": 1}).json()["results"][0]
    assert set(whole) == {field.value for field in AssetField}
    assert whole == client.get("/api/v1/assets", params={"limit": 1}).json()["items"][0]
    wrong = client.post("/api/v1/search", json={"fields": ["nmae"]})
    assert wrong.status_code == 422
    assert "name" in wrong.json()["detail"]


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


def test_a_preview_is_sent_once_per_content_and_its_failure_has_a_reason(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def preview(_self: AssetService, asset_id: str, *, kind: PreviewKind, page: int, known: Container[str]) -> object:
        mark = f"{kind}-{page}"
        if asset_id == "1003":
            raise NoPreview("No preview of a.tif can be made: TIFF header is damaged.")
        return Unchanged(mark) if mark in known else AssetPreview(data=b"a WebP", mark=mark)

    monkeypatch.setattr(AssetService, "preview", preview)
    path = "/api/v1/assets/1000/preview"
    first = client.get(path, params={"page": 2})
    assert (first.content, first.headers["content-type"]) == (b"a WebP", "image/webp")
    assert (first.headers["etag"], first.headers["cache-control"]) == ('"picture-2"', "private, no-cache")
    again = client.get(path, params={"page": 2, "v": "1"}, headers={"If-None-Match": '"picture-2"'})
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in again.headers["cache-control"]
    assert client.get(path, params={"kind": "strip"}).headers["etag"] == '"strip-1"'
    assert client.get(path, params={"kind": "film"}).status_code == 422
    refused = client.get("/api/v1/assets/1003/preview")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:mirrorlake:no-preview")
    assert "TIFF header is damaged" in refused.json()["detail"]


def test_an_original_with_an_address_is_a_redirect_kept_for_less_than_it_can_be_followed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:8333/photos/a%2Bb.jpg?X-Amz-Signature=abc"
    found = OpenOriginal(original=Original(url=url, data=None, media_type="image/jpeg", name="a+b.jpg", life_s=300))
    monkeypatch.setattr(AssetService, "open_original", lambda _self, _id, **_known: found)
    answer = client.get("/api/v1/assets/1000/original")
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert answer.headers["cache-control"] == "private, max-age=150"


def test_original_bytes_that_a_browser_has_are_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/v1/assets/1000/original")
    assert first.headers["cache-control"] == "private, no-cache"
    etag = first.headers["etag"]
    again = client.get("/api/v1/assets/1000/original", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    # A browser renews the headers of what it has by those of this answer.
    policy = "content-security-policy"
    assert again.headers[policy] == first.headers[policy] == ORIGINAL_CSP
    assert client.get("/api/v1/assets/1003/original", headers={"If-None-Match": etag}).status_code == 200


def test_a_player_gets_a_part_of_an_original_as_long_as_it_is_the_same(client: TestClient) -> None:
    path = "/api/v1/assets/1000/original"
    whole = client.get(path)
    part = client.get(path, headers={"Range": "bytes=2-5", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    assert part.headers["content-range"] == f"bytes 2-5/{len(whole.content)}"
    assert part.headers["accept-ranges"] == whole.headers["accept-ranges"] == "bytes"
    for headers in ({"Range": "bytes=2-5", "If-Range": '"another"'}, {"Range": "bytes=0-1,4-5"}):
        assert client.get(path, headers=headers).content == whole.content


def test_original_bytes_are_a_sandboxed_download(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    name = 'ü"\r\nSet-Cookie: a=b\ud800.svg'
    found = Original(url=None, data=None, media_type="image/svg+xml", name=name)
    opened = OpenOriginal(original=found, size=21, pieces=lambda _: iter([b"<svg onload=alert(1)>"]))
    monkeypatch.setattr(AssetService, "open_original", lambda _self, _id, **_known: opened)
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
    def fail(_self: AssetService, _id: str, **_known: object) -> OpenOriginal:
        raise error

    monkeypatch.setattr(AssetService, "open_original", fail)
    answer = client.get("/api/v1/assets/1000/original")
    assert answer.status_code == status
    assert answer.json()["detail"] == error.message
    assert answer.json().get("fix", "") == error.fix


def test_an_unexpected_error_tells_nothing_of_the_inside(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_self: AssetService, _id: str, **_known: object) -> OpenOriginal:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(AssetService, "open_original", fail)
    answer = client.get("/api/v1/assets/1000/original")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text
    assert answer.headers["x-frame-options"] == "DENY"


def test_a_page_is_shown_inert_and_only_html_is(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = AssetService.get
    data = b'<p>a page</p><link rel=preconnect href="//x.invalid">'

    def get(service: AssetService, asset_id: str) -> AssetDetail:
        detail = shown(service, asset_id)
        html = replace(detail.asset, media_type="text/html", name="page.html")
        return replace(detail, asset=html, facts={"encoding": "utf-8"})

    def open_original(_service: AssetService, _id: str, *, direct: bool) -> OpenOriginal:
        assert direct  # a frame that is redirected to a bucket would have the policy of the bucket
        found = Original(url=None, data=None, media_type="text/html", name="page.html")
        return OpenOriginal(original=found, size=len(data), pieces=lambda part: iter([data[part.start : part.stop]]))

    refused = client.get("/api/v1/assets/1000/page")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:mirrorlake:no-preview")
    monkeypatch.setattr(AssetService, "get", get)
    monkeypatch.setattr(AssetService, "open_original", open_original)
    answer = client.get("/api/v1/assets/1000/page")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'")
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"  # a 304 would bring the headers of all answers
    assert answer.text.startswith("<p>a page</p><!link")
