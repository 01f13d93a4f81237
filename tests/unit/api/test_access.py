"""Who gets in: every route has a policy, sessions work only for our own pages, only our own names are answered."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from tests.unit.api.conftest import TOKEN

from mirrorlake.api import create_app
from mirrorlake.api.access import Gate
from mirrorlake.api.guards import PUBLIC
from mirrorlake.api.routing import LibraryFactory, is_api


def test_every_route_is_private_or_named_here(app: FastAPI) -> None:
    paths = {str(context.path) for context in iter_route_contexts(app.routes)}
    assert {path for path in paths if path in PUBLIC or not is_api(path)} == {*PUBLIC, "/{path:path}"}


def test_a_route_that_nobody_gave_a_policy_is_private(library_for: LibraryFactory) -> None:
    app = create_app(library_for, token=TOKEN)
    app.add_api_route("/api/v1/forgotten", lambda: "open", methods=["GET"])
    app.router.routes.insert(0, app.router.routes.pop())  # before the pages, which match every path
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/api/v1/forgotten").status_code == 401
        assert client.get("/api/v1/forgotten", headers={"authorization": f"Bearer {TOKEN}"}).json() == "open"


def test_every_documented_operation_refuses_a_stranger(stranger: TestClient, library_for: LibraryFactory) -> None:
    paths = create_app(library_for, token=TOKEN).openapi()["paths"]
    assert len(paths) > 8
    for path, operations in paths.items():
        address = (
            path.replace("{asset_id}", "1000")
            .replace("{run_id}", "3")
            .replace("{name}", "orchard")
            .replace("{preview_id}", "x")
        )
        for method in operations:
            answer = stranger.request(method, address)
            if path in PUBLIC:
                assert answer.status_code == (200 if method == "get" else 403)  # a change, without an origin
                continue
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "Bearer" in answer.headers["www-authenticate"]
            assert "mirrorlake up" in answer.json()["fix"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff"])
def test_only_the_token_itself_opens(stranger: TestClient, header: str) -> None:
    answer = stranger.get("/api/v1/assets", headers={"authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_the_printed_address_signs_in_once_and_leaves_no_token_behind(stranger: TestClient) -> None:
    answer = stranger.get(f"/assets/7?query=a+b&token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/assets/7?query=a+b"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert stranger.get("/api/v1/runs").status_code == 200


def test_the_token_in_a_header_starts_a_session(stranger: TestClient) -> None:
    refused = stranger.post("/api/v1/session", headers={"authorization": "Bearer guess"})
    assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
    answer = stranger.post("/api/v1/session", headers={"authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (204, b"", "no-store")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert TOKEN not in answer.headers["set-cookie"]
    assert stranger.get("/api/v1/runs").status_code == 200


def test_a_wrong_token_in_the_address_opens_nothing(stranger: TestClient) -> None:
    answer = stranger.get("/?token=guess")
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert stranger.get("/api/v1/runs").status_code == 401


def test_signing_in_never_leads_to_another_host(stranger: TestClient) -> None:
    answer = stranger.get(f"http://127.0.0.1:8000//evil.example/?token={TOKEN}")
    assert answer.headers["location"].startswith("/evil.example")


def test_the_cookie_is_no_key_for_scripts(stranger: TestClient) -> None:
    stranger.get(f"/?token={TOKEN}")
    cookie = stranger.cookies[Gate(TOKEN).cookie]
    stranger.cookies.clear()
    assert stranger.get("/api/v1/runs", headers={"authorization": f"Bearer {cookie}"}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "http://[::1"},
    ],
)
def test_another_site_cannot_use_the_session(stranger: TestClient, headers: dict[str, str]) -> None:
    stranger.get(f"/?token={TOKEN}")
    answer = stranger.get("/api/v1/runs", headers=headers)
    assert answer.status_code == 403
    assert stranger.get("/api/v1/runs", headers={"origin": "http://127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8123", "localhost:1", "[::1]:80", "photos.example:8443"])
def test_our_own_names_are_answered(stranger: TestClient, host: str) -> None:
    assert stranger.get("/api/v1/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "photos.example", "localhost.evil:80", "127.0.0.2", "a@127.0.0.1"],
)
def test_a_rebound_name_is_refused(stranger: TestClient, host: str) -> None:
    for path in ("/api/v1/health", "/", f"/?token={TOKEN}"):
        answer = stranger.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/api/v1/assets", "/api/v1/none", "/assets/index-abc123.js"])
def test_every_answer_carries_the_security_headers(stranger: TestClient, path: str) -> None:
    headers = stranger.get(path).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers
