"""The worker as a process: it runs what falls due and what was asked for, and takes over from one that was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image
from tests.support.buckets import Bucket, picture_no
from tests.support.cli import PATIENCE_S, Cli
from tests.support.kills import Shots
from tests.support.s3stub import Answer, Request, S3Stub

from mirrorlake.catalog import queue, runs
from mirrorlake.catalog.leases import INTERRUPTED
from mirrorlake.catalog.queue import request as request_run
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.report import Report
from mirrorlake.model.runs import Run, RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request


@pytest.fixture
def library(cli: Cli) -> Iterator[Catalog]:
    with Catalog(cli.environ["MIRRORLAKE_DATABASE_URL"]) as catalog:
        yield catalog


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    return folder


@contextmanager
def working(cli: Cli, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = cli.start("worker", "--jobs", "1", *words)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def wait_for(what: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def newest(catalog: Catalog) -> Run:
    return runs.list_runs(catalog, limit=1)[0]


def fall_due(catalog: Catalog) -> None:
    """As if the time of every schedule had come."""
    with catalog.write() as connection:
        connection.execute("UPDATE schedule SET next_due = now()")


def mirrored(cli: Cli, folder: Path, **settings: object) -> Report:
    """A pass over a folder by the name p, as `mirrorlake mirror` does it, but in this process."""
    request = MirrorRequest(
        uri=folder.as_uri(), name="p", settings_json=json.dumps(settings) if settings else None, jobs=1
    )
    report = mirror(
        Settings(home=cli.home, database_url=cli.environ["MIRRORLAKE_DATABASE_URL"]),
        read_request(request),
        NullProgress(),
    )
    assert report.state is RunState.SUCCEEDED
    return report


def test_a_schedule_is_told_and_a_person_waits_after_a_pass(cli: Cli, photos: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"schedule": "0 25 * * *"}))
    refused = cli.run("mirror", photos.as_uri(), "--settings", str(settings))
    assert (refused.code, "bad hour" in refused.err) == (2, True)
    refused = cli.run("datasource", "schedule", "p", "every: 6h", "--timezone", "UTC")
    assert (refused.code, "Leave timezone out" in refused.err) == (2, True)
    mirrored(cli, photos, updateImageWhenNewer=False)

    shown = cli.run("datasource", "schedule", "p", "0 3 * * *", "--timezone", "Asia/Kolkata", "--json").json
    assert shown["configs"][0]["update_image"] is False
    assert (shown["schedule"], shown["timezone"]) == ("0 3 * * *", "Asia/Kolkata")
    assert shown["next_due"].endswith("T21:30:00+00:00")
    assert (shown["can_run"], shown["cooldown_minutes"]) == (False, 60)
    refused = cli.run("datasource", "run", "p")
    assert (refused.code, refused.out) == (1, "")
    assert "in 60 minutes" in refused.err

    mirrored(cli, photos)  # is not asked, and brings nothing in
    ran = cli.run("datasource", "run", "p", "--json")
    assert (ran.code, ran.json["state"], ran.json["unchanged"]) == (0, "succeeded", 3)
    listed = cli.run("datasource", "list", "--json").lines
    assert [(one["last_run"]["trigger"], one["can_run"]) for one in listed] == [("manual", True)]


def test_a_worker_does_what_is_due_and_what_was_asked_for(cli: Cli, photos: Path, library: Catalog) -> None:
    mirrored(cli, photos, runScheduledEvery=6)
    (photos / "new.png").write_bytes((photos / "0.png").read_bytes())
    fall_due(library)

    done = cli.run("worker", "--once", "--jobs", "1")

    assert done.code == 0, done.err
    told = [line[20:] for line in done.err.splitlines()]
    assert told[0].startswith("p is due: run 2 is queued; next ")
    assert told[1] == "run 2 of p started"
    assert told[2].startswith("run 2 of p succeeded in ")
    assert told[2].endswith(": 1 new")
    assert (newest(library).trigger, newest(library).state) == ("schedule", RunState.SUCCEEDED)

    with working(cli) as worker:
        with library.write() as connection:
            connection.execute("UPDATE job SET finished = finished - interval '1 hour'")
        run_id = request_run(library, "p")
        wait_for(lambda: runs.show_run(library, run_id).state is RunState.SUCCEEDED)
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0
    assert runs.show_run(library, run_id).trigger == "manual"


def committed(catalog: Catalog) -> set[str]:
    with catalog.read() as connection:
        return {key for (key,) in connection.execute("SELECT key FROM object").fetchall()}


def mirror_no_pictures(bucket: Bucket) -> None:
    """Make a datasource without assets: one of a bucket without objects is not kept."""
    bucket.put("readme.txt", b"no picture")
    assert bucket.mirror()["selected"] == 0


def test_a_killed_worker_is_taken_over_and_nothing_is_looked_at_twice(
    stub: S3Stub, ordered_bucket: Bucket, library: Catalog
) -> None:
    mirror_no_pictures(ordered_bucket)
    for number in range(900):
        ordered_bucket.put(f"{number:03}.png", picture_no(number))
    run_id = request_run(library, ordered_bucket.name)
    shots = Shots(stub)
    with working(ordered_bucket.cli) as worker:
        wait_for(lambda: len(committed(library)) > 1)
        worker.send_signal(signal.SIGKILL)
        worker.wait(PATIENCE_S)
    kept = committed(library)
    with library.write() as connection:
        connection.execute("UPDATE lease SET expires = now() + interval '20 seconds'")  # silent for 40
    assert 1 < len(kept) < 900
    before = shots.gets.copy()

    done = ordered_bucket.cli.run("worker", "--once", "--jobs", "1")

    assert done.code == 0, done.err
    assert (
        f"run {run_id} of {ordered_bucket.name} was interrupted: its worker died; run {run_id + 1} continues"
        in done.err
    )
    assert runs.show_run(library, run_id).error == INTERRUPTED
    assert (newest(library).id, newest(library).state) == (run_id + 1, RunState.SUCCEEDED)
    assert len(ordered_bucket.names()) == 900
    again = {key for key, count in shots.gets.items() if count > before[key]}
    assert not again & kept


def slow(request: Request) -> Answer | None:
    time.sleep(0.1 if request.key else 0)
    return None


def test_a_worker_whose_person_stops_it_in_a_pass_cancels_it_and_keeps_what_it_did(
    stub: S3Stub, ordered_bucket: Bucket, library: Catalog
) -> None:
    mirror_no_pictures(ordered_bucket)
    for number in range(50):
        ordered_bucket.put(f"{number:03}.png", picture_no(number))
    run_id = request_run(library, ordered_bucket.name)
    shots = Shots(stub)
    stub.faults.append(slow)
    with working(ordered_bucket.cli) as worker:
        assert shots.wait(3, worker)
        worker.send_signal(signal.SIGINT)
        assert worker.wait(PATIENCE_S) == 130
    assert runs.show_run(library, run_id).state is RunState.CANCELLED
    assert queue.claim(library) is None


def test_workers_that_are_stopped_or_killed_leave_their_pass_to_the_next_one(
    stub: S3Stub, ordered_bucket: Bucket, library: Catalog, tmp_path: Path
) -> None:
    mirror_no_pictures(ordered_bucket)
    for number in range(1600):
        ordered_bucket.put(f"{number:04}.png", picture_no(number))
    first = request_run(library, ordered_bucket.name)
    shots = Shots(stub)
    elsewhere = ordered_bucket.cli.with_environ(MIRRORLAKE_HOME=str(tmp_path / "another machine"))
    with working(ordered_bucket.cli) as stopped:
        wait_for(lambda: len(committed(library)) > 0)
        with working(elsewhere) as killed:
            stopped.send_signal(signal.SIGTERM)
            assert stopped.wait(PATIENCE_S) == 0
            after_stop = committed(library)
            wait_for(lambda: len(committed(library)) > len(after_stop))
            killed.send_signal(signal.SIGKILL)
            killed.wait(PATIENCE_S)
    after_kill = committed(library)
    assert 0 < len(after_stop) < len(after_kill) < 1600
    with library.write() as connection:
        connection.execute("UPDATE lease SET expires = now() + interval '20 seconds'")  # silent for 40
    before = shots.gets.copy()

    assert ordered_bucket.cli.run("worker", "--once", "--jobs", "1").code == 0

    told = {run.id: (run.state, run.trigger, run.error) for run in runs.list_runs(library, limit=3)}
    assert told == {
        first: (RunState.CANCELLED, "manual", f"{queue.STOPPED}; run {first + 1} continues from there."),
        first + 1: (RunState.FAILED, "manual", INTERRUPTED),
        first + 2: (RunState.SUCCEEDED, "manual", None),
    }
    assert len(ordered_bucket.names()) == 1600
    assert not after_kill & {key for key, count in shots.gets.items() if count > before[key]}


def test_the_worker_beside_a_server_runs_passes_and_ends_with_it(cli: Cli, photos: Path, library: Catalog) -> None:
    for _ in range(2):
        mirrored(cli, photos)
    run_id = request_run(library, "p")
    server = cli.start("up", "--port", "0")
    try:
        wait_for(lambda: runs.show_run(library, run_id).state is RunState.SUCCEEDED)
        children = psutil.Process(server.pid).children()
        assert [child.cmdline()[-1] for child in children] == ["mirrorlake.cli.commands.worker"]
    finally:
        server.kill()  # it can stop nothing any more
    assert psutil.wait_procs(children, PATIENCE_S)[1] == []
    server.communicate(timeout=PATIENCE_S)
