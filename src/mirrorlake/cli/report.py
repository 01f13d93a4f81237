"""The report of a run as a person or a script reads it, and the exit code that says the same."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from mirrorlake.cli.documents import report_document
from mirrorlake.cli.output import bytes_text, echo, echo_detail, echo_error, print_json, print_table
from mirrorlake.cli.progress import shown_run
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.report import Report, hold_notes
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run, RunState
from mirrorlake.services.contract import Library

EXIT_CODES = {RunState.SUCCEEDED: 0, RunState.CANCELLED: 130}


def show_report(report: Report, *, json: bool) -> int:
    """Print a report, and answer the exit code."""
    if json:
        print_json(report_document(report))
    elif report.run is not None or report.would is not None or report.error is not None:  # else only notes tell
        _print_report(report)
    for note in report.notes:
        echo(note)
    if report.error is not None:
        echo_error(report.error)
    code = EXIT_CODES.get(report.state, 1)
    return 1 if code == 0 and report.error is not None else code  # what could not be listed is not in step


def follow(server: Library, run: Run) -> Report:
    """Wait for a run that a server works on, telling how far it is; its report as if it had been made here."""
    if run.waiting is not None and run.waiting.stuck:
        echo(f"Run {run.id} waits: {run.waiting.reason}. Ctrl-C stops the waiting, not the run.")
    with shown_run(run.id) as told:
        try:
            run = server.runs.wait(run, told)
        except KeyboardInterrupt:
            echo(f"Run {run.id} goes on at the server: mirrorlake runs show {run.id}")
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
        error=run.error,
        notes=() if run.hold is None else hold_notes(run.hold, run.id),
    )


def report_of(preview: Preview) -> Report:
    """The report of a dry run that a server made."""
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
    )


@contextmanager
def terminate_as_interrupt() -> Generator[None]:
    """A polite kill ends like Ctrl-C: the run is cancelled and what was committed stays."""

    def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_report(report: Report) -> None:
    counts = report.counts
    word = "would be " if report.would is not None else ""
    echo_detail(
        f" of {report.datasource}: {report.state.value} in {report.seconds:.1f} s",
        head="dry run" if report.run is None else f"run {report.run}",
    )
    if report.state is RunState.FAILED and not counts.listed:
        return  # nothing was seen: a table of zeros would only hide the sentence that says why
    rows = [
        ("listed", counts.listed, "objects in the bucket"),
        ("selected", counts.selected, "images that the patterns take"),
        ("new", counts.new, f"{word}added to the library"),
        ("changed", counts.changed, f"{word}read again: other bytes under a known key"),
        ("metadata changed", counts.metadata_changed, f"{word}updated: another sidecar"),
        ("moved", counts.moved, "known bytes under another key: identity kept"),
        ("missing", counts.missing, "known, but no longer in the bucket: kept"),
        ("removed", counts.removed, f"{word}put into the trash or removed: their objects are gone"),
        ("unchanged", counts.unchanged, ""),
        ("skipped", counts.skipped, "left out by a rule, or unreadable as before"),
        ("failed", counts.failed, "could not be read"),
    ]
    print_table(["", "", ""], rows, right=frozenset({1}))
    if report.would is not None:
        echo_detail(
            f"It would take {report.would.get:,} GET and {count_noun(report.would.head, 'HEAD request')}, "
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
            echo_detail(f"mirrorlake runs outcomes {report.run} tells which were skipped or failed, and why.")
