"""End a run in the state that fits its outcome, and make its report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from mirrorlake.catalog.leases import retry_delay_s
from mirrorlake.catalog.queue import put_back
from mirrorlake.catalog.removal import drop_superseded
from mirrorlake.catalog.runs import Lease, Live, finish
from mirrorlake.core.errors import CatalogError, LeaseLost, MirrorlakeError
from mirrorlake.mirror.cancellation import WorkerStopped
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.report import Report, hold_notes
from mirrorlake.model.runs import Hold, RunState, confirm_command
from mirrorlake.model.sources import Datasource

_CONCLUDED = (RunState.SUCCEEDED, RunState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of work that was not interrupted."""

    hold: Hold | None = None
    error: str | None = None  # what could not be listed; the rest was done
    failure: str | None = None  # why the run is no success, though all that could be done was
    removals_decided: bool = True  # whether every removal was decided
    left_to_whole: bool = False  # whether a partial pass leaves removals to a pass over the whole source
    notes: tuple[str, ...] = ()  # sentences about what was probably not intended


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a run ends."""

    state: RunState
    error: str | None = None
    hold: Hold | None = None
    drop_held: bool = False  # whether removals held by earlier runs are outdated
    listed_whole: bool = True  # else those in ranges that were not listed stay held
    again_in_s: float | None = None  # when the run is repeated, in seconds from now
    notes: tuple[str, ...] = ()


def finalize(
    lease: Lease,
    source: Datasource,
    counters: Counters,
    work: Callable[[], RunResult],
    *,
    supersedes: bool = True,
) -> Report:
    """Do the work of a run, and end the run. Committed batches are kept.

    `supersedes`: the work decides every removal, so that removals held by earlier runs are outdated. Raises LeaseLost
    if another pass took over.
    """
    started = time.monotonic()
    lease.follow(counters)

    def end(ending: _Ending) -> Report:
        report = _finish_run(lease, source, counters, ending, seconds=time.monotonic() - started)
        return replace(report, notes=(*report.notes, *_next_steps(report)))

    try:
        result = work()
    except WorkerStopped:
        live = _totals(counters)
        report = _make_report(lease, source, counters, state=RunState.CANCELLED, seconds=time.monotonic() - started)
        return replace(report, error=put_back(lease, live))
    except KeyboardInterrupt:
        return end(_Ending(state=RunState.CANCELLED))
    except LeaseLost:
        lease.close()
        raise
    except MirrorlakeError as error:
        cancelled = lease.cancelled
        if cancelled is not None:  # the error is a consequence of the cancellation
            return end(_Ending(state=RunState.CANCELLED, error=str(cancelled)))
        return end(_Ending(state=RunState.FAILED, error=str(error), again_in_s=retry_delay_s(lease, error)))
    except BaseException as error:
        # A bug: the run must not appear to be running still, and the traceback must be visible.
        end(_Ending(state=RunState.FAILED, error=f"internal error: {error!r}"))
        raise
    return end(_concluded(result, drop_held=supersedes and result.removals_decided))


def _concluded(result: RunResult, *, drop_held: bool) -> _Ending:
    """The end of a run whose work was not interrupted."""
    state = RunState.SUCCEEDED if result.failure is None else RunState.FAILED
    return _Ending(
        state=state if result.hold is None else RunState.HELD,
        error=" ".join(text for text in (result.error, result.failure) if text) or None,
        hold=result.hold,
        drop_held=drop_held,
        listed_whole=result.error is None,
        notes=result.notes,
    )


def _finish_run(lease: Lease, source: Datasource, counters: Counters, ending: _Ending, *, seconds: float) -> Report:
    state, error, hold = ending.state, ending.error, ending.hold
    notes = ending.notes if lease.limited is None else (*ending.notes, lease.limited.sentence)
    try:
        finish(
            lease,
            state=state,
            counts=counters.counts,
            requests=counters.requests,
            bytes_read=counters.bytes_read,
            server=counters.server,
            error=error,
            again_in_s=ending.again_in_s,
            notes=notes,
        )
        if ending.drop_held:
            drop_superseded(lease.catalog, source.id, lease.run_id, whole=ending.listed_whole)
    except CatalogError as problem:
        # Committed batches are kept, and the next pass marks the run as interrupted. The report is made nevertheless.
        if state in _CONCLUDED:
            state, error, hold = RunState.FAILED, str(problem), None
    if hold is not None:
        hold = replace(hold, confirm=confirm_command(lease.run_id))
    report = _make_report(lease, source, counters, state=state, seconds=seconds)
    return replace(report, error=error, hold=hold, notes=notes)


def _totals(counters: Counters) -> Live:
    return Live(
        counts=counters.counts, requests=counters.requests, bytes_read=counters.bytes_read, server=counters.server
    )


def _make_report(lease: Lease, source: Datasource, counters: Counters, *, state: RunState, seconds: float) -> Report:
    return Report(
        run=lease.run_id,
        datasource=source.name,
        state=state,
        counts=counters.counts,
        requests=counters.requests,
        bytes_read=counters.bytes_read,
        seconds=seconds,
        server=counters.server,
        limited=lease.limited is not None,
        limited_by=None if lease.limited is None else lease.limited.kind.value,
    )


def _next_steps(report: Report) -> tuple[str, ...]:
    if report.state is RunState.CANCELLED:
        return ("Cancelled. All committed work is kept; the next pass continues from there.",)
    if report.hold is not None and report.run is not None:
        return hold_notes(report.hold, report.run)
    return ()
