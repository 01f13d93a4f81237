"""The worker: puts what falls due into the queue, and carries out what waits there, one run after another.

Any number of workers on any number of machines share one library: the queue gives each run to one of them, and the
lease keeps them and foreground passes apart.
"""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

from mirrorlake.catalog import datasources, queue, schedules
from mirrorlake.catalog.runs import Lease, Live
from mirrorlake.catalog.schedules import Unreadable
from mirrorlake.catalog.workers import register_worker
from mirrorlake.core.errors import CatalogError, MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.cancellation import WorkerStopped
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_leased
from mirrorlake.model.jobs import RUN_KINDS
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.run_context import open_run_context

POLL_S = 1.0  # between two looks at the queue; how long a run that somebody asked for waits at most
RETRY_S = 5.0  # between two tries to reach a database that is away
LogCallback = Callable[[str], None]  # receives one sentence for each event


class Stop:
    """Whether a signal has asked the worker to end. `ask` is the handler; it interrupts a pass, and nothing else.

    SIGINT is a person who gives up the pass too. Any other signal only ends the worker, as when a machine is restarted.
    """

    def __init__(self) -> None:
        self.asked: int | None = None  # the signal
        self.impatient = False  # whether it came twice
        self._in_pass = False

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """End as soon as a pass under way has told how it ended. Who asks twice does not wait for anything."""
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

    def _interruption(self) -> KeyboardInterrupt:
        return KeyboardInterrupt() if self.asked == signal.SIGINT else WorkerStopped()


class Worker:
    """One worker over an open library. `clock` None: the database's."""

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
        self._jobs = jobs
        self._tell = tell
        self.stop = stop
        self._clock = clock or (lambda: schedules.database_time(catalog))
        self._ticked: datetime | None = None  # the minute whose due schedules were put into the queue
        self._away = False  # whether the database was, when last asked

    def serve(self) -> None:
        """Work until asked to stop. A database that is away is waited for."""
        with register_worker(self._catalog):
            while self.stop.asked is None:
                time.sleep(self._turn())

    def drain(self) -> bool:
        """Do everything that is due or waits now, and end; answers whether all of it succeeded."""
        well = True
        while self.stop.asked is None:
            state = self.step()
            if state is None:
                return well
            well = well and state is RunState.SUCCEEDED
        return False

    def step(self) -> RunState | None:
        """Look at the schedules once a minute, then carry out one queued run; answers how it ended. None: none waits.

        Raises CatalogError where the database is away.
        """
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        if minute != self._ticked:
            self._ticked = minute  # also where this fails: what waits already must not wait for it
            self._tick(now)
        lease = queue.claim(self._catalog, RUN_KINDS)
        return self._carry_out(lease) if isinstance(lease, Lease) else None

    def _turn(self) -> float:
        """One step, whatever comes of it; answers the seconds to wait before the next one."""
        try:
            busy = self.step() is not None
        except CatalogError as error:
            if not self._away:
                self._tell(f"waiting for the database: {error}")
                self._away = True
            return RETRY_S
        except Exception:  # noqa: BLE001 - whatever it is, told with its trace: schedules must not end with it
            self._tell(f"an internal error; going on in {RETRY_S:g} s:\n{traceback.format_exc()}")
            return RETRY_S
        if self._away:
            self._tell("the database is back")
            self._away = False
        return 0 if busy else POLL_S

    def _tick(self, now: datetime) -> None:
        for gone in queue.requeue_interrupted(self._catalog):
            then = "" if gone.again is None else f"; run {gone.again} goes on from there"
            self._tell(f"run {gone.run_id} of {gone.datasource} was interrupted: its worker is gone{then}")
        for due in schedules.enqueue_due(self._catalog, now):
            if isinstance(due, Unreadable):
                self._tell(f"{due.datasource} cannot be scheduled here: {due.problem}")
                continue
            waits = "a run of it waits already" if due.run_id is None else f"run {due.run_id} waits"
            self._tell(f"{due.datasource} is due: {waits}; next {due.next_due:%Y-%m-%d %H:%M} UTC")

    def _carry_out(self, lease: Lease) -> RunState:
        with lease:
            source = datasources.by_id(self._catalog, lease.datasource_id)
            what = f"run {lease.run_id} of {source.name}"
            self._tell(f"{what} begins")
            try:
                with open_run_context(self._settings, self._catalog, self._jobs) as parts, self.stop.during_pass():
                    report = run_leased(lease, source, parts, NullProgress())
            except KeyboardInterrupt as interrupt:  # before the pass had begun, or after it had ended
                self._tell(f"{what} was interrupted{self._let_go(lease, interrupt)}")
                return RunState.CANCELLED
            except MirrorlakeError as error:  # such as a lease that was lost, or a full disk
                self._tell(f"{what} ended: {error}")
                return RunState.FAILED
            except Exception:  # noqa: BLE001 - a mistake of ours costs its run, not those of all other datasources
                self._tell(f"{what} ended by an internal error:\n{traceback.format_exc()}")
                return RunState.FAILED
        self._tell(f"{what} {_told(report)}")
        return report.state

    def _let_go(self, lease: Lease, interrupt: KeyboardInterrupt) -> str:
        """Give the run to the next worker at once, as far as that goes; without it, that one notices by and by."""
        if self.stop.impatient or not isinstance(interrupt, WorkerStopped):
            return ""
        try:
            said = queue.put_back(lease, Live(counts=Counts(), requests=Requests(), bytes_read=0))
        except MirrorlakeError as error:
            return f": {error}"
        return f": {said}"


def _told(report: Report) -> str:
    counts = report.counts
    kinds = ("new", "changed", "metadata_changed", "moved", "missing", "removed", "failed")
    done = [f"{getattr(counts, kind):,} {kind.replace('_', ' ')}" for kind in kinds if getattr(counts, kind)]
    told = f"{report.state.value} in {report.seconds:.1f} s: {', '.join(done) or 'nothing changed'}"
    return told if report.error is None else f"{told}. {report.error}"
