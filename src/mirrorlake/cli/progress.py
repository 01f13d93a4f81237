"""Progress output: a moving bar on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from mirrorlake.cli.formatting import run_state
from mirrorlake.cli.output import echo, people
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.progress import Progress as PassProgress
from mirrorlake.model.jobs import Job
from mirrorlake.model.runs import Run, RunState

LINE_EVERY_S = 5.0


class LineInterval:
    """Limits how often a line of progress is printed, where no bar can be drawn."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_EVERY_S

    def is_due(self) -> bool:
        """Whether a line is to be printed now; if so, the next one is due LINE_EVERY_S later."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + LINE_EVERY_S
        return True


class _LineProgress:
    """The progress of a pass as lines."""

    def __init__(self) -> None:
        self._interval = LineInterval()
        self._to_process = 0

    def listed(self, objects: int) -> None:
        if self._interval.is_due():
            echo(f"listing: {count_noun(objects, 'object')} so far")

    def planned(self, to_process: int) -> None:
        self._to_process = to_process

    def processed(self, objects: int, failed: int) -> None:
        if self._interval.is_due():
            echo(f"processing: {objects:,} of {count_noun(self._to_process, 'object')}, {failed:,} failed")


@contextmanager
def shown_count(doing: str) -> Generator[Callable[[int, int], None]]:
    """Return a callback that shows a done and a total count on standard error."""
    with shown_steps() as step:
        yield lambda done, total: step(doing, done, total)


@contextmanager
def shown_steps() -> Generator[Callable[[str, int, int], None]]:
    """Return a callback that shows an activity with a done and a total count on standard error."""
    if not people.is_terminal:
        interval = LineInterval()

        def show(doing: str, done: int, total: int) -> None:
            if interval.is_due():
                echo(f"{doing.lower()}: {done:,} of {total:,}")

        yield show
        return
    from mirrorlake.cli.progress_bar import step_bar  # noqa: PLC0415  loads rich

    with step_bar(people.console) as bar:
        yield bar


@contextmanager
def show_run(run_id: int) -> Generator[Callable[[Run], None]]:
    """Return a callback that shows the progress of a server's run on standard error."""
    if not people.is_terminal:
        interval = LineInterval()

        def show(run: Run) -> None:
            if interval.is_due():
                echo(f"run {run_id}: {run_state(run)}, {_run_progress(run)}")

        yield show
        return
    from mirrorlake.cli.progress_bar import spinner  # noqa: PLC0415  loads rich

    with spinner(people.console, f"Run {run_id}") as spin:
        yield lambda run: spin(f"Run {run_id}, {run_state(run)}: {_run_progress(run)}")


@contextmanager
def show_job(job_id: int) -> Generator[Callable[[Job], None]]:
    """Return a callback that shows the progress of a job on standard error."""
    if not people.is_terminal:
        interval = LineInterval()

        def show(job: Job) -> None:
            if interval.is_due():
                echo(f"job {job_id}: {job.state.value}{_done(job)}")

        yield show
        return
    from mirrorlake.cli.progress_bar import spinner  # noqa: PLC0415  loads rich

    with spinner(people.console, f"Job {job_id}") as spin:
        yield lambda job: spin(f"Job {job_id}, {job.state.value}{_done(job)}")


def _done(job: Job) -> str:
    if job.progress is None:
        return ""
    of = "" if job.progress.total is None else f" of {job.progress.total:,}"
    return f", {job.progress.step}: {job.progress.done:,}{of}"


def _run_progress(run: Run) -> str:
    if run.state is RunState.QUEUED:
        return "queued" if run.waiting is None else run.waiting.reason
    done = run.counts.selected or run.counts.metadata_changed + run.counts.unchanged + run.counts.removed
    return f"{run.counts.listed:,} listed, {done:,} done"


@contextmanager
def shown_progress() -> Generator[PassProgress]:
    """Show progress on standard error, whatever standard output is used for."""
    if not people.is_terminal:
        yield _LineProgress()
        return
    from mirrorlake.cli.progress_bar import pass_bars  # noqa: PLC0415  loads rich

    with pass_bars(people.console) as bars:
        yield bars
