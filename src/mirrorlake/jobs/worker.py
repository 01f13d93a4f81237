"""The worker: queues scheduled runs when due, and executes queued jobs one after another.

Any number of workers on any number of machines can share one library: the queue gives each job to one of them, and
leases exclude conflicts with foreground commands. A worker executes quick jobs in a second thread beside a long job, so
that a preview does not have to wait for the end of a run, and polls queues of events in threads of their own.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from types import FrameType
from typing import TypeVar

from mirrorlake.catalog import (
    connection_checks,
    events,
    jobs,
    queue,
    schedules,
    webhooks,
)
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.schedules import Unreadable
from mirrorlake.catalog.workers import register_worker
from mirrorlake.core.errors import CatalogError, CatalogUnavailable, DiskFull, MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs import housekeeping
from mirrorlake.jobs.execution import execute, new_job, put_back
from mirrorlake.jobs.handler import GaveWay, JobContext
from mirrorlake.jobs.handlers.deliver import DeliverArgs
from mirrorlake.jobs.handlers.functions import enqueue_functions
from mirrorlake.jobs.handlers.receive import ReceiveArgs
from mirrorlake.jobs.places import Place, Places
from mirrorlake.jobs.progress import Reporter
from mirrorlake.jobs.registry import BACKGROUND_KINDS, HANDLERS, QUICK_KINDS
from mirrorlake.mirror.cancellation import WorkerStopped
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import DEFAULT_POOL, RUN_KINDS, Job, JobKind, JobState
from mirrorlake.postgres.pool import Catalog

POLL_S = 1.0  # between two checks of the queue: the longest delay of a requested job
RETRY_S = 5.0  # between two attempts to reach an unavailable database
END_S = 6.0  # for a quick job to notice that the worker ends
HOUSEKEEPING_EVERY_S = 60.0  # between two looks what is due for indexes and likeness
PRUNE_EVERY_S = 3600.0
BACKGROUND_EVERY_S = 5.0  # between two looks for queues that nobody polls
FUNCTIONS_EVERY_S = 3.0  # between two looks what functions have to be called for
MAX_BACKGROUND = 8  # jobs that mostly wait, at once
ALL_KINDS = frozenset(HANDLERS) - BACKGROUND_KINDS
_Done = TypeVar("_Done")
LogCallback = Callable[[str], None]  # receives one sentence for each event


class Stop:
    """Stop requests by signals. `request` is the signal handler; it interrupts only a job.

    SIGINT also cancels the job. Any other signal, as at the restart of a machine, only ends the worker.
    """

    def __init__(self) -> None:
        self.signal: int | None = None  # the signal
        self.impatient = False  # whether there were two signals
        self._in_pass = False

    def request(self, number: int, _frame: FrameType | None = None) -> None:
        """Stop after the current job was interrupted; a second signal stops immediately."""
        self.impatient = self.signal is not None
        self.signal = number
        if self.impatient:
            raise KeyboardInterrupt
        if self._in_pass:
            raise self._interruption()

    @contextmanager
    def during_pass(self) -> Generator[None]:
        """A context that a stop request interrupts."""
        self._in_pass = True
        try:
            if self.signal is not None:
                raise self._interruption()
            yield
        finally:
            self._in_pass = False

    def interruption(self) -> KeyboardInterrupt | None:
        """The interruption for a job outside the main thread; None without a stop request."""
        return None if self.signal is None else self._interruption()

    def _interruption(self) -> KeyboardInterrupt:
        return KeyboardInterrupt() if self.signal == signal.SIGINT else WorkerStopped()


class Worker:
    """A worker over an open library, for all its workspaces. `catalog` is that of `default`.

    `clock` None: the database's. `jobs` is the number of worker processes, `pool` the pool whose jobs it takes.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        jobs: int | None,
        log: LogCallback,
        stop: Stop,
        clock: Callable[[], datetime] | None = None,
        pool: str = DEFAULT_POOL,
    ) -> None:
        self._catalog = catalog  # of the workspace `default`
        self._pool = pool
        self._places = Places(settings, catalog, pool=pool)
        self._processes = jobs
        self._log = log
        self.stop = stop
        self._clock = clock or (lambda: schedules.database_time(catalog))
        self._ticked: datetime | None = None  # the minute whose due schedules were queued
        self._kept_house: float | None = None
        self._pruned: float | None = None
        self._draining = False
        self._faults: dict[tuple[int, str], str] = {}  # what failed last in a workspace, by the name of the step
        self._away = False  # whether the database was unavailable at the last attempt

    def serve(self) -> None:
        """Work until a stop request. Waits for an unavailable database."""
        quick = threading.Thread(target=self._serve_quick, name="quick", daemon=True)
        background = threading.Thread(target=self._serve_background, name="background", daemon=True)
        house = threading.Thread(target=self._serve_housekeeping, name="housekeeping", daemon=True)
        planning = threading.Thread(target=self._serve_functions, name="functions", daemon=True)
        with register_worker(self._catalog, pool=self._pool):
            for thread in (quick, background, house, planning):
                thread.start()
            try:
                while self.stop.signal is None:
                    time.sleep(self._turn(self.step))
            finally:
                for thread in (quick, background, house, planning):
                    thread.join(END_S)

    def drain(self) -> bool:
        """Execute everything that is due or queued now; return whether all of it succeeded.

        That includes jobs that otherwise mostly wait: queues of events that nobody polls are emptied, and what is due
        for webhooks is sent.
        """
        self._draining = True
        self._check_schedules()  # jobs of a worker that died are queued again before it is asked what nobody polls
        self._enqueue_receiving(ReceiveArgs(once=True))
        all_succeeded = True
        while self.stop.signal is None:
            if self._housekeeping_is_due():
                self._keep_house()
            state = self.step() or self._claim(BACKGROUND_KINDS, self.stop.during_pass)
            if state is None:
                if self._enqueue_sending() or self._enqueue_functions():
                    continue
                return all_succeeded and not self._faults
            all_succeeded = all_succeeded and state in (JobState.SUCCEEDED, JobState.QUEUED)
        return False

    def step(self) -> JobState | None:
        """Check the schedules once a minute, then execute one queued job; return its final state, None without one.

        Raises CatalogError if the database is not available.
        """
        self._check_schedules()
        return self._claim(ALL_KINDS, self.stop.during_pass)

    def _check_schedules(self) -> None:
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        if minute != self._ticked:
            self._ticked = minute  # set first: a failure must not delay queued jobs
            for place in self._places.all():
                self._in_place(place, "schedules", partial(self._tick, now=now))

    def _serve_quick(self) -> None:
        while self.stop.signal is None:
            time.sleep(self._turn(lambda: self._claim(QUICK_KINDS, nullcontext)))

    def _serve_housekeeping(self) -> None:
        """Do what is due for all assets. It may take long, and must not delay the start of jobs."""
        while self.stop.signal is None:
            wait = self._turn(self._count_fields)
            if self._housekeeping_is_due():
                self._turn(self._keep_house)
            time.sleep(wait)

    def _count_fields(self) -> JobState | None:
        """Count the keys and values of changed assets."""
        done = [self._in_place(place, "counts", housekeeping.fold_fields) for place in self._places.all()]
        if None in done:  # not again at once
            self._pause(RETRY_S)
        return JobState.RUNNING if False in done else None

    def _housekeeping_is_due(self) -> bool:
        return self._kept_house is None or time.monotonic() - self._kept_house > HOUSEKEEPING_EVERY_S

    def _keep_house(self) -> None:
        now = time.monotonic()
        self._kept_house = now  # set first, like the time of the pruning: a failure must not repeat at once
        prune = self._pruned is None or now - self._pruned > PRUNE_EVERY_S
        if prune:
            self._pruned = now
        for place in self._places.all():
            self._in_place(place, "housekeeping", housekeeping.enqueue_due)
            if prune:
                self._in_place(place, "pruning", housekeeping.prune)

    def _in_place(self, place: Place, name: str, step: Callable[[Place], _Done]) -> _Done | None:
        """Do one step in a workspace; None after an error: the workspaces after it must not wait.

        An error is logged with its trace, once until the step succeeds or fails in another way. Raises CatalogError if
        the database is not available or its disk is full, which concerns all workspaces.
        """
        try:
            done = step(place)
        except (CatalogUnavailable, DiskFull):
            raise
        except Exception as error:  # noqa: BLE001 - any error is logged with its trace
            if all(one.id != place.id for one in self._places.all()):
                return None  # the workspace was deleted in this moment
            fault = f"{type(error).__name__}: {error}"
            if self._faults.get((place.id, name)) != fault:
                self._faults[place.id, name] = fault
                trace = traceback.format_exc()
                self._log(f"internal error ({name}){place.label}; continuing with the next workspace:\n{trace}")
            return None
        self._faults.pop((place.id, name), None)
        return done

    def _serve_functions(self) -> None:
        """Find what functions have to be called for, in a thread of its own: a query may take long."""
        while self.stop.signal is None:
            self._turn(self._plan_functions)
            self._pause(FUNCTIONS_EVERY_S)

    def _plan_functions(self) -> None:
        self._enqueue_functions()

    def _enqueue_functions(self) -> bool:
        places = self._places.all()
        queued = [self._in_place(place, "functions", lambda one: enqueue_functions(one.catalog)) for place in places]
        return any(queued)

    def _pause(self, seconds: float) -> None:
        for _ in range(int(seconds / POLL_S)):
            if self.stop.signal is None:
                time.sleep(POLL_S)

    def _serve_background(self) -> None:
        """Start a thread for each job that mostly waits, such as polling a queue."""
        threads: list[threading.Thread] = []
        while self.stop.signal is None:
            threads[:] = [thread for thread in threads if thread.is_alive()]
            self._turn(partial(self._begin_background, threads))
            self._pause(BACKGROUND_EVERY_S)
        for thread in threads:
            thread.join(END_S)

    def _begin_background(self, threads: list[threading.Thread]) -> JobState | None:
        self._enqueue_receiving(ReceiveArgs())
        self._enqueue_sending()
        while len(threads) < MAX_BACKGROUND and (taken := self._take(BACKGROUND_KINDS)) is not None:
            work = partial(self._turn, partial(self._carry_out, *taken, nullcontext))
            thread = threading.Thread(target=work, name="background", daemon=True)
            thread.start()
            threads.append(thread)
        return None

    def _turn(self, step: Callable[[], JobState | None]) -> float:
        """Do one step, logging any error; return the seconds to wait before the next one."""
        try:
            busy = step() is not None
        except CatalogError as error:
            if not self._away:
                self._away = True
                self._log(f"waiting for the database: {error}")
            return RETRY_S
        except Exception:  # noqa: BLE001 - any error is logged with its trace: schedules must continue
            self._log(f"internal error; continuing in {RETRY_S:g} s:\n{traceback.format_exc()}")
            return RETRY_S
        if self._away:
            self._away = False
            self._log("the database is available again")
        return 0 if busy else POLL_S

    def _tick(self, place: Place, now: datetime) -> None:
        for gone in queue.requeue_interrupted(place.catalog):
            then = "" if gone.again is None else f"; {_noun(gone.kind)} {gone.again} continues it"
            of = "" if gone.datasource is None else f" of {gone.datasource}"
            self._log(f"{_noun(gone.kind)} {gone.run_id}{of} was interrupted: its worker died{then}{place.label}")
        for name in connection_checks.enqueue_due(place.catalog, now):
            self._log(f"the connection {name} is due for a check{place.label}")
        events.enqueue_checks(place.catalog)
        for due in schedules.enqueue_due(place.catalog, now):
            if isinstance(due, Unreadable):
                self._log(f"{due.datasource} cannot be scheduled: {due.problem}{place.label}")
                continue
            queued = "a run is already queued" if due.run_id is None else f"run {due.run_id} is queued"
            self._log(f"{due.datasource} is due: {queued}; next {due.next_due:%Y-%m-%d %H:%M} UTC{place.label}")

    def _claim(
        self, kinds: Collection[JobKind], interruptible: Callable[[], AbstractContextManager[None]]
    ) -> JobState | None:
        taken = self._take(kinds)
        return None if taken is None else self._carry_out(*taken, interruptible)

    def _take(self, kinds: Collection[JobKind]) -> tuple[Place, JobLease] | None:
        """Claim the next job; workspaces take turns."""
        for place in self._places.with_queued(kinds):
            lease = self._in_place(place, "queue", lambda one: queue.claim(one.catalog, kinds, pool=self._pool))
            if lease is not None:
                self._places.served(place)
                return place, lease
        return None

    def _enqueue_receiving(self, args: ReceiveArgs) -> None:
        job = new_job(JobKind.RECEIVE, args)
        for place in self._places.all():
            self._in_place(place, "events", lambda one: events.enqueue_receiving(one.catalog, job))

    def _enqueue_sending(self) -> bool:
        job = new_job(JobKind.DELIVER, DeliverArgs())
        queued = [
            self._in_place(place, "webhooks", lambda one: webhooks.enqueue_sending(one.catalog, job))
            for place in self._places.all()
        ]
        return any(queued)

    def _carry_out(
        self, place: Place, lease: JobLease, interruptible: Callable[[], AbstractContextManager[None]]
    ) -> JobState:
        with lease:
            what = f"{_describe(jobs.show_job(place.catalog, lease.job_id), lease)}{place.label}"
            self._log(f"{what} started")
            if interruptible is nullcontext:
                lease.interrupt_by(self.stop.interruption)
            context = JobContext(
                settings=place.settings,
                catalog=place.catalog,
                lease=lease,
                reporter=Reporter(lease),
                draining=self._draining,
                processes=self._processes,
                others_wait=partial(self._places.others_wait, place, JobKind(lease.kind), ALL_KINDS),
            )
            try:
                with interruptible():
                    result = execute(context)
            except GaveWay:
                self._log(f"{what} gave way to other jobs and continues after them")
                return JobState.QUEUED
            except KeyboardInterrupt as interrupt:  # before the start or after the end of the job
                self._log(f"{what} was interrupted{self._requeue(lease, interrupt)}")
                return JobState.CANCELLED
            except MirrorlakeError as error:  # such as a lost lease or a full disk
                self._log(f"{what} ended: {error}")
                return JobState.FAILED
            except Exception:  # noqa: BLE001 - an internal error fails its job, not all others
                self._log(f"{what} failed with an internal error:\n{traceback.format_exc()}")
                return JobState.FAILED
        if isinstance(result, Report):
            self._log(f"{what} {_summary(result)}")
            return result.state
        self._log(f"{what} succeeded")
        return JobState.SUCCEEDED

    def _requeue(self, lease: JobLease, interrupt: KeyboardInterrupt) -> str:
        """Requeue the job for the next worker if possible; else its lease expires."""
        if self.stop.impatient or not isinstance(interrupt, WorkerStopped):
            return ""
        try:
            return f": {put_back(lease)}"
        except MirrorlakeError as error:
            return f": {error}"


def _noun(kind: str) -> str:
    return "run" if kind in RUN_KINDS else "job"


def _describe(job: Job, lease: JobLease) -> str:
    if isinstance(lease, Lease):
        return f"run {job.id} of {job.datasource}"
    about = job.datasource or job.subject
    return f"job {job.id} ({job.kind.replace('_', ' ')}{'' if about is None else f' of {about}'})"


def _summary(report: Report) -> str:
    text = f"{report.state.value} in {report.seconds:.1f} s: {report.counts.summary() or 'nothing changed'}"
    return text if report.error is None else f"{text}. {report.error}"
