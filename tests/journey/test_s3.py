"""A bucket becomes a library, on a real S3 server and on one that lists as AWS does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support import torture
from tests.support.buckets import Bucket, picture, picture_no, weed_bucket
from tests.support.cli import Cli
from tests.support.s3stub import S3Stub
from tests.support.seaweed import Seaweed

KINDS = ("new", "changed", "moved", "missing", "removed", "metadata_changed", "unchanged", "skipped", "failed")


def told(report: Any) -> dict[str, int]:
    """The outcomes of a report that are not zero."""
    return {kind: report[kind] for kind in KINDS if report[kind]}


def sidecar(**values: object) -> bytes:
    return json.dumps(values).encode()


def test_only_what_changed_is_handled_pass_after_pass(any_bucket: Bucket) -> None:
    bucket = any_bucket
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
    assert before["b/c d+e%.png"]["uri"] == f"s3://{bucket.name}/b/c%20d%2Be%25.png"

    bucket.put("same.bmp", picture("blue", kind="BMP"))
    bucket.put("a.json", sidecar(site="hall 4"))
    bucket.delete("b/gone.png")
    bucket.rename("b/c d+e%.png", "renamed.png", picture("green"))
    third = bucket.mirror()
    assert told(third) == {"changed": 1, "metadata_changed": 1, "removed": 1, "moved": 1, "unchanged": 1}
    asked = third["requests"]
    assert (asked["get"], asked["head"]) == (2, 2)  # the overwritten picture and the sidecar; both keys that vanished
    after = {asset["name"]: asset for asset in bucket.cli.search()}
    assert after["same.bmp"]["id"] == before["same.bmp"]["id"]
    assert after["same.bmp"]["placeholder"] != before["same.bmp"]["placeholder"]
    assert after["renamed.png"]["id"] == before["b/c d+e%.png"]["id"]
    assert "b/gone.png" not in after
    assert [asset["name"] for asset in bucket.cli.search("state:trash")] == ["b/gone.png"]
    assert after["a.png"]["metadata"] == {"site": "hall 4"}
    assert told(bucket.mirror()) == {"unchanged": 4}


def test_the_version_of_an_object_that_was_read_is_kept_and_shown(stub: S3Stub, ordered_bucket: Bucket) -> None:
    bucket = ordered_bucket
    stub.versioned[bucket.name] = True
    keys = ("plain.png", "a//b.png")  # the second is read by a signed request of our own

    def shown() -> dict[str, str | None]:
        ids = {asset["key"]: asset["id"] for asset in bucket.cli.search()}
        return {key: bucket.cli.run("asset", "show", ids[key], "--json").json["version"] for key in keys}

    def standing() -> dict[str, str | None]:
        return {key: stub.version_of(bucket.name, key) for key in keys}

    for number, key in enumerate(keys):
        bucket.put(key, picture_no(number))
    bucket.mirror()
    first = standing()
    assert shown() == first
    assert None not in first.values()

    for number, key in enumerate(keys):
        bucket.put(key, picture_no(number + 10))
    assert told(bucket.mirror()) == {"changed": 2}
    assert shown() == standing() != first

    stub.versioned[bucket.name] = False  # suspended: every new object has the version "null"
    for number, key in enumerate(keys):
        bucket.put(key, picture_no(number + 20))
    bucket.mirror()
    assert standing() == dict.fromkeys(keys, "null")
    assert shown() == dict.fromkeys(keys)


def test_the_version_that_a_real_server_gives_is_kept_too(weed: Seaweed, cli: Cli) -> None:
    bucket = weed_bucket(weed, cli)
    client = weed.client()
    client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    keys = ("plain.png", "a b%.png")
    given = {
        key: client.put_object(Bucket=bucket.name, Key=key, Body=picture_no(number))["VersionId"]
        for number, key in enumerate(keys)
    }
    assert told(bucket.mirror()) == {"new": 2}
    ids = {asset["key"]: asset["id"] for asset in bucket.cli.search()}
    assert {key: bucket.cli.run("asset", "show", ids[key], "--json").json["version"] for key in keys} == given


def test_torture_keys_go_in_and_are_found_as_they_are(stub: S3Stub, ordered_bucket: Bucket) -> None:
    bucket = ordered_bucket
    keys = list(dict.fromkeys(shortened(key) + ".png" for key in torture.torture_keys()))
    for number, key in enumerate(keys):
        bucket.put(key, picture_no(number))
    for raw in (b"nul\x00.png", b"latin-\xe9.png"):
        stub.put(bucket.name, raw, picture())

    first = bucket.mirror()
    assert (first["listed"], told(first)) == (len(keys) + 2, {"new": len(keys), "skipped": 2})
    second = bucket.mirror()
    assert (told(second), second["requests"]["get"]) == ({"unchanged": len(keys), "skipped": 2}, 0)

    found = {asset["key"]: asset for asset in bucket.cli.search()}
    assert set(found) == set(keys)
    for key, asset in found.items():
        assert asset["name"] == key
        assert asset["uri"] == f"s3://{bucket.name}/{quote(key, safe='/-_.~')}"
    odd = found["esc\x1b[31m.png"]
    assert bucket.cli.run("asset", "show", odd["id"], "--json").json["key"] == odd["key"]
    shown = bucket.cli.run("asset", "show", odd["id"])
    assert (shown.code, "\x1b[31m" in shown.out) == (0, False)


def shortened(key: str) -> str:
    """The key with room for a suffix."""
    while len(key.encode()) > 1020:
        key = key[:-1]
    return key


def test_an_address_means_a_folder_and_leaves_its_neighbours_out(bucket: Bucket) -> None:
    for key in ("photos/a.png", "photos/deep/b.png", "photos2/c.png", "photos.png", "photo/d.png"):
        bucket.put(key, picture())
    report = bucket.mirror(folder="photos")
    assert (report["listed"], told(report)) == (2, {"new": 2})
    assert bucket.names() == ["photos/a.png", "photos/deep/b.png"]
    assert told(bucket.mirror(folder="photos/")) == {"unchanged": 2}  # the same place


def test_globs_start_below_the_address_and_are_kept(bucket: Bucket) -> None:
    for key in ("photos/a.png", "photos/deep/b.png", "photos/deep/b.jpg", "deep/c.png"):
        bucket.put(key, picture())
    report = bucket.mirror("--glob", "deep/*.png", folder="photos")
    assert (report["listed"], told(report)) == (3, {"new": 1})
    assert told(bucket.mirror(folder="photos")) == {"unchanged": 1}
    assert bucket.names() == ["photos/deep/b.png"]


def test_a_flag_that_is_left_out_keeps_what_it_said_before(bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    first = bucket.mirror()
    again = bucket.cli.mirror(f"s3://{bucket.name}")  # neither --endpoint nor --name
    assert (again["datasource"], told(again)) == (first["datasource"], {"unchanged": 1})


def test_a_server_of_another_order_is_sorted_first(weed: Seaweed, cli: Cli) -> None:
    bucket = weed_bucket(weed, cli)
    for key in ("a/x.png", "a-b.png", "a.png", "a/y/z.png", "a0.png"):
        bucket.put(key, picture())
    bucket.put("a.json", sidecar(which="root"))
    bucket.put("a/x.json", sidecar(which="inner"))
    assert told(bucket.mirror()) == {"new": 5}
    assert told(bucket.mirror()) == {"unchanged": 5}
    which = {asset["name"]: asset["metadata"].get("which") for asset in cli.search()}
    assert which == {"a.png": "root", "a/x.png": "inner", "a-b.png": None, "a/y/z.png": None, "a0.png": None}


def test_a_promised_order_that_is_broken_changes_nothing(weed: Seaweed, cli: Cli, tmp_path: Path) -> None:
    bucket = weed_bucket(weed, cli)
    for key in ("a/x.png", "a-b.png"):
        bucket.put(key, picture())
    bucket.mirror()
    bucket.delete("a-b.png")
    bucket.put("a.b.png", picture("blue"))
    promise = tmp_path / "settings.json"
    promise.write_text(json.dumps({"listingOrdered": True}))
    report = bucket.fails("--settings", str(promise))
    assert "listingOrdered" in report["error"]
    assert [asset["state"] for asset in cli.search()] == ["present", "present"]
    promise.write_text(json.dumps({"listingOrdered": False}))
    assert told(bucket.mirror("--settings", str(promise))) == {"new": 1, "removed": 1, "unchanged": 1}
