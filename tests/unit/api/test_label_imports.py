"""Imports of labels over HTTP: uploads with limits, previews, and what a server does not read."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library
from tests.unit.api.test_labels import _connected

from mirrorlake.catalog import queue
from mirrorlake.client.labels import LabelClient
from mirrorlake.core.errors import NotFound
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.library_store import UPLOADS, library_store
from mirrorlake.jobs.progress import Reporter
from mirrorlake.library import label_uploads
from mirrorlake.library.label_uploads import LabelUploads
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.labels import LabelImportOptions

UPLOADED, IMPORTS = "/api/v1/labels/uploads", "/api/v1/labels/imports"
BYTES = {"Content-Type": "application/octet-stream"}


def packed(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def work(library: Library) -> Any:
    """Execute the queued import, as a worker does."""
    lease = queue.claim(library.resources.catalog, [JobKind.LABELS_IMPORT])
    assert lease is not None
    context = JobContext(
        settings=library.settings, catalog=library.resources.catalog, lease=lease, reporter=Reporter(lease)
    )
    with lease:
        return execute(context)


def stored_parts(library: Library) -> list[str]:
    store = library_store(library.settings, UPLOADS)
    keys = [one.key for one in store.store.list("")]
    store.close()
    return keys


def test_an_upload_is_previewed_and_then_imported_through_the_sdk(client: TestClient, library: Library) -> None:
    labels = LabelClient(_connected(client))
    [asset] = client.get("assets", params={"query": "id:1001"}).json()["items"]
    name = Path(asset["key"]).with_suffix(".txt").as_posix()
    made = labels.upload([b"", packed(**{name: "0 0.5 0.5 0.1 0.1\n", "no.txt": "0 0.5 0.5 0.1 0.1\n"})])
    options = {"path": "set.zip", "format": "yolo", "ontology": "site", "upload": made.id, "add_classes": True}
    preview = labels.start_import(LabelImportOptions(**options, dry_run=True))
    assert (preview.kind, preview.state) == ("labels_import", "queued")
    found = work(library)
    assert (found.dry_run, found.matched, found.annotations, found.unmatched) == (True, 1, 1, ("no",))
    assert list(labels.of_asset("1001")) == []
    job = labels.start_import(LabelImportOptions(**options))
    work(library)
    assert client.get(f"jobs/{job.id}").json()["result"]["annotations"] == 1
    [label] = labels.of_asset("1001")
    assert (label.class_name, label.source) == ("0", "import")


def test_a_single_file_keeps_its_name(client: TestClient, library: Library) -> None:
    made = client.post(UPLOADED, content=b'{"images": []}', headers=BYTES).json()
    body = {"path": "site.json", "format": "coco", "ontology": "site", "upload": made["id"], "add_classes": True}
    assert client.post(IMPORTS, json=body | {"path": "site.zip"}).status_code == 202
    with pytest.raises(Exception, match="no labels in the format coco"):
        work(library)


@pytest.mark.parametrize("declared", [True, False])
def test_an_upload_over_the_limit_is_refused_and_nothing_of_it_remains(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch, *, declared: bool
) -> None:
    monkeypatch.setattr("mirrorlake.api.bodies.UPLOAD_BYTES", 1000)
    monkeypatch.setattr(label_uploads, "_PART_BYTES", 400)
    pieces = b"x" * 1001 if declared else iter([b"x" * 500] * 3)
    before = stored_parts(library)
    answer = client.post(UPLOADED, content=pieces, headers=BYTES)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:mirrorlake:body-too-large")
    assert stored_parts(library) == before
    assert client.post(UPLOADED, content=b"x" * 1000, headers=BYTES).json()["size"] == 1000
    assert len(stored_parts(library)) == len(before) + 4
    for given in ({"content": b"{}"}, {"json": {}}, {}):
        assert client.post(UPLOADED, **given).status_code == 415


@pytest.mark.parametrize(
    ("given", "status", "part"),
    [
        ({"path": "/etc/passwd"}, 400, "not an address"),
        ({"path": "file:///etc/"}, 400, "needs a connection"),
        ({"path": "s3://bucket/a/"}, 400, "needs a connection"),
        ({"path": "s3://bucket/a/", "connection": "none"}, 404, "none"),
        ({"upload": "0" * 32}, 404, "upload"),
        ({"upload": "../thumbnails"}, 404, "upload"),
        ({"upload": None, "format": "x"}, 400, "Unknown label format"),
        ({"query": "width>"}, 400, "Expected a value"),
        ({"match_by": "size"}, 422, "match_by"),
    ],
)
def test_what_a_server_cannot_import_is_refused_at_once(
    client: TestClient, given: dict[str, Any], status: int, part: str
) -> None:
    answer = client.post(IMPORTS, json={"path": "a.zip", "format": "yolo", "ontology": "site"} | given)
    assert answer.status_code == status, answer.text
    assert part in answer.text
    assert client.get("/api/v1/jobs", params={"kind": "labels_import"}).json() == []


@pytest.mark.parametrize(
    ("given", "status", "part"),
    [
        ({"path": "/tmp/labels.json"}, 400, "not an address"),
        ({"path": "file:///tmp/labels.json"}, 400, "needs a connection"),
        ({"path": "s3://bucket/a.json", "connection": "none"}, 404, "none"),
        ({"format": "x"}, 400, "Unknown label format"),
    ],
)
def test_where_a_server_does_not_export_to(client: TestClient, given: dict[str, Any], status: int, part: str) -> None:
    answer = client.post("/api/v1/labels/exports", json={"path": "s3://b/a.json", "format": "coco"} | given)
    assert answer.status_code == status, answer.text
    assert part in answer.text


def test_old_uploads_are_deleted_by_later_ones(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    store = library_store(library.settings, UPLOADS)
    uploads = LabelUploads(store.store)
    old = uploads.write([b"old"])
    recent = uploads.write([b"recent"])
    uploads.check(old.id)
    now = time.time()
    monkeypatch.setattr(label_uploads.time, "time", lambda: now + label_uploads.KEPT_S + 60)
    last = uploads.write([b"last"])
    for gone in (old, recent):
        with pytest.raises(NotFound):
            uploads.check(gone.id)
    uploads.check(last.id)
    store.close()


def test_an_upload_that_lost_a_part_is_none(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = library_store(library.settings, UPLOADS)
    uploads = LabelUploads(store.store)
    monkeypatch.setattr(label_uploads, "_PART_BYTES", 2)
    upload = uploads.write([b"abc"])
    uploads.fetch(upload.id, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"abc"
    store.store.delete(f"{upload.id}/000001")
    with pytest.raises(NotFound):
        uploads.fetch(upload.id, tmp_path / "part")
    assert not (tmp_path / "part").exists()
    deleted: list[str] = []
    monkeypatch.setattr(store.store, "delete", deleted.append)
    uploads.delete(upload.id)
    assert deleted == [f"{upload.id}/end", f"{upload.id}/000000"]
    store.close()
