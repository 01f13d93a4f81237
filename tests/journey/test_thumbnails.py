"""Thumbnails as a person looks after them: real photographs in an S3 bucket, the installed command."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
import skimage
import sklearn
from tests.support.buckets import Bucket
from tests.support.s3stub import Answer, S3Stub
from tests.support.thumbnails import contents

pytestmark = pytest.mark.long

PHOTOS = [
    *(Path(skimage.__file__).parent / "data" / f"{name}.png" for name in ("astronaut", "chelsea", "coffee", "brick")),
    *(Path(skimage.__file__).parent / "data" / f"{name}.jpg" for name in ("rocket", "retina", "hubble_deep_field")),
    *(Path(sklearn.__file__).parent / "datasets" / "images" / name for name in ("china.jpg", "flower.jpg")),
]
PATIENCE_S = 60


def filled(bucket: Bucket) -> dict[Path, bytes]:
    """Mirror the photographs; answers the thumbnails."""
    for photo in PHOTOS:
        bucket.put(f"photos/{photo.name}", photo.read_bytes())
    assert bucket.mirror("--jobs", "2")["new"] == len(PHOTOS)
    files = contents(folder(bucket))
    assert len([path for path in files if path.suffix == ".webp"]) == len(PHOTOS)
    return files


def folder(bucket: Bucket) -> Path:
    return bucket.cli.home / "library" / "thumbnails"


def test_lost_thumbnails_are_found_and_made_again(bucket: Bucket, stub: S3Stub) -> None:
    files = filled(bucket)
    lost, stump, changed, *_ = (path for path in files if path.suffix == ".webp")
    lost.unlink()
    stump.write_bytes(files[stump][: len(files[stump]) // 2])
    told = bucket.cli.run("thumbnails", "check", "--json")
    assert (told.code, told.json["lacking"], told.json["damaged"], told.json["thumbnails"]) == (
        1,
        2,
        1,
        len(PHOTOS) - 1,
    )
    assert "2 thumbnails are missing" in bucket.cli.run("thumbnails", "check").out

    stub.requests.clear()
    done = bucket.cli.run("thumbnails", "make", "--jobs", "2", "--json")
    assert (done.code, done.json["made"], done.json["requests"]["get"]) == (0, 2, 2)
    assert [request.method for request in stub.requests] == ["GET", "GET"]
    assert all("if-match" in request.headers for request in stub.requests)
    assert contents(folder(bucket)) == files
    assert bucket.cli.run("thumbnails", "check", "--json").json["lacking"] == 0

    # One whose object changed is told in a sentence, and left to the next pass.
    changed.unlink()
    for photo in PHOTOS:
        bucket.put(f"photos/{photo.name}", PHOTOS[0].read_bytes() + b"\0")
    done = bucket.cli.run("thumbnails", "make", "--json")
    assert (done.code, done.lines[0]["lack"], done.lines[-1]["changed"]) == (1, "changed", 1)
    assert "left over" not in done.err
    assert "1 changed" in bucket.cli.run("thumbnails", "make").out


def test_making_that_was_killed_goes_on_where_it_was(bucket: Bucket, stub: S3Stub) -> None:
    files = filled(bucket)
    thumbnails = [path for path in files if path.suffix == ".webp"]
    for path in thumbnails:
        path.unlink()
    half = len(thumbnails) // 2
    stub.fail(Answer(503, b""), times=100_000, method="GET", skip=half)
    killed = bucket.cli.start("thumbnails", "make", "--jobs", "1")
    end = time.monotonic() + PATIENCE_S
    while sum(path.exists() for path in thumbnails) < half:
        assert time.monotonic() < end
        assert killed.poll() is None
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    stub.faults.clear()
    again = bucket.cli.run("thumbnails", "make", "--json")
    assert (again.code, again.json["made"]) == (0, len(thumbnails) - half)
    assert contents(folder(bucket)) == files


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
    told = bucket.cli.run("thumbnails", "clean", "--hours", "0", "--json")
    assert (told.code, told.json["removed"], told.json["waiting"], told.json["hold"]) == (0, 2, 0, None)
    left = contents(folder(bucket))
    assert left.items() < files.items()
    assert len(left) == len(files) - 2
    check = bucket.cli.run("thumbnails", "check", "--json").json
    assert (check["assets"], check["lacking"], check["left_over"]) == (len(PHOTOS) - 2, 0, 0)
    assert "0 files removed" in bucket.cli.run("thumbnails", "clean", "--hours", "0").out
