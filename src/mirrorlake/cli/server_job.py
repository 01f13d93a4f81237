"""Wait for a job of a server as if its work was done in this process."""

from __future__ import annotations

from typing import Any, TypeVar

from mirrorlake.cli.output import echo
from mirrorlake.cli.progress import show_job
from mirrorlake.core.errors import MirrorlakeError, RunCancelled
from mirrorlake.model.jobs import Job, JobState
from mirrorlake.services.contract import Library

T = TypeVar("T")


def job_result(server: Library, job: Job, kind: type[T]) -> T:
    """Wait until a job has ended, show its progress, and return its result.

    Raises RunCancelled if somebody cancelled it, and MirrorlakeError with its error if it failed.
    """
    import msgspec  # noqa: PLC0415  start-up of the other commands

    if job.waiting is not None and job.waiting.stuck:
        echo(f"Job {job.id} is queued: {job.waiting.reason}. Ctrl-C stops waiting, not the job.")
    with show_job(job.id) as on_progress:
        try:
            job = server.jobs.wait(job, on_progress)
        except KeyboardInterrupt:
            echo(f"Job {job.id} continues on the server: mirrorlake jobs show {job.id}")
            raise
    if job.state is JobState.CANCELLED:
        raise RunCancelled(job.error or f"Job {job.id} was cancelled. Committed work is kept.")
    if job.state is not JobState.SUCCEEDED:
        raise MirrorlakeError(job.error or f"Job {job.id} failed.", f"To see it: mirrorlake jobs show {job.id}")
    result: Any = job.result
    return msgspec.convert(result, kind)
