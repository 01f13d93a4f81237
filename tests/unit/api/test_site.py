"""The built pages: every page address gives the app, hashed files are kept for good, nothing outside is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from mirrorlake.api import create_app
from mirrorlake.api.routing import LibraryFactory


@pytest.mark.parametrize("path", ["/", "/assets/1234", "/datasources", "/runs/7?kind=failed"])
def test_every_page_address_gives_the_app_fresh(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert "the app" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_hashed_files_are_kept_for_good_and_others_are_checked(stranger: TestClient) -> None:
    script = stranger.get("/assets/index-abc123.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert stranger.get("/favicon.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-1.js", "/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/.stamp",
        "/a%00.txt", "/" + "x" * 5000 + ".txt", "/api/v2/x", "/api", "/api/v1/x.js",
        "/healthz", "/readyz", "/metrics",
    ],
)  # fmt: skip
def test_nothing_else_is_served(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == (401 if path.startswith("/api") else 404)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_copy_without_pages_says_how_to_build_them(tmp_path: Path, library_for: LibraryFactory) -> None:
    app = create_app(library_for, token="t", static=tmp_path / "none")
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
