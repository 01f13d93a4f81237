from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.support.fake_library import FakeLibrary

from mirrorlake.api import create_app

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def library() -> FakeLibrary:
    return FakeLibrary(size=300)


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A build as vite leaves it: an index, hashed files, and our own stamp."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the app</title>")
    (folder / "assets" / "index-abc123.js").write_text("console.log(1)")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / ".stamp").write_text("x")
    (tmp_path / "secret.txt").write_text("outside")
    return folder


@pytest.fixture
def stranger(library: FakeLibrary, static: Path) -> Iterator[TestClient]:
    app = create_app(library, token=TOKEN, allowed_hosts=["photos.example:8443"], static=static)
    with TestClient(
        app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient) -> TestClient:
    """A script that holds the token."""
    stranger.headers["authorization"] = f"Bearer {TOKEN}"
    return stranger
