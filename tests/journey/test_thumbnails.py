"""Thumbnails as a person looks after them: real photographs in an S3 bucket, the installed command."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
import skimage
from tests.support.buckets import Bucket
from tests.support.media import package_folder
from tests.support.s3stub import Answer, S3Stub
from tests.support.thumbnails import contents, packs

pytestmark = pytest.mark.long

PHOTOS = [
    *(Path(skimage.__file__).parent / "data" / f"{name}.png" for name in ("astronaut", "chelsea", "coffee", "brick")),
    *(Path(skimage.__file__).parent / "data" / f"{name}.jpg" for name in ("rocket", "retina", "hubble_deep_field")),
    *(package_folder("sklearn") / "datasets" / "images" / name for name in ("china.jpg", "flower.jpg")),
]
PATIENCE_S = 60


def filled(bucket: Bucket) -> dict[Path, bytes]:
    """Mirror the photographs; answers the files of the library store."""
    for photo in PHOTOS:
        bucket.put(f"photos/{photo.name}", photo.read_bytes())
    assert bucket.mirror("--jobs", "2")["new"] == len(PHOTOS)
    assert packs(folder(bucket))
    return contents(folder(bucket))


def folder(bucket: Bucket) -> Path:
    return bucket.cli.home / "library" / "thumbnails"


def test_lost_thumbnails_are_found_and_made_again(bucket: Bucket, stub: S3Stub) -> None:
    filled(bucket)
    stump = packs(folder(bucket))[0]
    stump.write_bytes(stump.read_bytes()[: stump.stat().st_size * 2 // 3])
    answer = bucket.cli.run("thumbnails", "check", "--json")
    lost = answer.json["lacking"]
    assert 0 < lost == answer.json["damaged"] < len(PHOTOS)
    assert (answer.code, answer.json["thumbnails"]) == (1, len(PHOTOS) - lost)
    assert f"{lost} thumbnails are missing" in bucket.cli.run("thumbnails", "check").out

    stub.requests.clear()
    done = bucket.cli.run("thumbnails", "make", "--jobs", "2", "--json")
    assert (done.code, done.json["made"], done.json["requests"]["get"]) == (0, lost, lost)
    assert [request.method for request in stub.requests] == ["GET"] * lost
    assert all("if-match" in request.headers for request in stub.requests)
    assert bucket.cli.run("thumbnails", "check", "--json").json["lacking"] == 0

    # Those whose objects changed are named in a sentence, and left to the next pass.
    for path in packs(folder(bucket)):
        path.unlink()
    for photo in PHOTOS:
        bucket.put(f"photos/{photo.name}", PHOTOS[0].read_bytes() + b"\0")
    done = bucket.cli.run("thumbnails", "make", "--json")
    assert (done.code, done.lines[0]["lack"], done.lines[-1]["changed"]) == (1, "changed", len(PHOTOS))
    assert "left over" not in done.err
    assert f"{len(PHOTOS)} changed" in bucket.cli.run("thumbnails", "make").out


def test_making_that_was_killed_goes_on_where_it_was(bucket: Bucket, stub: S3Stub) -> None:
    filled(bucket)
    for path in packs(folder(bucket)):
        path.unlink()
    stub.fail(Answer(503, b""), times=100_000, method="GET", skip=len(PHOTOS) // 2)
    killed = bucket.cli.start("thumbnails", "make", "--jobs", "1")
    end = time.monotonic() + PATIENCE_S
    while not packs(folder(bucket)):
        assert time.monotonic() < end
        assert killed.poll() is None
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    stub.faults.clear()
    lacking = bucket.cli.run("thumbnails", "check", "--json").json["lacking"]
    again = bucket.cli.run("thumbnails", "make", "--json")
    assert (again.code, again.json["lacking"], again.json["made"]) == (0, lacking, lacking)
    assert bucket.cli.run("thumbnails", "check", "--json").json["lacking"] == 0


def test_thumbnails_of_what_was_purged_are_cleared_away(bucket: Bucket) -> None:
    files = filled(bucket)
    for photo in PHOTOS[:2]:
        bucket.delete(f"photos/{photo.name}")
    assert bucket.mirror()["removed"] == 2
    name = bucket.cli.run("datasource", "list", "--json").lines[0]["name"]
    assert bucket.cli.run("datasource", "purge", name, "--days", "0", "--acknowledge", "2").code == 0
    assert bucket.cli.run("thumbnails", "check", "--json").json["left_over"] == 2

    early = bucket.cli.run("thumbnails", "clean")  # the folder is marked as this library's only since a moment
    assert (early.code, contents(folder(bucket))) == (1, files)
    assert "--hours 0" in early.err
    wrong = bucket.cli.run("thumbnails", "clean", "--hours", "0", "--acknowledge", "7")
    assert (wrong.code, contents(folder(bucket))) == (2, files)
    answer = bucket.cli.run("thumbnails", "clean", "--hours", "0", "--json")
    assert (answer.code, answer.json["removed"], answer.json["hold"]) == (0, 2, None)
    check = bucket.cli.run("thumbnails", "check", "--json").json
    assert (check["assets"], check["lacking"], check["left_over"]) == (len(PHOTOS) - 2, 0, 0)
    assert "0 thumbnails removed" in bucket.cli.run("thumbnails", "clean", "--hours", "0").out
