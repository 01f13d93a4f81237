"""A run is cancelled from another process: it ends soon, keeps what it committed, and blocks nobody."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.buckets import Bucket, picture_no
from tests.support.cli import Cli
from tests.support.images import many_pictures
from tests.support.s3stub import Answer, Request, S3Stub


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str], patience_s: float = 60) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def only_run(cli: Cli) -> dict[str, object]:
    (run,) = cli.run("runs", "list", "--json", "--limit", "1").lines
    return run


def slow_listing(request: Request) -> Answer | None:
    if not request.key:
        time.sleep(0.2)
    return None


def test_a_listing_is_cancelled_before_its_next_pages(stub: S3Stub, ordered_bucket: Bucket) -> None:
    bucket = ordered_bucket
    for number in range(400):
        bucket.put(f"{number:04}.png", b"not looked at")
    stub.page_keys = 1
    stub.faults.append(slow_listing)
    process = bucket.cli.start("mirror", *bucket.words())
    wait_until(lambda: len(stub.requests) > 3, process)

    asked = bucket.cli.run("runs", "cancel", "1", "--json")
    out, err = process.communicate(timeout=60)

    assert (asked.code, asked.json["state"]) == (0, "cancelled"), asked.err
    assert len(stub.requests) < 300
    report = json.loads(out)
    assert (process.returncode, report["state"], report["new"]) == (130, "cancelled", 0)
    assert report["error"].startswith("Run 1 was cancelled by ")
    assert report["error"] in err
    assert bucket.cli.run("runs", "show", "1", "--json").json["error"] == report["error"]
    assert "Traceback" not in err
    again = bucket.cli.run("runs", "cancel", "1")
    assert (again.code, "Run 1 has already ended: it was cancelled" in again.err) == (1, True)
    assert bucket.cli.run("runs", "cancel", "17").code == 1


def test_a_cancelled_pass_keeps_what_it_committed_and_the_next_goes_on(cli: Cli, tmp_path: Path) -> None:
    root = many_pictures(tmp_path / "many", 600)
    process = cli.start("mirror", root.as_uri(), "--jobs", "1", "--json")
    wait_until(lambda: len(cli.search()) > 0, process)

    assert cli.run("runs", "cancel", "1").code == 0
    out, err = process.communicate(timeout=60)

    assert (process.returncode, json.loads(out)["state"]) == (130, "cancelled"), err
    kept = len(cli.search())
    assert 0 < kept < 600
    rest = cli.mirror(root.as_uri())
    assert (rest["unchanged"], rest["new"]) == (kept, 600 - kept)
    assert rest["requests"]["get"] == rest["new"]


def test_what_a_cancelled_run_held_is_dismissed_and_found_anew(cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(12):
        (photos / f"{number:02}.png").write_bytes(picture_no(number))
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"orphans": "trash"}))
    words = ["mirror", photos.as_uri(), "--settings", settings, "--jobs", "1", "--json"]
    assert cli.run(*words).json["new"] == 12
    for number in range(8):
        (photos / f"{number:02}.png").unlink()
    held = cli.run(*words).json
    assert held["state"] == "held"

    dismissed = cli.run("runs", "cancel", held["run"], "--json")

    assert (dismissed.code, dismissed.json["state"]) == (0, "cancelled")
    assert dismissed.json["error"].startswith("Dismissed by ")
    refused = cli.run("runs", "confirm", held["run"])
    assert (refused.code, "dismissed" in refused.err) == (1, True)
    assert cli.run("runs", "confirm", "--hash", held["hold"]["plan_hash"]).code == 1
    assert len(cli.search()) == 12
    anew = cli.run(*words).json
    assert (anew["state"], anew["hold"]["plan_hash"]) == ("held", held["hold"]["plan_hash"])
    assert cli.run("runs", "confirm", anew["run"], "--json").json["removed"] == 8
