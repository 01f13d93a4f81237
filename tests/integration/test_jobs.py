"""Jobs of every kind in a real database: each exactly once, one at a time for a lock, cancelled, tried again."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.support.job_library import ME, QUEUED_KINDS, JobLibrary, job_library
from tests.support.postgres import Server
from tests.support.soak import some_of

from mirrorlake.catalog import jobs, queue, runs
from mirrorlake.catalog.cancel import request_job_cancel
from mirrorlake.catalog.events import Receiver
from mirrorlake.core.errors import Conflict, LeaseLost, NotFound, PassRunning, RunCancelled, SourceUnreachable
from mirrorlake.jobs.execution import execute, new_job, put_back, run_here
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.handlers import receive as receiving
from mirrorlake.jobs.handlers.receive import ReceiveArgs
from mirrorlake.jobs.handlers.thumbnails import MakeArgs
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.jobs.registry import BACKGROUND_KINDS, HANDLERS
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.mirror.report import Report
from mirrorlake.model.events import ReceiverKind
from mirrorlake.model.jobs import RUN_KINDS, JobKind, JobState
from mirrorlake.model.progress import JobProgress
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services import previews
from mirrorlake.storage.base import Store
from mirrorlake.storage.queues import Message

NO_RUNS = [kind for kind in QUEUED_KINDS if kind not in RUN_KINDS]


@pytest.fixture
def library(empty_catalog: Catalog, tmp_path: Path) -> JobLibrary:
    return job_library(empty_catalog, tmp_path / "home", tmp_path / "photos")


def a_worker(library: JobLibrary, catalog: Catalog, logged: list[str]) -> Worker:
    return Worker(library.settings, catalog, jobs=1, log=logged.append, stop=Stop())


def test_two_workers_do_each_of_many_jobs_exactly_once(postgres_server: Server, tmp_path: Path):
    with Catalog(postgres_server.new_database()) as first, Catalog(first.conninfo) as second:
        library = job_library(first, tmp_path / "home", tmp_path / "photos")
        kinds = (JobKind.MIRROR, JobKind.CONFIRM, JobKind.PREVIEW, JobKind.REAPPLY, JobKind.THUMBNAILS_CHECK)
        wanted = [library.request(kind) for kind in kinds]
        wanted += [library.request(JobKind.VERIFY) for _ in range(6)]
        logged = list[str]()
        threads = [threading.Thread(target=a_worker(library, catalog, logged).drain) for catalog in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        a_worker(library, first, logged).drain()  # what waited for a lock as both looked for the last time

        begun = Counter(int(line.split()[1]) for line in logged if line.endswith(" started"))
        assert begun == Counter(wanted)
        assert {library.job(one).state for one in wanted} == {JobState.SUCCEEDED}


@pytest.mark.parametrize("kind", QUEUED_KINDS)
def test_a_job_of_every_kind_is_carried_out_and_tells_what_came_of_it(library: JobLibrary, kind: JobKind):
    job_id = library.request(kind)
    queued = library.job(job_id)
    assert (queued.state, queued.requested_by, queued.started) == (JobState.QUEUED, ME, None)
    assert queued.waiting is not None

    execute(library.claimed(kind))

    job = library.job(job_id)
    assert (job.state, job.error, job.attempt) == (
        JobState.HELD if kind is JobKind.MIRROR else JobState.SUCCEEDED,
        None,
        1,
    )
    assert job.result is not None
    assert job.version > queued.version
    assert queue.claim(library.catalog) is None


@pytest.mark.parametrize("kind", some_of(QUEUED_KINDS, 2))
def test_a_job_of_every_kind_hears_that_it_is_cancelled(library: JobLibrary, kind: JobKind):
    job_id = library.request(kind)
    context = library.claimed(kind)
    request_job_cancel(library.catalog, job_id, ME)
    context.lease.mark_cancelled(ME)  # as its heartbeat does within a second

    if kind in RUN_KINDS:
        report = execute(context)
        assert isinstance(report, Report)
        assert report.state is JobState.CANCELLED
    else:
        with pytest.raises(RunCancelled, match=f"Job {job_id} was cancelled by {ME}"):
            execute(context)

    job = library.job(job_id)
    assert (job.state, job.cancel_requested) == (JobState.CANCELLED, ME)
    assert queue.claim(library.catalog) is None


def test_a_queued_job_of_every_kind_is_cancelled_at_once(library: JobLibrary):
    for kind in QUEUED_KINDS:  # one library serves them all: none of the jobs begins
        job_id = library.request(kind)

        assert request_job_cancel(library.catalog, job_id, ME).state is JobState.CANCELLED, kind

        assert queue.claim(library.catalog) is None, kind
        with pytest.raises(Conflict, match="has already ended"):
            request_job_cancel(library.catalog, job_id, ME)


class Away:
    """A source that does not answer."""

    def open(self) -> Store:
        raise SourceUnreachable("It does not answer.")


def away(context: JobContext) -> JobContext:
    return JobContext(
        settings=context.settings,
        catalog=context.catalog,
        lease=context.lease,
        reporter=context.reporter,
        store_factory=lambda _source: Away(),  # type: ignore[arg-type, return-value]
    )


def due_now(catalog: Catalog) -> None:
    with catalog.write() as connection:
        connection.execute("UPDATE job SET not_before = now() WHERE not_before IS NOT NULL")


@pytest.mark.parametrize("kind", [JobKind.MIRROR, JobKind.CONFIRM, JobKind.RETRY, JobKind.PURGE])
def test_a_run_whose_source_does_not_answer_is_tried_again_later_but_not_for_ever(library: JobLibrary, kind: JobKind):
    job_id = library.request(kind)
    for attempt in (1, 2, 3):
        job = library.last(job_id)
        assert job.attempt == attempt
        assert execute(away(library.claimed(kind))).state is JobState.FAILED
        assert library.job(job.id).state is JobState.FAILED
        assert queue.claim(library.catalog) is None  # not before its time
        due_now(library.catalog)

    assert library.last(job_id).state is JobState.FAILED
    assert library.last(job_id).id == job.id


def test_a_job_that_waits_for_another_attempt_says_until_when_and_why(library: JobLibrary):
    library.request(JobKind.MIRROR)
    execute(away(library.claimed(JobKind.MIRROR)))

    [waiting] = jobs.list_jobs(library.catalog, limit=9, state=JobState.QUEUED)

    assert waiting.not_before is not None
    assert timedelta(seconds=20) < waiting.not_before - waiting.created < timedelta(seconds=61)
    with library.catalog.write() as connection:
        connection.execute("INSERT INTO access.worker (id, host, pid) VALUES (gen_random_uuid(), 'here', 1)")
    found = library.job(waiting.id).waiting
    assert found is not None
    assert "it is retried at" in found.reason
    assert "It does not answer." in found.reason
    # A person who asks for a pass meanwhile need not wait.
    assert library.request(JobKind.MIRROR) == waiting.id
    assert library.claimed(JobKind.MIRROR).lease.job_id == waiting.id


def test_a_preview_whose_source_does_not_answer_says_so_at_once(library: JobLibrary):
    job_id = library.request(JobKind.PREVIEW)
    execute(away(library.claimed(JobKind.PREVIEW)))

    found = previews.show_preview(library.catalog, str(job_id))

    assert (found.state, found.error) == (JobState.FAILED, "It does not answer.")


def test_a_job_whose_worker_died_goes_on_under_its_number_but_not_for_ever(library: JobLibrary):
    for kind in NO_RUNS:  # one library serves them all: none of the jobs does anything
        job_id = library.request(kind)
        attempts = HANDLERS[kind].policy.max_attempts
        for attempt in range(1, attempts + 1):
            library.claimed(kind).lease.close()  # as if its process had died
            assert queue.requeue_interrupted(library.catalog) == [], kind  # it may be back in a moment
            library.age_leases()
            [gone] = queue.requeue_interrupted(library.catalog)
            assert gone.run_id == job_id
            assert library.job(job_id).attempt == min(attempt + 1, attempts)
        assert gone.again is None
        assert library.job(job_id).state is JobState.FAILED, kind
        assert queue.claim(library.catalog) is None, kind


@pytest.mark.parametrize("kind", some_of(QUEUED_KINDS, 5))
def test_a_job_whose_worker_is_stopped_goes_on_with_the_next_one(library: JobLibrary, kind: JobKind):
    job_id = library.request(kind)
    put_back(library.claimed(kind).lease)

    assert library.last(job_id).attempt == 1
    execute(library.claimed(kind))

    assert library.last(job_id).state in (JobState.SUCCEEDED, JobState.HELD)


@pytest.mark.parametrize("kind", sorted(BACKGROUND_KINDS))
def test_a_worker_that_ends_when_nothing_is_left_takes_over_what_waits_for_events_too(
    library: JobLibrary, kind: JobKind
):
    job_id = library.request(kind)
    library.claimed(kind).lease.close()  # as if its process had died
    library.age_leases()
    logged: list[str] = []

    assert a_worker(library, library.catalog, logged).drain(), logged

    last = library.last(job_id)
    assert (last.state, last.attempt) == (JobState.SUCCEEDED, 2)
    assert any(f"job {job_id}" in line and "was interrupted" in line for line in logged)


def test_a_worker_that_ends_when_nothing_is_left_waits_for_no_event(
    library: JobLibrary, monkeypatch: pytest.MonkeyPatch
):
    """It takes over the job of a worker that was to wait for more."""
    queue_of_events = EmptyQueue()
    monkeypatch.setattr(receiving, "_open", lambda *_: queue_of_events)
    receiver = Receiver(kind=ReceiverKind.SQS, address="https://sqs.example/1/q", trusted=True)
    monkeypatch.setattr(receiving.events, "find_receiver", lambda *_: receiver)
    jobs.request(library.catalog, new_job(JobKind.RECEIVE, ReceiveArgs(), datasource=library.source))

    assert a_worker(library, library.catalog, []).drain()

    assert queue_of_events.waits == [0]


class EmptyQueue:
    """A queue without messages."""

    def __init__(self) -> None:
        self.waits: list[int] = []

    def receive(self, *, wait_s: int) -> list[Message]:
        self.waits.append(wait_s)
        return []

    def close(self) -> None:
        """Nothing is open."""


def test_a_holder_that_was_taken_over_cannot_end_the_job_of_another(library: JobLibrary):
    job_id = library.request(JobKind.VERIFY)
    gone = library.claimed(JobKind.VERIFY)
    gone.lease.rest()  # as a suspended machine
    library.age_leases()
    with library.catalog.write() as connection:
        connection.execute("UPDATE lease SET backend_pid = 1")
    [taken] = queue.requeue_interrupted(library.catalog)
    assert taken.again == job_id
    other = library.claimed(JobKind.VERIFY)

    with pytest.raises(LeaseLost):
        jobs.finish(gone.lease, state=JobState.SUCCEEDED)

    assert library.job(job_id).state is JobState.RUNNING
    execute(other)
    assert library.job(job_id).state is JobState.SUCCEEDED


def test_jobs_of_one_lock_run_one_at_a_time(library: JobLibrary):
    second, first = library.request(JobKind.MIRROR), library.request(JobKind.REAPPLY)
    context = library.claimed(JobKind.REAPPLY)
    assert queue.claim(library.catalog) is None
    with library.catalog.write() as connection:
        connection.execute("INSERT INTO access.worker (id, host, pid) VALUES (gen_random_uuid(), 'here', 1)")
    waiting = library.job(second).waiting
    assert waiting is not None
    assert waiting.reason == f"run {first} of the same datasource is running"
    with pytest.raises(PassRunning):
        runs.begin(library.catalog, library.source.id, "mirror")
    with pytest.raises(PassRunning):
        library.request(JobKind.CONFIRM)

    execute(context)

    assert library.claimed(JobKind.MIRROR).lease.job_id == second


def test_a_command_is_refused_while_a_job_of_the_same_lock_is_at_work(library: JobLibrary):
    library.request(JobKind.THUMBNAILS_MAKE)
    context = library.claimed(JobKind.THUMBNAILS_MAKE)
    job = new_job(JobKind.THUMBNAILS_MAKE, MakeArgs())

    with pytest.raises(Conflict, match=f"Job {context.lease.job_id} has been doing the same work since"):
        run_here(library.settings, library.catalog, job)

    execute(context)
    run_here(library.settings, library.catalog, job)


def test_a_job_that_a_person_waits_for_goes_before_a_pass(library: JobLibrary):
    library.request(JobKind.MIRROR)
    confirm = library.request(JobKind.CONFIRM)
    lease = queue.claim(library.catalog)
    assert lease is not None
    assert lease.job_id == confirm


def test_a_command_in_the_foreground_leaves_the_same_record(library: JobLibrary):
    job = new_job(JobKind.VERIFY, VerifyArgs(sample=2), subject="all datasources", requested_by=ME)
    found = list[object]()

    result = run_here(library.settings, library.catalog, job, item=found.append)

    [stored] = jobs.list_jobs(library.catalog, limit=1)
    assert (stored.kind, stored.state, stored.attempt) == ("verify", JobState.SUCCEEDED, None)
    assert (stored.subject, stored.requested_by, stored.args) == (
        "all datasources",
        ME,
        {"sample": 2, "content": False},
    )
    assert stored.result is not None
    assert stored.result["verification"]["verified"] == result.verification.verified == 2


def test_progress_is_there_for_others_while_a_job_is_at_work(library: JobLibrary):
    job_id = library.request(JobKind.VERIFY)
    context = library.claimed(JobKind.VERIFY)
    before = library.job(job_id).version
    context.reporter.step("verifying", 3, 40)
    give_up = threading.Event()
    for _ in range(200):
        if library.job(job_id).progress is not None:
            break
        give_up.wait(0.05)

    assert library.job(job_id).progress == JobProgress(step="verifying", done=3, total=40)
    assert library.job(job_id).version > before


def test_who_asks_for_a_preview_that_is_queued_already_is_given_the_same(library: JobLibrary):
    assert library.request(JobKind.PREVIEW) == library.request(JobKind.PREVIEW)
    execute(library.claimed(JobKind.PREVIEW))
    assert queue.claim(library.catalog) is None


def test_a_preview_tells_what_a_pass_would_do_until_it_is_pruned(library: JobLibrary):
    number = str(library.request(JobKind.PREVIEW))
    queued = previews.show_preview(library.catalog, number)
    assert queued.state is JobState.RUNNING
    assert queued.waiting is not None
    assert "no worker" in queued.waiting.reason
    execute(library.claimed(JobKind.PREVIEW))

    found = previews.show_preview(library.catalog, number)
    assert found.state is JobState.SUCCEEDED
    assert found.counts.listed == 4
    assert found.hold is not None
    assert found.samples is not None

    assert jobs.prune(library.catalog, [JobKind.PREVIEW], days=1) == 0
    with library.catalog.write() as connection:
        connection.execute("UPDATE job SET finished = finished - interval '25 hours' WHERE kind = 'preview'")
    assert jobs.prune(library.catalog, [JobKind.PREVIEW], days=1) == 1
    with pytest.raises(NotFound):
        previews.show_preview(library.catalog, number)


def test_a_run_is_no_preview(library: JobLibrary):
    with pytest.raises(NotFound):
        previews.show_preview(library.catalog, str(library.first))


def test_jobs_are_listed_by_kind_state_and_datasource_newest_first(library: JobLibrary):
    verify, preview = library.request(JobKind.VERIFY), library.request(JobKind.PREVIEW)
    found = jobs.list_jobs(library.catalog, limit=9)
    assert [job.id for job in found] == [preview, verify, library.held, library.first]
    assert [job.id for job in jobs.list_jobs(library.catalog, limit=9, kind="verify")] == [verify]
    assert [job.id for job in jobs.list_jobs(library.catalog, limit=9, state=JobState.HELD)] == [library.held]
    assert verify not in [job.id for job in jobs.list_jobs(library.catalog, limit=9, datasource=library.source.name)]
    assert [job.id for job in jobs.list_jobs(library.catalog, limit=1, before=verify)] == [library.held]
    assert [job.id for job in jobs.list_jobs(library.catalog, limit=9, runs=False)] == [preview, verify]
    assert [job.id for job in jobs.list_jobs(library.catalog, limit=9, runs=True)] == [library.held, library.first]


def test_a_worker_leaves_kinds_of_another_version_alone(library: JobLibrary):
    with library.catalog.write() as connection:
        connection.execute("INSERT INTO job (kind, state, attempt) VALUES ('embed', 'queued', 1)")
    assert queue.claim(library.catalog) is None


def test_a_mistake_of_ours_ends_the_job_and_is_seen(library: JobLibrary, monkeypatch: pytest.MonkeyPatch):
    job_id = library.request(JobKind.THUMBNAILS_CHECK)
    context = library.claimed(JobKind.THUMBNAILS_CHECK)
    monkeypatch.setattr("mirrorlake.library.audit.check", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        execute(context)

    assert library.job(job_id).error == "internal error: ZeroDivisionError('division by zero')"


def test_a_worker_does_a_quick_job_beside_a_long_one(library: JobLibrary):
    logged = list[str]()
    worker = a_worker(library, library.catalog, logged)
    pass_id = library.request(JobKind.MIRROR)
    thread = threading.Thread(target=worker.serve)
    # A lock on what a pass reads and a thumbnail check does not.
    with psycopg.connect(library.catalog.conninfo) as session:
        session.execute("LOCK TABLE held_removal IN ACCESS EXCLUSIVE MODE")
        thread.start()
        pause = threading.Event()
        while library.job(pass_id).state is not JobState.RUNNING:
            pause.wait(0.05)
        check = library.request(JobKind.THUMBNAILS_CHECK)
        while not library.job(check).ended:
            pause.wait(0.05)
        assert library.job(pass_id).state is JobState.RUNNING
        session.rollback()
    while not library.job(pass_id).ended:
        pause.wait(0.05)
    worker.stop.signal = signal.SIGTERM  # a handler runs in the main thread, and would interrupt this test
    thread.join()
    assert library.job(check).state is JobState.SUCCEEDED
