"""Jobs as people and programs see them: over the command line, HTTP and the SDK, through deaths of workers."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.support.buckets import picture
from tests.support.cli import PATIENCE_S, Cli
from tests.support.job_library import GONE, PICTURES, QUEUED_KINDS, JobLibrary, job_library
from tests.support.served import Serving, serving
from tests.support.soak import soaking

from mirrorlake.client import Client
from mirrorlake.core.errors import Conflict, NotFound, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.registry import BACKGROUND_KINDS
from mirrorlake.model.jobs import RUN_KINDS, Job, JobKind, JobState
from mirrorlake.postgres.pool import open_catalog


@pytest.fixture
def library(cli: Cli, tmp_path: Path) -> Iterator[JobLibrary]:
    settings = Settings(home=cli.home, database_url=cli.environ["MIRRORLAKE_DATABASE_URL"])
    with open_catalog(settings) as catalog:
        made = job_library(catalog, cli.home, tmp_path / "photos")
        made.settings = settings
        yield made


@contextmanager
def standstill(library: JobLibrary) -> Iterator[None]:
    """Whatever reads or writes assets waits meanwhile: work of any kind stops in its middle."""
    with psycopg.connect(library.catalog.conninfo) as session:
        session.execute("LOCK TABLE asset, object, outcome, held_removal IN ACCESS EXCLUSIVE MODE")
        yield
        session.rollback()


def wait_for_start(library: JobLibrary, job_id: int) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if library.job(job_id).state is not JobState.QUEUED:
            return
        pause.wait(0.05)
    raise AssertionError(f"job {job_id} never began")


SOME = {JobKind.MIRROR, JobKind.CONFIRM, JobKind.EVENTS, JobKind.REAPPLY}  # all of them in `make soak`
# Nothing stops jobs of the background in their middle here. What an interrupted one did not poll or send is still due.
# The preview of a location and deliveries read no asset, so that they end in spite of the standstill.
KILLED = [
    kind
    for kind in QUEUED_KINDS
    if kind not in {*BACKGROUND_KINDS, JobKind.LOCATION_PREVIEW, JobKind.DELIVER} and (soaking() or kind in SOME)
]


@pytest.mark.parametrize("kind", KILLED)
def test_a_job_whose_worker_is_killed_goes_on_with_the_next_worker(cli: Cli, library: JobLibrary, kind: JobKind):
    job_id = library.request(kind)
    with standstill(library):
        worker = cli.start("worker", "--jobs", "1")
        wait_for_start(library, job_id)
        worker.send_signal(signal.SIGKILL)
        worker.communicate(timeout=PATIENCE_S)
    assert library.job(job_id).state is JobState.RUNNING  # nobody has noticed
    library.age_leases()

    told = cli.run("worker", "--once").err

    noun = "run" if kind in RUN_KINDS else "job"
    assert f"{noun} {job_id}" in told
    assert "was interrupted: its worker died" in told
    last = library.last(job_id)
    if kind is JobKind.EVENTS and last.id == job_id:
        # The killed worker had already queued a check of the keys that still waited, which replaces a second attempt.
        last = library.newest(kind)
        assert (last.id > job_id, last.state) == (True, JobState.SUCCEEDED)
        return
    assert (last.state, last.attempt) == (JobState.HELD if kind is JobKind.MIRROR else JobState.SUCCEEDED, 2)
    if kind in (JobKind.CONFIRM, JobKind.PURGE):
        assert last.result is not None
        assert last.result["counts"]["removed"] == GONE


@pytest.fixture
def served(cli: Cli, library: JobLibrary, tmp_path: Path) -> Iterator[tuple[Serving, JobLibrary]]:
    with serving(cli, tmp_path / "nobody") as made:
        yield made, library


def events(lines: Iterator[str]) -> Iterator[tuple[str, Job | dict[str, object]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def an_upload_waits_for_its_import(client: Client, folder: Path) -> None:
    picture_file = folder / "arrival.png"
    picture_file.write_bytes(picture((9, 9, 9)))
    with pytest.raises(UsageError, match="part of a project"):
        client.assets.upload(picture_file, split="train")
    with pytest.raises(UsageError, match="no split 'dev'"):
        client.assets.upload(picture_file, project="arrivals", split="dev")
    made = client.assets.upload(picture_file, metadata={"gate": 1}, project="arrivals", split="train")
    assert [one.id for one in client.assets.find("project:arrivals split:train metadata.gate:1")] == [made.asset]


def test_long_work_over_http_is_a_job_that_can_be_watched_to_its_result(
    served: tuple[Serving, JobLibrary], tmp_path: Path
):
    serving_, library = served
    headers = {"Authorization": f"Bearer {serving_.token}"}
    with (
        Client(serving_.address, api_key=serving_.token) as client,
        httpx.Client(base_url=f"{serving_.address}/api/v1", headers=headers, timeout=60) as http,
    ):
        # Server-sent events: from the first state to the result.
        with standstill(library):
            job = client.jobs.verify()
            stream = http.stream("GET", f"/jobs/{job.id}/events")
            answer = stream.__enter__()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["x-accel-buffering"] == "no"  # else nginx holds events back until its buffer is full
            told = events(answer.iter_lines())
            name, first = next(told)
            assert (name, first["id"]) == ("progress", job.id)  # type: ignore[index]
            wait_for_start(library, job.id)
        *_, (name, last) = told
        stream.__exit__(None, None, None)
        assert name == "end"
        assert last["state"] == "succeeded"  # type: ignore[index]
        assert last["result"]["verification"]["verified"] == PICTURES  # type: ignore[index]

        # Long-poll: at once where it is newer, else once it changes.
        known = client.jobs.get(job.id)
        assert http.get(f"/jobs/{job.id}", params={"since": known.version - 1, "wait_s": 30}).json()["id"] == job.id
        with standstill(library):
            job = client.jobs.check_thumbnails()
            newer = client.jobs.watch(job.id, since=job.version, wait_s=30)
            assert newer.version > job.version
        heard = list[Job]()
        job = client.jobs.wait(job, heard.append)
        assert job.state is JobState.SUCCEEDED
        assert job.result is not None
        assert job.result["assets"] == PICTURES
        assert heard[-1].version == job.version

        # Cancel, list, and what is not there.
        with standstill(library):
            job = client.jobs.verify("photos", sample=3)
            wait_for_start(library, job.id)
            assert client.jobs.cancel(job.id).cancel_requested is not None
            client.jobs.watch(job.id, since=client.jobs.get(job.id).version, wait_s=2)  # its worker hears it
        job = client.jobs.wait(job)
        assert job.state in (JobState.CANCELLED, JobState.SUCCEEDED)  # it may have been at its end
        with pytest.raises(Conflict):
            client.jobs.cancel(job.id)
        with pytest.raises(NotFound):
            client.jobs.get(10**9)
        assert [one.id for one in client.jobs.list(kind=JobKind.VERIFY, datasource="photos")] == [job.id]
        assert http.get("/jobs", params={"limit": 2}).links["next"]["url"].startswith("/api/v1/jobs?")
        assert http.get("/jobs", params={"stat": "held"}).status_code == 422

        an_upload_waits_for_its_import(client, tmp_path)

    # The command line tells the same, here and over the server.
    for command in (serving_.cli, serving_.remote):
        shown = command.run("jobs", "show", str(job.id), "--json").json
        assert (shown["job"], shown["kind"], shown["state"]) == (job.id, "verify", job.state.value)
        assert command.run("job", "wait", str(job.id)).code == (0 if job.state is JobState.SUCCEEDED else 130)
        assert job.id in [line["job"] for line in command.run("jobs", "list", "--json").lines]


def test_a_server_that_ends_ends_those_who_watch(cli: Cli, library: JobLibrary, tmp_path: Path):
    with serving(cli, tmp_path / "nobody", "--no-worker") as made:
        job_id = library.request(JobKind.VERIFY)
        with (
            httpx.Client(headers={"Authorization": f"Bearer {made.token}"}, timeout=60) as http,
            http.stream("GET", f"{made.address}/api/v1/jobs/{job_id}/events") as answer,
        ):
            lines = answer.iter_lines()
            assert next(lines).startswith("id: ")
            made.process.terminate()
            assert not [line for line in lines if line == "event: end"]
        assert made.process.wait(PATIENCE_S) == 0
    waiting = library.job(job_id).waiting
    assert waiting is not None
    assert waiting.stuck
