"""Print the report of a run for people or scripts, and derive its exit code."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from mirrorlake.cli.documents import report_document
from mirrorlake.cli.exit_codes import FAILED, exit_code_of
from mirrorlake.cli.output import echo, echo_detail, echo_error, print_json, print_table
from mirrorlake.cli.progress import show_run
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.mirror.report import Report, hold_notes
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run, RunState
from mirrorlake.services.contract import Library


def show_report(report: Report, *, json: bool) -> int:
    """Print a report and return the exit code."""
    if json:
        print_json(report_document(report))
    elif report.run is not None or report.would is not None or report.error is not None:  # else there are only notes
        _print_report(report)
    for note in report.notes:
        echo(note)
    if report.error is not None:
        echo_error(report.error)
    code = exit_code_of(report.state)
    return FAILED if code == 0 and report.error is not None else code  # a library with unlisted ranges is not in step


def follow(server: Library, run: Run) -> Report:
    """Wait for a run of a server and show its progress. Return its report, as for a local run."""
    if run.waiting is not None and run.waiting.stuck:
        echo(f"Run {run.id} is queued: {run.waiting.reason}. Ctrl-C stops waiting, not the run.")
    with show_run(run.id) as on_progress:
        try:
            run = server.runs.wait(run, on_progress)
        except KeyboardInterrupt:
            echo(f"Run {run.id} continues on the server: mirrorlake runs show {run.id}")
            raise
    ended = run.finished or run.started
    return Report(
        run=run.id,
        datasource=run.datasource,
        state=run.state,
        counts=run.counts,
        requests=run.requests,
        bytes_read=run.bytes_read,
        seconds=(ended - run.started).total_seconds(),
        hold=run.hold,
        server=run.server,
        error=run.error,
        limited=run.limited,
        limited_by=run.limited_by,
        notes=(*run.notes, *(() if run.hold is None else hold_notes(run.hold, run.id))),
    )


def build_preview_report(preview: Preview) -> Report:
    """The report of a dry run on a server."""
    return Report(
        run=None,
        datasource=preview.datasource,
        state=preview.state,
        counts=preview.counts,
        requests=preview.requests,
        seconds=preview.seconds,
        hold=preview.hold,
        would=preview.would,
        samples=preview.samples,
        error=preview.error,
        notes=preview.notes,
    )


@contextmanager
def terminate_as_interrupt() -> Generator[None]:
    """Make SIGTERM act like Ctrl-C: the run is cancelled and committed work is kept."""

    def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_report(report: Report) -> None:
    counts = report.counts
    would_be = "would be " if report.would is not None else ""
    echo_detail(
        f" of {report.datasource}: {report.state.value} in {report.seconds:.1f} s",
        head="dry run" if report.would is not None else "run" if report.run is None else f"run {report.run}",
    )
    if report.server is not None:
        echo_detail(f"Server: {report.server}.")
    if report.state is RunState.FAILED and not counts.listed:
        return  # nothing was listed: a table of zeros would hide the error
    rows = [
        ("listed", counts.listed, "objects in the bucket"),
        ("selected", counts.selected, "objects of supported formats that match the patterns"),
        *(
            (kind.label, counts.of(kind), kind.row.report.format(would_be=would_be))
            for kind in OutcomeKind
            if counts.of(kind) and kind.row.report is not None
        ),
        *(
            [("label problems", counts.label_problems, "label files that were not used, or only in part")]
            if counts.label_problems
            else []
        ),
    ]
    print_table(["", "", ""], rows, right=frozenset({1}))
    if report.would is not None:
        echo_detail(
            f"A run would need {report.would.get:,} GET and {count_noun(report.would.head, 'HEAD request')}, "
            f"and read {bytes_text(report.would.bytes)}."
        )
        shown = [(kind, one) for kind, some in (report.samples or {}).items() for one in some]
        if shown:
            print_table(["for example", "", ""], ((kind.replace("_", " "), one.key, one.reason) for kind, one in shown))
    else:
        requests = report.requests
        read = bytes_text(report.bytes_read)
        echo_detail(f"Requests: {requests.list:,} LIST, {requests.get:,} GET, {requests.head:,} HEAD; {read} read.")
        if counts.failed or counts.skipped:
            echo_detail(f"Skipped and failed objects with reasons: mirrorlake runs outcomes {report.run}")
