"""Runs and the lease: one pass at a time over a datasource, and a record of what each pass did."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.outcome_reader import read_outcomes
from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.workers import reasons
from mirrorlake.core.errors import CatalogError, LeaseLost, NotFound, PassRunning, RunCancelled
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import PASSES, Counts, Hold, Outcome, OutcomeKind, Run, RunState, Trigger, confirm_command
from mirrorlake.postgres.db_errors import retry_on_contention, translate_db_errors
from mirrorlake.postgres.pool import Catalog

LEASE_S = 60.0  # a holder that says nothing for so long is taken for dead
HEARTBEAT_S = 2.0  # also how old the counts of a live run are for those who watch
LOOK_S = 1.0  # how soon a holder hears that its run is to end; its commits hear it at once
LAST_LOOKS = 5  # the session of a process killed just now needs a moment to vanish
LOOK_PAUSE_S = 0.1
# A deleted datasource comes back when its address is mirrored, and has a trash to empty; nothing else works on it.
_OF_DELETED = (Trigger.MIRROR, Trigger.PURGE)
_PASSES = [trigger.value for trigger in PASSES]
INTERRUPTED = "interrupted: the process that ran it ended without a word; what it had committed is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How far a run is, as its pass last said."""

    counts: Counts
    requests: Requests
    bytes_read: int


class Lease:
    """The right to write what a pass over one datasource found. Held by a session and renewed by a thread.

    Every commit checks it; a lease that was taken over raises LeaseLost there. `finish` ends the run and gives it
    back; closing without `finish` leaves the run to the next pass, which marks it as interrupted.

    Anybody may ask that the run end (`catalog.cancel`). The holder hears it within LOOK_S: what it gave to
    `on_cancel` is called, and `check` and every commit raise RunCancelled from then on.
    """

    def __init__(
        self, catalog: Catalog, session: psycopg.Connection[TupleRow], *, datasource_id: int, run_id: int, holder: str
    ) -> None:
        self.catalog = catalog
        self.datasource_id = datasource_id
        self.run_id = run_id
        self.holder = holder
        self._session = session
        self._live: Live | None = None
        self._lost = False
        self._cancelled: str | None = None
        self._stops: list[Callable[[], object]] = []
        self._hearing = threading.Lock()
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def lost(self) -> bool:
        """Whether another pass is known to have taken over."""
        return self._lost

    @property
    def cancelled(self) -> RunCancelled | None:
        """What to say of a run that somebody asked to end; None where nobody did."""
        by = self._cancelled
        return None if by is None else RunCancelled(f"Run {self.run_id} was cancelled by {by}.")

    def check(self) -> None:
        """Raises RunCancelled where somebody asked that the run end."""
        cancelled = self.cancelled
        if cancelled is not None:
            raise cancelled

    def on_cancel(self, stop: Callable[[], object]) -> None:
        """Call `stop`, from any thread, once somebody asks that the run end; at once where somebody has."""
        with self._hearing:
            self._stops.append(stop)
            late = self._cancelled is not None
        if late:
            stop()

    def heard(self, by: str) -> None:
        """Somebody asked that the run end."""
        with self._hearing:
            if self._cancelled is not None:
                return
            self._cancelled = by
            stops = list(self._stops)
        for stop in stops:
            stop()

    def tell(self, counts: Counts, requests: Requests, bytes_read: int) -> None:
        """How far the pass is; written with the next heartbeat."""
        self._live = Live(counts=counts, requests=requests, bytes_read=bytes_read)

    def rest(self) -> None:
        """End the heartbeat; the session stands, and nobody takes over."""
        self._ended.set()
        self._heart.join()

    def close(self) -> None:
        """End heartbeat and session."""
        self.rest()
        self._session.close()

    def _beat(self) -> None:
        due = time.monotonic() + HEARTBEAT_S
        while not self._ended.wait(min(LOOK_S, HEARTBEAT_S)):
            try:
                if self._session.closed:
                    self._session = self.catalog.session()  # PostgreSQL was restarted
                    due = 0.0  # nobody knows the new session yet
                self._listen()
                if time.monotonic() >= due:
                    due = time.monotonic() + HEARTBEAT_S
                    self._lost = not self._renew()
            except (psycopg.Error, CatalogError):
                # A server that is away cannot give the lease to another; the next commit says what is wrong.
                self._session.close()
            if self._lost:
                return

    def _listen(self) -> None:
        asked = self._session.execute(statement("cancel_requested").query, {"run_id": self.run_id}).fetchone()
        if asked is not None and asked[0] is not None:
            self.heard(asked[0])

    def _renew(self) -> bool:
        with self._session.transaction():
            live = self._live
            if live is not None:  # the run before its lease, as everybody who writes both
                self._session.execute(statement("update_live_counts").query, how_far(self, live))
            renewed = self._session.execute(
                statement("renew_lease").query,
                {"seconds": LEASE_S, "holder": self.holder, "datasource_id": self.datasource_id},
            )
            return renewed.rowcount == 1


@retry_on_contention
def begin(catalog: Catalog, datasource_id: int, trigger: str) -> Lease:
    """Begin a run. Takes over at once from a pass whose process is gone, and marks its run as failed.

    Raises PassRunning where another pass of this datasource is at work, NotFound where there is no such datasource or
    it was deleted; mirroring its address brings it back.
    """
    session = catalog.session()
    try:
        with translate_db_errors(catalog.address):
            looks = LAST_LOOKS
            while True:
                holder = str(uuid.uuid4())
                run_id = _try_to_begin(session, datasource_id, trigger, holder, refuse=looks == 0)
                if run_id is not None:
                    break
                looks -= 1
                time.sleep(LOOK_PAUSE_S)
        return Lease(catalog, session, datasource_id=datasource_id, run_id=run_id, holder=holder)
    except BaseException:
        session.close()
        raise


def refuse_while_running(connection: psycopg.Connection[TupleRow], datasource_id: int) -> None:
    """Keep passes of a datasource from beginning until this transaction ends. Raises PassRunning, NotFound."""
    values = {"datasource_id": datasource_id}
    named = connection.execute(statement("lock_datasource").query, values).fetchone()
    if named is None:
        raise NotFound(f"There is no datasource {datasource_id}.", "`mirrorlake datasource list` shows them.")
    standing = connection.execute(statement("standing_lease").query, values).fetchone()
    if standing is not None and standing[2]:
        raise _pass_running(named[0], standing[0], standing[1])


def finish(
    lease: Lease,
    *,
    state: RunState,
    counts: Counts,
    requests: Requests,
    bytes_read: int,
    error: str | None = None,
) -> None:
    """End the run and give the lease back. Raises LeaseLost where another pass has taken over meanwhile."""
    values = how_far(lease, Live(counts=counts, requests=requests, bytes_read=bytes_read))
    lease.rest()
    # The session goes last: without it the run would look abandoned before it is told how it ended.
    try:
        ended = _end(lease.catalog, values | {"state": state.value, "error": error})
    finally:
        lease.close()
    if not ended:
        raise lease_lost(lease)


def how_far(lease: Lease, live: Live) -> dict[str, object]:
    """What the statements that end a run are to be told, but for how it ended."""
    return {
        "run_id": lease.run_id,
        "datasource_id": lease.datasource_id,
        "holder": lease.holder,
        "counts": Jsonb(asdict(live.counts)),
        "requests": Jsonb(asdict(live.requests)),
        "bytes_read": live.bytes_read,
    }


def lease_lost(lease: Lease) -> LeaseLost:
    """The error for a lease that another pass holds now."""
    return LeaseLost(
        f"Another pass took over this datasource while run {lease.run_id} was silent for more than {LEASE_S:g} s.",
        "What this run committed is kept, and the other pass goes on from there.",
    )


def list_runs(catalog: Catalog, *, limit: int, datasource: str | None = None, before: int | None = None) -> list[Run]:
    """The newest runs first, of the datasource of this name or of all; only those older than the run `before`.

    Raises NotFound for an unknown name.
    """
    with catalog.read() as connection:
        if datasource is not None and not _exists(connection, datasource):
            raise NotFound(
                f"There is no datasource named {datasource}.", "`mirrorlake datasource list` shows those that exist."
            )
        return _runs(connection, "list_runs", {"datasource": datasource, "limit": limit, "before": before})


def show_run(catalog: Catalog, run_id: int) -> Run:
    """One run. Raises NotFound."""
    with catalog.read() as connection:
        runs = _runs(connection, "one_run", {"run_id": run_id})
    if not runs:
        raise _no_run(run_id)
    return runs[0]


def last_runs(connection: psycopg.Connection[TupleRow]) -> dict[str, Run]:
    """The newest run of each datasource, by the datasource's name."""
    return {run.datasource: run for run in _runs(connection, "last_runs", {})}


def last_passes(connection: psycopg.Connection[TupleRow]) -> dict[str, Run]:
    """The pass of each datasource that ended last, by the datasource's name."""
    return {run.datasource: run for run in _runs(connection, "last_passes", {"passes": _PASSES, "datasource_id": None})}


def last_pass(connection: psycopg.Connection[TupleRow], datasource_id: int) -> Run | None:
    """The pass of a datasource that ended last."""
    found = _runs(connection, "last_passes", {"passes": _PASSES, "datasource_id": datasource_id})
    return found[0] if found else None


def runs_at_work(connection: psycopg.Connection[TupleRow]) -> dict[str, Run]:
    """The run of each datasource that is at work, else that waits, by the datasource's name."""
    return {run.datasource: run for run in _runs(connection, "runs_at_work", {"datasource_id": None})}


def at_work(connection: psycopg.Connection[TupleRow], datasource_id: int) -> Run | None:
    """The run of a datasource that is at work, else that waits."""
    found = _runs(connection, "runs_at_work", {"datasource_id": datasource_id})
    return found[-1] if found else None


def outcomes(
    catalog: Catalog,
    run_id: int,
    *,
    limit: int,
    offset: int = 0,
    kind: OutcomeKind | None = None,
    after: str | None = None,
) -> list[Outcome]:
    """What happened to single objects in a run, by key, of one kind or of all; after a key. Raises NotFound."""
    with catalog.read() as connection:
        found = _runs(connection, "one_run", {"run_id": run_id})
        if not found:
            raise _no_run(run_id)
        return read_outcomes(connection, found[0], limit=limit, offset=offset, kind=kind, after=after)


@retry_on_contention
def _end(catalog: Catalog, values: Mapping[str, object]) -> bool:
    """Whether the run was ours to end."""
    with catalog.write() as connection:
        ended = connection.execute(statement("finish_run").query, values)
        connection.execute(statement("give_lease_back").query, values)
    return ended.rowcount == 1


def _try_to_begin(
    session: psycopg.Connection[TupleRow], datasource_id: int, trigger: str, holder: str, *, refuse: bool
) -> int | None:
    """The new run's id; None where another pass holds the lease (raises PassRunning if `refuse`)."""
    values = {"datasource_id": datasource_id, "trigger": trigger, "holder": holder, "seconds": LEASE_S}
    with session.transaction():
        named = session.execute(statement("lock_datasource").query, values).fetchone()
        if named is None:
            raise NotFound(f"There is no datasource {datasource_id}.", "`mirrorlake datasource list` shows them.")
        name, deleted = named
        if deleted and trigger not in _OF_DELETED:
            raise NotFound(f"The datasource {name} was deleted.", "Mirror its address again to bring it back.")
        standing = session.execute(statement("standing_lease").query, values).fetchone()
        if standing is not None:
            run_id, started, alive = standing
            if alive:
                if refuse:
                    raise _pass_running(name, run_id, started)
                return None
        # Also a run whose lease vanished with its database's last checkpoint is no longer running.
        session.execute(statement("fail_interrupted").query, values | {"error": INTERRUPTED})
        if trigger == Trigger.MIRROR:
            session.execute(statement("revive_datasource").query, values)
        begun = session.execute(statement("insert_run").query, values).fetchone()
        if begun is None:
            raise AssertionError("INSERT ... RETURNING answers one row")
        session.execute(statement("take_lease").query, values | {"run_id": begun[0]})
        return int(begun[0])


def _pass_running(name: str, run_id: int, started: datetime) -> PassRunning:
    return PassRunning(
        f"Run {run_id} is working on datasource {name} since {started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
        f"Wait for it (mirrorlake runs show {run_id} tells how far it is), or end it: mirrorlake runs cancel {run_id}",
    )


def _no_run(run_id: int) -> NotFound:
    return NotFound(f"There is no run {run_id}.", "`mirrorlake runs list` shows those that exist.")


def _exists(connection: psycopg.Connection[TupleRow], name: str) -> bool:
    return (
        connection.execute(statement("datasource_by_name").query, {"name": name, "deleted": True}).fetchone()
        is not None
    )


def _runs(connection: psycopg.Connection[TupleRow], which: str, values: Mapping[str, object]) -> list[Run]:
    query = statement("run_columns").query + b"\n" + statement(which).query
    rows = connection.execute(query, {"interrupted": INTERRUPTED, **values}).fetchall()
    found = [_run(row) for row in rows]
    waiting = reasons(connection, [run.id for run in found if run.state is RunState.QUEUED])
    return [replace(run, waiting=waiting[run.id]) if run.id in waiting else run for run in found]


def _run(row: TupleRow) -> Run:
    identity, datasource, trigger, state, started, finished, counts, requests, bytes_read, error, confirms, *held = row
    return Run(
        id=identity,
        datasource=datasource,
        trigger=trigger,
        state=RunState(state),
        started=started,
        finished=finished,
        counts=Counts(**_known(Counts, counts)),
        requests=Requests(**_known(Requests, requests)),
        bytes_read=bytes_read,
        error=error,
        hold=_hold(identity, held),
        confirms=confirms,
    )


def _hold(run_id: int, held: Sequence[Any]) -> Hold | None:
    reason, count, by_prefix, plan_hash, confirmed_by, superseded_by = held
    if reason is None:
        return None
    return Hold(
        reason=reason,
        count=count,
        by_prefix=by_prefix,
        plan_hash=plan_hash,
        confirm=confirm_command(run_id),
        confirmed_by=confirmed_by,
        superseded_by=superseded_by,
    )


def _known(kind: type[Counts | Requests], stored: Mapping[str, Any]) -> dict[str, int]:
    """Only the counters that this version knows."""
    return {field.name: int(stored[field.name]) for field in fields(kind) if field.name in stored}
