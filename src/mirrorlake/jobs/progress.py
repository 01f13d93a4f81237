"""Progress of a job: to the catalog through its lease, and to callbacks in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mirrorlake.catalog.leases import JobLease
from mirrorlake.mirror.progress import NullProgress, Progress
from mirrorlake.model.progress import JobProgress

StepCallback = Callable[[str, int, int], object]  # receives the step with its done and total counts


def discard_step(_step: str, _done: int, _total: int) -> None:
    """Ignore steps that are not watched."""


class Reporter:
    """Receives the progress of a handler. The heartbeat of the lease writes it to the catalog every few seconds."""

    def __init__(
        self, lease: JobLease, progress: Progress | None = None, watch_step: StepCallback = discard_step
    ) -> None:
        self._lease = lease
        self._progress: Progress = progress or NullProgress()
        self._watch_step = watch_step
        self._planned = 0

    def listed(self, objects: int) -> None:
        """`objects` were listed so far."""
        self._lease.report(JobProgress(step="listing", done=objects))
        self._progress.listed(objects)

    def found(self, objects: int, partial: Mapping[str, Any]) -> None:
        """`objects` were listed so far; `partial` is what is known of the result, in its form."""
        self._lease.report(JobProgress(step="listing", done=objects, partial=partial))
        self._progress.listed(objects)

    def planned(self, to_process: int) -> None:
        """The listing has ended: `to_process` objects will be processed."""
        self._planned = to_process
        self._lease.report(JobProgress(step="processing", total=to_process))
        self._progress.planned(to_process)

    def processed(self, objects: int, failed: int) -> None:
        """`objects` of the planned ones are committed, `failed` of them as failures."""
        counts = {"failed": failed}
        self._lease.report(JobProgress(step="processing", done=objects, total=self._planned, counts=counts))
        self._progress.processed(objects, failed)

    def step(self, step: str, done: int, total: int) -> None:
        """`done` of `total` are done in this step. Raises RunCancelled if the job was cancelled."""
        self._lease.check()
        self._lease.report(JobProgress(step=step, done=done, total=total))
        self._watch_step(step, done, total)

    def counted(self, step: str) -> Callable[[int, int], None]:
        """A callback that reports counts of one step."""
        return lambda done, total: self.step(step, done, total)
