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
from mirrorlake.formats.registry import format_names
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
    error: str | None = None  # what could not be done; the rest was
    removals_decided: bool = True  # whether every removal was decided


def finalize(
    lease: Lease,
    source: Datasource,
    counters: Counters,
    work: Callable[[], RunResult],
    *,
    lists: bool = True,
    supersedes: bool = True,
) -> Report:
    """Do the work of a run, and end the run. Committed batches are kept.

    `lists`: the work lists the source, so that the report notes an empty source. `supersedes`: the work decides every
    removal, so that removals held by earlier runs are outdated. Raises LeaseLost if another pass took over.
    """
    started = time.monotonic()

    def end(
        state: RunState,
        error: str | None = None,
        hold: Hold | None = None,
        *,
        drop_held: bool = False,
        again_in_s: float | None = None,
    ) -> Report:
        seconds = time.monotonic() - started
        report = _finish_run(
            lease,
            source,
            counters,
            state=state,
            seconds=seconds,
            error=error,
            hold=hold,
            drop_held=drop_held,
            again_in_s=again_in_s,
        )
        return replace(report, notes=_report_notes(report, source, lists=lists))

    try:
        result = work()
    except WorkerStopped:
        live = _totals(counters)
        report = _make_report(lease, source, counters, state=RunState.CANCELLED, seconds=time.monotonic() - started)
        return replace(report, error=put_back(lease, live))
    except KeyboardInterrupt:
        return end(RunState.CANCELLED)
    except LeaseLost:
        lease.close()
        raise
    except MirrorlakeError as error:
        cancelled = lease.cancelled
        if cancelled is not None:  # the error is a consequence of the cancellation
            return end(RunState.CANCELLED, str(cancelled))
        return end(RunState.FAILED, str(error), again_in_s=retry_delay_s(lease, error))
    except BaseException as error:
        # A bug: the run must not appear to be running still, and the traceback must be visible.
        end(RunState.FAILED, f"internal error: {error!r}")
        raise
    state = RunState.SUCCEEDED if result.hold is None else RunState.HELD
    return end(state, error=result.error, hold=result.hold, drop_held=supersedes and result.removals_decided)


def _finish_run(
    lease: Lease,
    source: Datasource,
    counters: Counters,
    *,
    state: RunState,
    seconds: float,
    error: str | None,
    hold: Hold | None,
    drop_held: bool,
    again_in_s: float | None,
) -> Report:
    try:
        finish(
            lease,
            state=state,
            counts=counters.counts,
            requests=counters.requests,
            bytes_read=counters.bytes_read,
            server=counters.server,
            error=error,
            again_in_s=again_in_s,
        )
        if drop_held:
            # Removals in ranges that were not listed stay held.
            drop_superseded(lease.catalog, source.id, lease.run_id, whole=error is None)
    except CatalogError as problem:
        # Committed batches are kept, and the next pass marks the run as interrupted. The report is made nevertheless.
        if state in _CONCLUDED:
            state, error, hold = RunState.FAILED, str(problem), None
    if hold is not None:
        hold = replace(hold, confirm=confirm_command(lease.run_id))
    return replace(_make_report(lease, source, counters, state=state, seconds=seconds), error=error, hold=hold)


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
    )


def _report_notes(report: Report, source: Datasource, *, lists: bool) -> tuple[str, ...]:
    if report.state is RunState.CANCELLED:
        return ("Cancelled. All committed work is kept; the next pass continues from there.",)
    if report.hold is not None and report.run is not None:
        return hold_notes(report.hold, report.run)
    if report.error is not None:  # objects may exist in ranges that were not listed
        return ()
    if lists and report.state is RunState.SUCCEEDED and not report.counts.listed:
        return (f"No objects exist below {source.location.uri}: check the address if you expected some.",)
    if lists and report.state is RunState.SUCCEEDED and not report.counts.selected:
        return (f"No selected object has the suffix of a supported format: {format_names()}.",)
    return ()
