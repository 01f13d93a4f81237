"""Changes for waiting requests: one poll of a job or workspace serves all watchers, and none holds a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.model.activity import Activity
from mirrorlake.model.jobs import Job

T = TypeVar("T")

POLL_S = 0.5  # between two reads of a watched job
WATCHERS = 100  # requests that wait at the same time; each holds a socket
RECENT_POLL_S = 1.0  # between two reads of what is new in a workspace; all streams of it share them


class TooManyWatchers(MirrorlakeError):
    """The limit of requests that wait for changes of jobs is reached."""


class _Poll:
    """The poll of one job."""

    def __init__(self, read: Callable[[], Job]) -> None:
        self.read = read
        self.watchers = 0
        self.changed = asyncio.Event()
        self.latest: Job | None = None
        self.error: Exception | None = None
        self.task: asyncio.Task[None] | None = None


class _Recent(Generic[T]):
    """What is new in one workspace, as last read."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._items: Sequence[T] = ()

    async def fresh(self, read: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What `read` returned lately."""
        clock = asyncio.get_running_loop().time
        async with self._lock:
            if clock() - self._read_at >= RECENT_POLL_S:
                self._items = await run_in_threadpool(read)
                self._read_at = clock()
            return self._items


class JobFeed:
    """The watched jobs of one server. `close` ends all waiting; a signal handler may call it."""

    def __init__(self) -> None:
        self._polls: dict[tuple[str, int], _Poll] = {}  # by place and job
        self._jobs: dict[str, _Recent[Job]] = {}  # by place
        self._activity: dict[str, _Recent[Activity]] = {}  # by place
        self._watchers = 0
        self._closed = False

    def close(self) -> None:
        """Answer every waiting request with the last known state."""
        self._closed = True

    @property
    def closed(self) -> bool:
        """Whether the server is shutting down."""
        return self._closed

    def check_room(self) -> None:
        """Raises TooManyWatchers where no other request may wait."""
        if self._watchers >= WATCHERS:
            raise TooManyWatchers(
                f"Too many requests ({WATCHERS}) are waiting for jobs.",
                "Request the job without waiting, or try again later.",
            )

    @asynccontextmanager
    async def watching(self, place: str, job_id: int, read: Callable[[], Job]) -> AsyncGenerator[_Poll]:
        """Poll this job with `read` while it is watched. Raises TooManyWatchers.

        `place` identifies the workspace, whatever its name.
        """
        self.check_room()
        poll = self._polls.setdefault((place, job_id), _Poll(read))
        self._watchers += 1
        poll.watchers += 1
        if poll.task is None:
            poll.task = asyncio.create_task(self._run_poll(poll))
        try:
            yield poll
        finally:
            self._watchers -= 1
            poll.watchers -= 1
            if not poll.watchers:
                self._polls.pop((place, job_id), None)
                poll.task.cancel()

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """A place among the requests that may wait. Raises TooManyWatchers."""
        self.check_room()
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    async def recent(self, place: str, read: Callable[[], Sequence[Job]]) -> Sequence[Job]:
        """The active jobs of a workspace and those that have just ended. Streams share what one of them reads."""
        return await self._jobs.setdefault(place, _Recent[Job]()).fresh(read)

    async def newest_activity(self, place: str, read: Callable[[], Sequence[Activity]]) -> Sequence[Activity]:
        """The newest activity of a workspace, shared like its jobs."""
        return await self._activity.setdefault(place, _Recent[Activity]()).fresh(read)

    async def newer(self, poll: _Poll, known: Job, wait_s: float) -> Job:
        """The job once it is newer than `known`, or has ended; `known` after `wait_s` seconds. Raises NotFound."""
        deadline = asyncio.get_running_loop().time() + wait_s
        while not self._closed:
            if poll.error is not None:
                raise poll.error
            latest = poll.latest
            if latest is not None and (latest.version > known.version or latest.ended):
                return latest
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(poll.changed.wait(), min(left, POLL_S))
        return known

    async def _run_poll(self, poll: _Poll) -> None:
        while not self._closed:
            try:
                job = await run_in_threadpool(poll.read)
            except Exception as error:  # noqa: BLE001 - raised in the requests that wait, which would wait for ever
                poll.error = error
                poll.changed.set()
                return
            if poll.latest is None or job.version != poll.latest.version:
                poll.latest = job
                poll.changed.set()
                poll.changed = asyncio.Event()
            await asyncio.sleep(POLL_S)
