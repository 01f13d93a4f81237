"""Progress of a job: to the catalog by its lease, and to whoever watches in this process."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.catalog.leases import JobLease
from mirrorlake.mirror.progress import NullProgress, Progress
from mirrorlake.model.jobs import JobProgress

StepCallback = Callable[[str, int, int], object]  # receives the step, and how much of it is done of how much


def discard_step(_step: str, _done: int, _total: int) -> None:
    """For steps that nobody watches."""


class Reporter:
    """Receives the progress of a handler. Writes nothing itself: the heartbeat of the lease does, every few seconds."""

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

    def planned(self, to_process: int) -> None:
        """The listing has ended: `to_process` objects will be read."""
        self._planned = to_process
        self._lease.report(JobProgress(step="processing", total=to_process))
        self._progress.planned(to_process)

    def processed(self, objects: int, failed: int) -> None:
        """`objects` of the planned ones are done and committed, `failed` of them without success."""
        counts = {"failed": failed}
        self._lease.report(JobProgress(step="processing", done=objects, total=self._planned, counts=counts))
        self._progress.processed(objects, failed)

    def step(self, step: str, done: int, total: int) -> None:
        """`done` of `total` are done in this step. Raises RunCancelled where the job is to end."""
        self._lease.check()
        self._lease.report(JobProgress(step=step, done=done, total=total))
        self._watch_step(step, done, total)

    def counted(self, step: str) -> Callable[[int, int], None]:
        """`step` for work that has only one."""
        return lambda done, total: self.step(step, done, total)
