"""The worker: queues what falls due, and carries out the jobs that wait, one after another.

Any number of workers on any number of machines share one library: the queue gives each job to one of them, and leases
keep them and commands in the foreground apart. Beside a long job a worker carries out quick ones in a second thread, so
that nobody waits for the end of a pass to see a preview.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from types import FrameType

from mirrorlake.catalog import jobs, queue, schedules
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.schedules import Unreadable
from mirrorlake.catalog.workers import register_worker
from mirrorlake.core.errors import CatalogError, MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import execute, put_back
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.progress import Reporter
from mirrorlake.jobs.registry import HANDLERS, QUICK_KINDS
from mirrorlake.mirror.cancellation import WorkerStopped
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import RUN_KINDS, Job, JobKind, JobState
from mirrorlake.postgres.pool import Catalog

POLL_S = 1.0  # between two looks at the queue; how long a job that somebody asked for waits at most
RETRY_S = 5.0  # between two tries to reach a database that is away
END_S = 6.0  # for a quick job to hear that the worker ends
PRUNE_EVERY_S = 3600.0
ALL_KINDS = frozenset(HANDLERS)
LogCallback = Callable[[str], None]  # receives one sentence for each event


class Stop:
    """Whether a signal has asked the worker to end. `ask` is the handler; it interrupts a job, and nothing else.

    SIGINT is a person who gives up the job too. Any other signal only ends the worker, as when a machine is restarted.
    """

    def __init__(self) -> None:
        self.asked: int | None = None  # the signal
        self.impatient = False  # whether it came twice
        self._in_pass = False

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """End as soon as a job under way has ended. Who asks twice does not wait for anything."""
        self.impatient = self.asked is not None
        self.asked = number
        if self.impatient:
            raise KeyboardInterrupt
        if self._in_pass:
            raise self._interruption()

    @contextmanager
    def during_pass(self) -> Generator[None]:
        """A stretch that being asked interrupts."""
        self._in_pass = True
        try:
            if self.asked is not None:
                raise self._interruption()
            yield
        finally:
            self._in_pass = False

    def interruption(self) -> KeyboardInterrupt | None:
        """What ends a job in another thread than that of the signals; None while nobody has asked."""
        return None if self.asked is None else self._interruption()

    def _interruption(self) -> KeyboardInterrupt:
        return KeyboardInterrupt() if self.asked == signal.SIGINT else WorkerStopped()


class Worker:
    """One worker over an open library. `clock` None: the database's. `jobs` is how many processes look at objects."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        jobs: int | None,
        tell: LogCallback,
        stop: Stop,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._processes = jobs
        self._tell = tell
        self.stop = stop
        self._clock = clock or (lambda: schedules.database_time(catalog))
        self._ticked: datetime | None = None  # the minute whose due schedules were queued
        self._pruned: float | None = None
        self._away = False  # whether the database was, when last asked

    def serve(self) -> None:
        """Work until asked to stop. A database that is away is waited for."""
        quick = threading.Thread(target=self._serve_quick, name="quick", daemon=True)
        with register_worker(self._catalog):
            quick.start()
            try:
                while self.stop.asked is None:
                    time.sleep(self._turn(self.step))
            finally:
                quick.join(END_S)

    def drain(self) -> bool:
        """Do everything that is due or waits now, and end; answers whether all of it succeeded."""
        well = True
        while self.stop.asked is None:
            state = self.step()
            if state is None:
                return well
            well = well and state is JobState.SUCCEEDED
        return False

    def step(self) -> JobState | None:
        """Look at the schedules once a minute, then carry out one queued job; answers how it ended. None: none waits.

        Raises CatalogError where the database is away.
        """
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        if minute != self._ticked:
            self._ticked = minute  # also where this fails: what waits already must not wait for it
            self._tick(now)
        return self._claim(ALL_KINDS, self.stop.during_pass)

    def _serve_quick(self) -> None:
        while self.stop.asked is None:
            time.sleep(self._turn(lambda: self._claim(QUICK_KINDS, nullcontext)))

    def _turn(self, step: Callable[[], JobState | None]) -> float:
        """One step, whatever comes of it; answers the seconds to wait before the next one."""
        try:
            busy = step() is not None
        except CatalogError as error:
            if not self._away:
                self._away = True
                self._tell(f"waiting for the database: {error}")
            return RETRY_S
        except Exception:  # noqa: BLE001 - whatever it is, told with its trace: schedules must not end with it
            self._tell(f"an internal error; going on in {RETRY_S:g} s:\n{traceback.format_exc()}")
            return RETRY_S
        if self._away:
            self._away = False
            self._tell("the database is back")
        return 0 if busy else POLL_S

    def _tick(self, now: datetime) -> None:
        for gone in queue.requeue_interrupted(self._catalog):
            then = "" if gone.again is None else f"; {_noun(gone.kind)} {gone.again} goes on from there"
            of = "" if gone.datasource is None else f" of {gone.datasource}"
            self._tell(f"{_noun(gone.kind)} {gone.run_id}{of} was interrupted: its worker is gone{then}")
        for due in schedules.enqueue_due(self._catalog, now):
            if isinstance(due, Unreadable):
                self._tell(f"{due.datasource} cannot be scheduled here: {due.problem}")
                continue
            waits = "a run of it waits already" if due.run_id is None else f"run {due.run_id} waits"
            self._tell(f"{due.datasource} is due: {waits}; next {due.next_due:%Y-%m-%d %H:%M} UTC")
        if self._pruned is None or time.monotonic() - self._pruned > PRUNE_EVERY_S:
            self._pruned = time.monotonic()
            for handler in HANDLERS.values():
                if handler.kept_days is not None:
                    jobs.prune(self._catalog, [handler.kind], days=handler.kept_days)

    def _claim(
        self, kinds: Collection[JobKind], interruptible: Callable[[], AbstractContextManager[None]]
    ) -> JobState | None:
        lease = queue.claim(self._catalog, kinds)
        return None if lease is None else self._carry_out(lease, interruptible)

    def _carry_out(self, lease: JobLease, interruptible: Callable[[], AbstractContextManager[None]]) -> JobState:
        with lease:
            what = _named(jobs.show_job(self._catalog, lease.job_id), lease)
            self._tell(f"{what} begins")
            if interruptible is nullcontext:
                lease.interrupt_by(self.stop.interruption)
            context = JobContext(
                settings=self._settings,
                catalog=self._catalog,
                lease=lease,
                reporter=Reporter(lease),
                processes=self._processes,
            )
            try:
                with interruptible():
                    result = execute(context)
            except KeyboardInterrupt as interrupt:  # before the job had begun, or after it had ended
                self._tell(f"{what} was interrupted{self._let_go(lease, interrupt)}")
                return JobState.CANCELLED
            except MirrorlakeError as error:  # such as a lease that was lost, or a full disk
                self._tell(f"{what} ended: {error}")
                return JobState.FAILED
            except Exception:  # noqa: BLE001 - a mistake of ours costs its job, not those of all others
                self._tell(f"{what} ended by an internal error:\n{traceback.format_exc()}")
                return JobState.FAILED
        if isinstance(result, Report):
            self._tell(f"{what} {_summary(result)}")
            return result.state
        self._tell(f"{what} succeeded")
        return JobState.SUCCEEDED

    def _let_go(self, lease: JobLease, interrupt: KeyboardInterrupt) -> str:
        """Give the job to the next worker at once, as far as that goes; without it, that one notices by and by."""
        if self.stop.impatient or not isinstance(interrupt, WorkerStopped):
            return ""
        try:
            return f": {put_back(lease)}"
        except MirrorlakeError as error:
            return f": {error}"


def _noun(kind: str) -> str:
    return "run" if kind in RUN_KINDS else "job"


def _named(job: Job, lease: JobLease) -> str:
    if isinstance(lease, Lease):
        return f"run {job.id} of {job.datasource}"
    about = job.datasource or job.subject
    return f"job {job.id} ({job.kind.replace('_', ' ')}{'' if about is None else f' of {about}'})"


def _summary(report: Report) -> str:
    told = f"{report.state.value} in {report.seconds:.1f} s: {report.counts.summary() or 'nothing changed'}"
    return told if report.error is None else f"{told}. {report.error}"
