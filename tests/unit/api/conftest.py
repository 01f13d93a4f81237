from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql
from tests.support.made_library import Template, copy_of, made_template
from tests.support.postgres import Server

from mirrorlake.api import create_app
from mirrorlake.api.routing import LibraryFactory
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Context
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.library import LocalLibrary

TOKEN = "a-token-of-the-tests"
# What requests may change, apart from runs, which a server also changes by itself.
_TABLES = ("asset", "asset_tag", "project", "project_asset", "datasource", "schedule", "hold", "held_removal")
_CHECKSUM = sql.SQL("SELECT count(*), md5(string_agg(row::text, '|' ORDER BY row::text)) FROM {} AS row")


@dataclass(frozen=True)
class Library:
    """A made library of the test's own."""

    settings: Settings
    resources: Resources

    def content(self) -> dict[str, Any]:
        """A checksum of each table."""
        with psycopg.connect(self.settings.database_url or "") as session:
            return {table: session.execute(_CHECKSUM.format(sql.Identifier(table))).fetchone() for table in _TABLES}


@pytest.fixture(scope="session")
def template(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    with made_template(postgres_server, tmp_path_factory.mktemp("made"), size=300) as made:
        yield made


@pytest.fixture(scope="session")
def shared(postgres_server: Server, template: Template) -> Iterator[Resources]:
    """One library for all tests that change nothing."""
    with open_resources(copy_of(postgres_server, template)) as resources:
        yield resources


@pytest.fixture
def library(postgres_server: Server, template: Template) -> Iterator[Library]:
    """A library to change."""
    settings = copy_of(postgres_server, template)
    with open_resources(settings) as resources:
        yield Library(settings, resources)
    postgres_server.drop(settings.database_url or "")


@pytest.fixture
def library_for(request: pytest.FixtureRequest) -> LibraryFactory:
    own = "library" in request.fixturenames
    resources = request.getfixturevalue("library").resources if own else request.getfixturevalue("shared")
    return partial(LocalLibrary, resources)


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build as vite leaves it: an index, hashed files, and our own stamp."""
    place = tmp_path_factory.mktemp("pages")
    folder = place / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the app</title>")
    (folder / "assets" / "index-abc123.js").write_text("console.log(1)")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / ".stamp").write_text("x")
    (place / "secret.txt").write_text("outside")
    return folder


@pytest.fixture(scope="session")
def app(static: Path) -> FastAPI:
    """One app for all tests, since making it takes half a second; each test puts its library into it."""
    return create_app(no_library, token=TOKEN, allowed_hosts=["photos.example:8443"], static=static)


def no_library(caller: Context) -> LocalLibrary:
    raise AssertionError(caller)


@pytest.fixture
def stranger(app: FastAPI, library_for: LibraryFactory) -> Iterator[TestClient]:
    app.state.library_for = library_for
    app.state.entrance = Entrance(library_for.args[0].catalog, library_for.args[0].settings, TOKEN)  # type: ignore[attr-defined]
    with TestClient(
        app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient) -> TestClient:
    """A script that holds the token."""
    stranger.headers["authorization"] = f"Bearer {TOKEN}"
    stranger.headers["origin"] = "http://127.0.0.1:8000"  # which signing in needs
    return stranger
