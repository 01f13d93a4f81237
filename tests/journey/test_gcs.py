"""A bucket of Google Cloud Storage becomes a library, on a real server of its protocol and on a stub with all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from tests.journey.test_s3 import shortened, sidecar, told
from tests.support import torture
from tests.support.buckets import Bucket, google_bucket, picture, picture_no
from tests.support.cli import Cli
from tests.support.fakegcs import FakeGcs
from tests.support.gcsstub import GcsStub
from tests.support.httpstub import Answer, Request


@pytest.fixture
def bucket(fake_gcs: FakeGcs, cli: Cli) -> Bucket:
    return google_bucket(fake_gcs, cli)


@pytest.fixture
def google() -> Iterator[GcsStub]:
    with GcsStub() as server:
        yield server


def test_only_what_changed_is_handled_pass_after_pass(bucket: Bucket) -> None:
    for key, colour in {"a.png": "red", "b/c d+e%.png": "green", "b/gone.png": "blue", "stays.png": "grey"}.items():
        bucket.put(key, picture(colour))
    bucket.put("same.bmp", picture("red", kind="BMP"))
    bucket.put("a.json", sidecar(site="hall 3"))

    first = bucket.mirror()
    assert (first["listed"], first["selected"], told(first)) == (6, 5, {"new": 5})
    assert first["requests"]["get"] == 6
    again = bucket.mirror()
    assert told(again) == {"unchanged": 5}
    assert again["requests"].pop("list") > 0
    assert set(again["requests"].values()) == {0}
    assert again["bytes_read"] == 0
    before = {asset["name"]: asset for asset in bucket.cli.search()}
    assert before["b/c d+e%.png"]["uri"] == f"gs://{bucket.name}/b/c%20d%2Be%25.png"

    bucket.put("same.bmp", picture("blue", kind="BMP"))
    bucket.put("a.json", sidecar(site="hall 4"))
    bucket.delete("b/gone.png")
    third = bucket.mirror()
    assert told(third) == {"changed": 1, "metadata_changed": 1, "removed": 1, "unchanged": 2}
    asked = third["requests"]
    assert (asked["get"], asked["head"]) == (2, 1)  # the overwritten picture and the sidecar; the key that vanished
    after = {asset["name"]: asset for asset in bucket.cli.search()}
    assert after["same.bmp"]["id"] == before["same.bmp"]["id"]
    assert [asset["name"] for asset in bucket.cli.search("state:trash")] == ["b/gone.png"]
    assert after["a.png"]["metadata"] == {"site": "hall 4"}
    assert told(bucket.mirror()) == {"unchanged": 4}


def test_torture_keys_go_in_and_are_found_as_they_are(bucket: Bucket) -> None:
    keys = list(dict.fromkeys(shortened(key) + ".png" for key in torture.torture_keys()[::4]))
    for number, key in enumerate(keys):
        bucket.put(key, picture_no(number))
    first = bucket.mirror()
    assert (first["listed"], told(first)) == (len(keys), {"new": len(keys)})
    second = bucket.mirror()
    assert (told(second), second["requests"]["get"]) == ({"unchanged": len(keys)}, 0)
    found = {asset["key"]: asset["uri"] for asset in bucket.cli.search()}
    assert found == {key: f"gs://{bucket.name}/{quote(key, safe='/-_.~')}" for key in keys}


def test_a_file_is_named_by_its_address_and_its_folder_is_proposed(bucket: Bucket) -> None:
    bucket.put("photos/a.png", picture())
    report = bucket.fails(folder="photos/a.png")
    assert "single object" in report["error"]
    assert f"gs://{bucket.name}/photos" in report["error"]


def test_an_object_that_only_a_proxy_reports_as_missing_stays(google: GcsStub, cli: Cli) -> None:
    bucket = google_bucket(google, cli)
    for key in ("a.png", "b.png"):
        bucket.put(key, picture())
    assert told(bucket.mirror()) == {"new": 2}
    bucket.delete("a.png")

    def confirms(request: Request) -> bool:
        return request.path.endswith("/o") and request.query.get("maxResults") == "1"

    google.http.fail(Answer(404, b"<html>not here</html>"), times=99, fits=confirms)
    doubted = bucket.mirror()
    assert (doubted["removed"], doubted["requests"]["head"]) == (0, 1)
    assert len(bucket.names()) == 2
    google.http.faults.clear()
    assert told(bucket.mirror()) == {"removed": 1, "unchanged": 1}


def test_a_settings_document_for_google_is_accepted(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> None:
    bucket.put("in/a.png", picture())
    bucket.put("out/b.png", picture())
    settings = tmp_path_factory.mktemp("settings") / "settings.json"
    document = {"bucket_type": "gcs", "bucket_name": bucket.name, "region": "EU", "mirror_configs": [
        {"id": "one", "glob_patterns": ["in/**"]}]}  # fmt: skip
    settings.write_text(json.dumps(document))
    assert told(bucket.mirror("--settings", str(settings))) == {"new": 1}
    elsewhere = bucket.cli.run("mirror", f"s3://{bucket.name}", "--settings", str(settings))
    assert (elsewhere.code, "a bucket of the type gcs" in elsewhere.err) == (2, True)
