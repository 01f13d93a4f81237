"""Uploaded files become assets through the machinery of events, with the edit of their upload."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.buckets import picture
from tests.support.postgres import Server, address_of

from mirrorlake.api import bodies, create_app
from mirrorlake.catalog import project_splits
from mirrorlake.core.errors import Conflict, NotFound, PermissionDenied, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.edits import Edit
from mirrorlake.model.splits import Split
from mirrorlake.model.uploads import UploadOptions, UploadState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.uploads import upload_here

ANNA = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))
ADDRESS, TOKEN = "/api/v1/uploads", "a-token-of-the-tests"


@pytest.fixture(scope="module")
def resources(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    conninfo = postgres_server.new_database()
    home: Path = tmp_path_factory.mktemp("home")
    with Catalog(conninfo) as catalog:
        yield Resources(Settings(home=home, database_url=address_of(conninfo)), catalog)
    postgres_server.drop(conninfo)


@pytest.fixture(scope="module")
def client(resources: Resources) -> Iterator[TestClient]:
    app = create_app(lambda caller: LocalLibrary(resources, caller), token=TOKEN, allowed_hosts=[])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False, headers=headers) as client:
        yield client


def work(resources: Resources) -> None:
    worker = Worker(resources.settings, resources.catalog, jobs=1, log=lambda _line: None, stop=Stop())
    while worker.step() is not None:
        pass


def test_a_form_makes_an_asset_with_metadata_tags_and_project(client: TestClient, resources: Resources):
    files = [("file", ("image.png", picture((1, 1, 0)), "image/png"))]
    fields = {"metadata": json.dumps({"camera_id": "cam001", "temperature": 72.5, "is_night": False})}
    fields |= {"tags": ["new", "a b"], "project": "roads", "split": "valid", "name": "first.png"}
    answer = client.post(ADDRESS, files=files, data=fields)
    assert answer.status_code == 202, answer.text
    (made,) = answer.json()
    assert (made["state"], made["key"], made["name"], made["duplicates"]) == ("waiting", "first.png", "first.png", [])
    work(resources)
    done = client.get(f"{ADDRESS}/{made['id']}").json()
    assert (done["state"], done["error"]) == ("imported", None)
    asset = client.get(f"/api/v1/assets/{done['asset']}").json()
    assert (asset["digest"], asset["asset"]["tags"], asset["asset"]["projects"]) == (
        done["digest"],
        ["a b", "new"],
        ["roads"],
    )
    assert [one.id for one in LocalLibrary(resources, ANNA).assets.find("split:valid project:roads")] == [done["asset"]]
    assert asset["asset"]["metadata"] == {"camera_id": "cam001", "temperature": 72.5, "is_night": False}
    assert {entry["source"] for entry in asset["metadata"].values()} == {"user"}


def test_a_split_that_could_not_be_assigned_is_named_without_denying_the_edit(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_given: object, **_named: object) -> None:
        raise Conflict("The splits of roads are locked.")

    monkeypatch.setattr(project_splits, "assign_ids", refuse)
    options = UploadOptions(edit=Edit(add_projects=("roads",), add_tags=("kept",)), split=Split.TEST)
    (made,) = upload_here(resources, [("split.png", io.BytesIO(picture((4, 4, 0))))], options, by=ANNA)
    assert made.error == "It was imported, but not assigned to its split: The splits of roads are locked."
    assert [one.id for one in LocalLibrary(resources, ANNA).assets.find("tag:kept")] == [made.asset]


def test_the_same_bytes_are_named_and_no_object_is_replaced(client: TestClient, resources: Resources):
    body = picture((2, 2, 0))
    (first,) = upload_here(resources, [("same.png", io.BytesIO(body))], UploadOptions(), by=ANNA)
    assert first.state is UploadState.IMPORTED
    (again,) = client.post(ADDRESS, files=[("file", ("same.png", body))]).json()
    assert (again["key"], again["duplicates"]) == ("same-2.png", [first.asset])
    (folder,) = resources.settings.home.glob("uploads")
    assert (folder / "same.png").read_bytes() == (folder / "same-2.png").read_bytes() == body


def test_a_file_that_cannot_be_decoded_is_named_with_the_reason(resources: Resources):
    files = [("bad.png", io.BytesIO(b"no picture")), ("good.png", io.BytesIO(picture((3, 3, 0))))]
    bad, good = upload_here(resources, files, UploadOptions(edit=Edit(add_tags=("t",))), by=ANNA)
    assert (bad.state, good.state) == (UploadState.FAILED, UploadState.IMPORTED)
    assert bad.error
    library = LocalLibrary(resources, ANNA)
    assert [one.id for one in library.assets.find("tag:t")] == [good.asset]
    assert library.assets.history(good.asset or "")[0].tags_added == ("t",)


def test_a_json_file_is_an_asset_and_never_the_metadata_of_another_upload(resources: Resources):
    files = [("pair.png", io.BytesIO(picture((5, 5, 0)))), ("pair.json", io.BytesIO(b'{"site": "hall 3"}'))]
    both = upload_here(resources, files, UploadOptions(), by=ANNA)
    assert [one.state for one in both] == [UploadState.IMPORTED] * 2
    image, document = (LocalLibrary(resources, ANNA).assets.get(one.asset or "") for one in both)
    assert (document.asset.media_type, document.facts["first_lines"]) == ("application/json", '{"site": "hall 3"}')
    assert (image.asset.metadata, document.asset.metadata) == ({}, {})


def test_a_json_file_is_refused_where_it_would_be_the_metadata_of_another_one(resources: Resources):
    library = LocalLibrary(resources, ANNA)
    upload_here(resources, [("first of all.png", io.BytesIO(picture((6, 6, 0))))], UploadOptions(), by=ANNA)
    library.datasources.change_settings("uploads", {"baseNameSidecars": True})  # as older versions made it
    try:
        with pytest.raises(UsageError, match="metadata or labels of another file"):
            library.assets.upload_files([("pair.json", io.BytesIO(b"{}"))], UploadOptions())
    finally:
        library.datasources.change_settings("uploads", {"baseNameSidecars": False})


def test_a_datasource_that_is_only_read_is_not_written_to(resources: Resources, tmp_path: Path):
    library = LocalLibrary(resources, ANNA)
    library.datasources.create(tmp_path.as_uri(), name="read only")
    files = [("a.png", io.BytesIO(b""))]
    with pytest.raises(PermissionDenied, match="may not write"):
        library.assets.upload_files(files, UploadOptions(datasource="read only"))
    with pytest.raises(NotFound):
        library.assets.upload_files(files, UploadOptions(datasource="none"))
    with pytest.raises(UsageError):
        library.assets.upload_files([], UploadOptions())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "fields", "status"),
    [
        ("a.exe", {}, 400),
        ("..", {}, 400),
        ("a.png", {"metadata": "{"}, 400),
        ("a.png", {"split": "train"}, 400),
        ("a.png", {"split": "dev", "project": "p"}, 400),
        ("a.png", {"split": ["train", "test"], "project": "p"}, 400),
        ("a.png", {"metadata": "[1]"}, 400),
        ("a.png", {"metadata": '{"a b": 1}'}, 400),
        ("a.png", {"metadata": '{"a": null}'}, 400),
        ("a.png", {"metadata": '{"a": {"b": 1}}'}, 400),
        ("a.png", {"metadata": '{"a": "' + "x" * 10_000 + '"}'}, 400),
        ("a.png", {"metadata": "x" * 300_000}, 422),
        ("a.png", {"tags": [str(n) for n in range(3000)]}, 422),
        ("a.png", {"tags": ""}, 400),
        ("a.png", {"colour": "red"}, 400),
        ("a.png", {"datasource": "none"}, 404),
    ],
)
def test_a_wrong_form_stores_nothing(
    client: TestClient, resources: Resources, name: str, fields: dict[str, Any], status: int
):
    before = sorted(resources.settings.home.glob("uploads/*"))
    answer = client.post(ADDRESS, files=[("file", (name, b"x"))], data=fields)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert sorted(resources.settings.home.glob("uploads/*")) == before


def test_bodies_that_are_no_form_or_too_large_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    assert client.post(ADDRESS, json={}).status_code == 415
    assert client.post(ADDRESS, data={"name": "a"}, files=[("other", ("a.png", b"x"))]).status_code == 400
    many = [("file", (f"{n}.png", b"x")) for n in range(101)]
    assert client.post(ADDRESS, files=many).status_code == 422
    broken = client.post(ADDRESS, content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=y"})
    assert broken.status_code in {400, 422}
    monkeypatch.setitem(bodies.FORMS, bodies.FILES, (1000, "Send less."))
    assert client.post(ADDRESS, files=[("file", ("a.png", b"x" * 2000))]).status_code == 413
    assert client.get(f"{ADDRESS}/none").status_code == 404
