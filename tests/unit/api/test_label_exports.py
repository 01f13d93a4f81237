"""Exports of labels over HTTP: kept for a download, streamed, and only for who may read them."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library
from tests.unit.api.test_labels import _connected

from mirrorlake.catalog import queue
from mirrorlake.client.labels import LabelClient
from mirrorlake.core.errors import NotFound, PermissionDenied, UsageError
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.progress import Reporter
from mirrorlake.library import export_store
from mirrorlake.library.export_targets import SpooledTarget
from mirrorlake.library.label_export import export_labels
from mirrorlake.library.label_targets import keep_for_download
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.labels import LabelExportOptions
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary

EXPORTS = "/api/v1/labels/exports"
CLASS = {"name": "forklift", "shape": "box", "colour": "#1e90ff", "external_ids": {"YOLO": "0"}}
BOX = {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}
ROW = {"class_name": "forklift", "shape": "box", "geometry": BOX}


@pytest.fixture(autouse=True)
def labelled(client: TestClient, library: Library) -> None:
    client.put("/api/v1/ontologies/site", json={"classes": [CLASS]})
    client.put("/api/v1/assets/1001/annotations", json={"ontology": "site", "annotations": [ROW]})


def work(library: Library) -> None:
    """Execute the queued export, as a worker does."""
    lease = queue.claim(library.resources.catalog, [JobKind.LABELS_EXPORT])
    assert lease is not None
    context = JobContext(
        settings=library.settings, catalog=library.resources.catalog, lease=lease, reporter=Reporter(lease)
    )
    with lease:
        execute(context)


def exported(client: TestClient, library: Library, **body: Any) -> tuple[dict[str, Any], str]:
    """The result of an export of one asset, and the address of its file."""
    answer = client.post(EXPORTS, json={"query": "has:annotations", "ontology": "site"} | body)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert client.get(f"{EXPORTS}/{job['id']}/files/labels.json").status_code == 404  # it is queued
    work(library)
    result = client.get(f"/api/v1/jobs/{job['id']}").json()["result"]
    assert (result["path"], result["annotations"], len(result["files"])) == (None, 1, 1)
    return result, f"{EXPORTS}/{job['id']}/files/{result['files'][0]['name']}"


def test_one_file_is_downloaded_as_it_would_be_written(client: TestClient, library: Library) -> None:
    result, address = exported(client, library, format="coco")
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert answer.headers["content-disposition"] == 'attachment; filename="labels.json"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert len(answer.content) == result["files"][0]["size"]
    document = json.loads(answer.content)
    assert [one["name"] for one in document["categories"]] == ["forklift"]
    assert len(document["annotations"]) == 1


@pytest.mark.parametrize(("label_format", "name"), [("csv", "labels.csv"), ("vi", "labels.jsonl")])
def test_the_file_has_the_suffix_of_its_format(
    client: TestClient, library: Library, label_format: str, name: str
) -> None:
    result, address = exported(client, library, format=label_format)
    assert result["files"][0]["name"] == name
    assert b"forklift" in client.get(address).content


def test_several_files_are_downloaded_as_a_zip_file(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_store, "_PART_BYTES", 100)  # the file has several parts
    _, address = exported(client, library, format="yolo")
    pieces = LabelClient(_connected(client)).download_export(int(address.split("/")[5]), "labels.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        [labels] = [one for one in archive.namelist() if one.startswith("labels/")]
        assert archive.read(labels).decode().split() == ["0", "0.5", "0.5", "0.5", "0.5"]


def test_an_export_with_images_ends_once_it_is_too_large_to_be_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(export_store, "KEPT_BYTES", 50_000)
    kept = SpooledTarget(tmp_path, lambda _name, _path: pytest.fail("it is delivered"))

    def write() -> None:
        with keep_for_download(kept, "labels.json", several=True, workdir=tmp_path) as output:
            for number in range(1_000):
                with output.open(f"images/{number}.png") as file:
                    file.write(os.urandom(10_000))

    with pytest.raises(UsageError, match="more than is kept for a download"):
        write()
    assert (tmp_path / "export").stat().st_size < 100_000


def test_what_is_no_kept_file_of_an_export_of_labels_is_not_found(client: TestClient, library: Library) -> None:
    _, address = exported(client, library, format="coco")
    assert client.get(address.replace("labels.json", "labels.zip")).status_code == 404
    assert client.get(address.replace("/labels/exports/", "/exports/")).status_code == 404  # no export of assets
    assert client.get(f"{EXPORTS}/999999/files/labels.json").status_code == 404
    assert client.post(EXPORTS, json={"format": "coco", "connection": "none"}).status_code == 400
    assert client.post(EXPORTS, json={"format": "coco", "path": "labels.json"}).status_code == 400


def test_copies_of_images_need_the_permission_to_read_assets(client: TestClient, library: Library) -> None:
    everything = local_user()
    reader = LocalLibrary(library.resources, replace(everything, permissions=frozenset({Permission.LABELS_READ})))
    options = LabelExportOptions(query="has:annotations", format="coco", ontology="site")
    job = reader.labels.start_export(options)
    work(library)
    assert b"forklift" in b"".join(reader.labels.download_export(job.id, "labels.json"))
    with pytest.raises(PermissionDenied):
        reader.labels.start_export(replace(options, copy_images=True))
    allowed = LocalLibrary(library.resources, everything)
    copied = allowed.labels.start_export(replace(options, copy_images=True))
    work(library)
    with pytest.raises(PermissionDenied):
        reader.labels.download_export(copied.id, "labels.zip")
    assert b"".join(allowed.labels.download_export(copied.id, "labels.zip")).startswith(b"PK")


def test_the_file_of_an_old_export_is_gone(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = exported(client, library, format="coco")
    monkeypatch.setattr(export_store, "KEPT_S", -1)  # as if a day had passed
    exported(client, library, format="csv")
    answer = client.get(address)
    assert (answer.status_code, "kept for a day" in answer.text) == (404, True)


def test_an_export_of_this_machine_needs_a_path(library: Library) -> None:
    catalog = library.resources.catalog
    with pytest.raises(UsageError, match="needs a path"):
        export_labels(
            catalog,
            LabelExportOptions(query="", format="coco", ontology="site"),
            lambda *_: None,
            stores=SourceStores(library.settings, catalog),
            workdir=library.settings.home,
        )
    with pytest.raises(NotFound):
        LocalLibrary(library.resources, local_user()).labels.download_export(7, "labels.json")
