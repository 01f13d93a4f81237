"""A picture that a user sends finds assets that look like it, over REST, SDK and command; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from psycopg import sql
from tests.support.commits import Pass
from tests.support.embedded import FOLDER, add_photos, turn_on
from tests.support.images import encoded, scene
from typer.testing import CliRunner

from mirrorlake.api import bodies, create_app
from mirrorlake.catalog import embeddings
from mirrorlake.cli.commands import search as command
from mirrorlake.cli.main import build_command
from mirrorlake.client import Mirrorlake
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import LIBRARY
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary

ADDRESS, TOKEN = "/api/v1/search/picture", "a-token-of-the-tests"
CAT = FOLDER / "chelsea.png"


@pytest.fixture
def library(empty_catalog: Catalog, tmp_path: Path) -> Iterator[LocalLibrary]:
    """The photographs without a model."""
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    working, resources = Pass(empty_catalog), Resources(settings, empty_catalog)
    try:
        add_photos(working, settings)
        yield LocalLibrary(resources, LIBRARY)
    finally:
        resources.close()
        working.lease.close()


@pytest.fixture
def client(library: LocalLibrary) -> Iterator[TestClient]:
    app = create_app(lambda _caller: library, token=TOKEN, allowed_hosts=[])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False, headers=headers) as client:
        yield client


def _post(client: TestClient, picture: bytes, **fields: Any) -> Any:
    return client.post(ADDRESS, files=[("file", ("any name", picture))], data=fields)


def _names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["name"].removeprefix("in/") for item in answer.json()["items"]]


def _smaller(path: Path, encoder: str) -> bytes:
    """A photograph as somebody else might have it."""
    with Image.open(path) as picture:
        return encoded(picture.convert("RGB").resize((200, 140)), encoder)


def test_a_picture_ranks_assets_through_rest_sdk_and_command(
    client: TestClient, library: LocalLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    resources = library.assets.resources
    answer = _post(client, CAT.read_bytes())
    assert (_names(answer), answer.json()["notes"][0].split(".")[0]) == (
        [],
        "Pictures of this library are not embedded yet",
    )
    turn_on(resources.catalog, resources.settings)
    before = _kept(resources)

    for encoder in ("jpeg", "webp", "avif"):
        assert _names(_post(client, _smaller(CAT, encoder)))[0] == "chelsea.png", encoder
    everything = _names(_post(client, _smaller(CAT, "png"), limit="4"))
    filtered = _names(_post(client, _smaller(CAT, "png"), query="-filename:chelsea*"))
    assert filtered == [name for name in everything if name != "chelsea.png"]
    with resources.catalog.write() as connection:  # everything is related, then nothing but itself
        connection.execute("UPDATE embedding_model SET picture_cutoff = -1")
    pages = [_post(client, CAT.read_bytes(), limit="3")]
    pages.append(_post(client, CAT.read_bytes(), limit="3", cursor=pages[0].json()["next_cursor"]))
    assert (len({name for page in pages for name in _names(page)}), pages[0].json()["total"]) == (4, 4)
    other = _post(client, (FOLDER / "rocket.jpg").read_bytes(), cursor=pages[0].json()["next_cursor"])
    assert (other.status_code, "cursor" in other.json()["detail"]) == (400, True)
    with resources.catalog.write() as connection:
        connection.execute("UPDATE embedding_model SET picture_cutoff = 0.9")
    assert _names(_post(client, CAT.read_bytes())) == ["chelsea.png"]

    sdk = Mirrorlake("http://127.0.0.1:8000", api_key=TOKEN)
    monkeypatch.setattr(client, "base_url", client.base_url.join("/api/v1/"))
    monkeypatch.setattr(sdk._connection, "_http", client)
    found = sdk.assets.search_by_picture(CAT, "chelsea", limit=2)
    assert [asset.name for asset in found.items] == ["in/chelsea.png"]
    with pytest.raises(UsageError, match="cannot be read"):
        sdk.assets.search_by_picture(tmp_path / "none.png")

    @contextmanager
    def here() -> Generator[LocalLibrary]:
        yield library

    monkeypatch.setattr(command, "open_library", here)
    shown = CliRunner().invoke(build_command(["search"]), ["search", "--like", str(CAT), "--json"])
    assert [json.loads(line)["name"] for line in shown.stdout.splitlines()] == ["in/chelsea.png"], shown.output
    assert _kept(resources) == before


def _kept(resources: Resources) -> object:
    """What a library has: the rows that could hold anything of a picture, and its files."""
    tables = ("asset", "picture_hash", "embedding_1", "upload", "job")
    with resources.catalog.read() as connection:
        rows = [
            connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            for table in tables
        ]
    return rows, sorted(resources.settings.home.rglob("*"))


def test_a_hostile_picture_or_form_is_one_problem(
    client: TestClient, library: LocalLibrary, monkeypatch: pytest.MonkeyPatch
):
    resources = library.assets.resources
    turn_on(resources.catalog, resources.settings)
    bomb = encoded(scene(64, 48), "bmp")
    bomb = bomb[:18] + (60_000).to_bytes(4, "little") * 2 + bomb[26:]
    cat = CAT.read_bytes()
    wrong: list[tuple[bytes, dict[str, str], int, str]] = [
        (b"", {}, 400, "empty"),
        (b"hello, I am no picture", {}, 400, "the bytes are plain text, which is no image"),
        (b"%PDF-1.7 ", {}, 400, "a PDF, which is no image"),
        (bomb, {}, 400, "250 megapixels"),
        (cat[:5000], {}, 400, "The picture cannot be searched with: "),
        (cat, {"query": "like:cat"}, 400, "in the order of similarity"),
        (cat, {"query": "sort:name"}, 400, "in the order of similarity"),
        (cat, {"query": "("}, 400, "Expected"),
        (cat, {"limit": "0"}, 400, "'limit' is not a whole number from 1 to 500"),
        (cat, {"offset": "x"}, 400, "'offset' is not a whole number"),
        (cat, {"colour": "red"}, 400, "unknown field: 'colour'"),
    ]
    for picture, fields, status, words in wrong:
        answer = _post(client, picture, **fields)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), words
        assert words in answer.json()["detail"], answer.json()
    assert client.post(ADDRESS, json={"query": ""}).status_code == 415
    assert client.post(ADDRESS, data={"query": ""}, files=[("other", ("a", cat))]).status_code == 400
    monkeypatch.setitem(bodies.FORMS, bodies.PICTURE, (1000, "Send less."))
    assert _post(client, cat).status_code == 413
    monkeypatch.setattr("mirrorlake.services.asset_contract.PICTURE_BYTES", 1000)
    with pytest.raises(UsageError, match="larger than"):
        library.assets.search_by_picture(cat)
    assert embeddings.status(resources.catalog).vectors == 4
