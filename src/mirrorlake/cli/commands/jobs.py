"""`mirrorlake jobs`: long work of any kind, queued, running or ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.bulk import undo_job
from mirrorlake.cli.documents import job_document
from mirrorlake.cli.exit_codes import exit_code_of
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, echo_error, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import show_job
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.jobs import RUN_KINDS, Job, JobKind, JobState

app = typer.Typer(help="List, show, wait for, cancel and undo jobs: long work of any kind.", no_args_is_help=True)

PATIENCE_S = 60.0  # long enough for a pending request to a slow source to end
WAIT_S = 5.0
JOB = Annotated[int, typer.Argument(metavar="JOB", help="Number of the job, as printed by `mirrorlake jobs list`.")]


@app.command("list")
def list_(
    *,
    kind: Annotated[JobKind | None, typer.Option(help="Show only jobs of this kind.")] = None,
    state: Annotated[JobState | None, typer.Option(help="Show only jobs in this state.")] = None,
    datasource: Annotated[str | None, typer.Option(help="Show only jobs of this datasource.")] = None,
    runs: Annotated[bool | None, typer.Option("--runs/--no-runs", help="Show only runs, or only other jobs.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 20,
    json: JSON = False,
) -> None:
    """List jobs, the newest first."""
    with open_library() as library:
        jobs = library.jobs.list(limit=limit, kind=kind, state=state, datasource=datasource, runs=runs)
    if json:
        print_json_lines(job_document(job) for job in jobs)
    elif not jobs:
        echo("No matching jobs.")
    else:
        print_table(
            ["job", "kind", "subject", "state", "created", "progress"],
            (_row(job) for job in jobs),
            right=frozenset({0}),
        )


@app.command("show")
def show(job_id: JOB, *, json: JSON = False) -> None:
    """Show one job with its progress and result."""
    with open_library() as library:
        job = library.jobs.get(job_id)
    if json:
        print_json(job_document(job))
    else:
        print_table(["", ""], _described(job))


@app.command("wait")
def wait(job_id: JOB, *, json: JSON = False) -> int:
    """Wait until a job has ended, then show it. Ctrl-C stops waiting, not the job."""
    with open_library() as library:
        job = library.jobs.get(job_id)
        if job.waiting is not None and job.waiting.stuck:
            echo(f"Job {job.id} is queued: {job.waiting.reason}. Ctrl-C stops waiting, not the job.")
        with show_job(job_id) as progress:
            job = library.jobs.wait(job, progress)
    if json:
        print_json(job_document(job))
    else:
        print_table(["", ""], _described(job))
    return exit_code_of(job.state)


@app.command("cancel")
def cancel(job_id: JOB, *, json: JSON = False) -> int:
    """Cancel a job and wait until it has ended. What it committed is kept."""
    with open_library() as library:
        job = library.jobs.cancel(job_id)
        give_up = time.monotonic() + PATIENCE_S
        while not job.ended and time.monotonic() < give_up:
            job = library.jobs.watch(job.id, since=job.version, wait_s=WAIT_S)
    if json:
        print_json(job_document(job))
    if job.state is JobState.CANCELLED:
        echo(f"Job {job.id} was cancelled. Committed work is kept.")
        return 0
    if not job.ended:
        echo_error(f"Job {job.id} has not ended yet. To see its state: mirrorlake jobs show {job.id}")
        return 1
    echo_error(f"Job {job.id} ended before it received the request: {job.state.value}.")
    return 1


@app.command("undo")
def undo(
    job_id: Annotated[int, typer.Argument(metavar="JOB", help="Number of the job of a bulk edit.")],
    *,
    json: JSON = False,
) -> None:
    """Undo a bulk edit. What somebody has changed since is left, and counted."""
    result = undo_job(job_id)
    if json:
        print_json(result)
        return
    echo_detail(f"{count_noun(result.restored, 'asset')} restored.")
    if result.left:
        names = ", ".join(f"{name} of {count:,}" for name, count in result.left_by_name.items())
        echo(f"Left, because they were changed since: {names}.")
        shown = ", ".join(result.left_assets) + (", …" if result.left > len(result.left_assets) else "")
        echo(f"Assets with a change that was left: {shown}")
    if result.gone:
        echo(f"{count_noun(result.gone, 'asset')} no longer exist.")


def job_progress(job: Job) -> str:
    """Describe the progress of a job in a few words."""
    if job.waiting is not None:
        return job.waiting.reason
    if job.ended or job.progress is None:
        return job.error or ""
    progress = job.progress
    of = "" if progress.total is None else f" of {progress.total:,}"
    return f"{progress.step}: {progress.done:,}{of} {progress.unit}"


def _row(job: Job) -> tuple[object, ...]:
    return job.id, job.kind, _subject(job), job.state.value, moment(job.created), job_progress(job)


def _subject(job: Job) -> str:
    return job.datasource or job.subject or ""


def _described(job: Job) -> Iterator[tuple[str, object]]:
    yield "job", job.id
    yield "kind", job.kind
    if _subject(job):
        yield "subject", _subject(job)
    yield "state", job.state.value
    if job.requested_by is not None:
        yield "requested by", job.requested_by
    yield "created", moment(job.created)
    if job.started is not None:
        yield "started", moment(job.started)
    if job.finished is not None:
        yield "finished", moment(job.finished)
    if job.attempt is not None:
        yield "attempt", f"{job.attempt} of {job.max_attempts}"
    if not job.ended:
        yield "progress", job_progress(job)
    if job.continued_by is not None:
        yield "continued by", f"job {job.continued_by}"
    if job.error is not None:
        yield "error", job.error
    # Jobs that read objects beside runs count that in their result.
    if job.result is not None and job.result.get("requests") and job.kind not in RUN_KINDS:
        yield "requests", f"{job.result['requests']:,}"
        yield "read", bytes_text(job.result.get("bytes_read", 0))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="jobs")
