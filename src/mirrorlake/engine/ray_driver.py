"""The process that is connected to a Ray cluster for one pool. Started as `-m mirrorlake.engine.ray_driver`.

    receiver ─tasks─▶ main thread ─Ray tasks─▶ nodes
                          │ ▲─────── answers ────┘
                          └──▶ coordinator

It knows nothing of what the rows mean. It ends with its coordinator, and with it all tasks that are left.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.engine import ray_task
from mirrorlake.engine.cluster import connect, cpus
from mirrorlake.engine.messages import ClusterSetup, pack_slots
from mirrorlake.formats.stages import Stage
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.processing.channel import (
    Done,
    WorkerStatus,
    pack_done,
    pack_fatal,
    pack_task,
    unpack_answer,
    unpack_task,
)
from mirrorlake.processing.rows import Result, processed_batch
from mirrorlake.storage.listing_batches import joined

TIMES = 3  # that a task runs, if nodes or processes are lost with it
_POLL_S = 0.1  # until a new task is submitted while others run
_CHECK_S = 5.0  # between checks of the size of the cluster
_END_S = 5.0  # that disconnecting may take


@dataclass(frozen=True, slots=True)
class _Submitted:
    """A Ray task: the rows of a task of the coordinator, or one of them `alone`."""

    frame: bytes
    alone: bool


@dataclass(slots=True)
class _Rows:
    """The rows of a task that run alone, after it was lost with several nodes or processes."""

    left: int
    found: list[pa.RecordBatch]


class Driver:
    """Submits tasks, and sends what they answer."""

    def __init__(self, connection: Connection, status: WorkerStatus, setup: ClusterSetup) -> None:
        self._connection = connection
        self._status = status
        self._setup = setup
        self._ray = ray = connect(setup.address)
        self._lost = (
            ray.exceptions.WorkerCrashedError,
            ray.exceptions.NodeDiedError,
            ray.exceptions.ObjectLostError,
            ray.exceptions.OutOfMemoryError,
        )
        ray.cloudpickle.register_pickle_by_value(ray_task)
        self._run_task = ray.remote(num_cpus=1, max_retries=TIMES - 1, retry_exceptions=False)(ray_task.run_task)
        self._expected = ray_task.installed()
        self._tasks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()  # None: the coordinator is gone
        self._submitted: dict[Any, _Submitted] = {}
        self._alone: dict[int, _Rows] = {}
        self._gets = self._bytes = 0
        self._slots, self._checked = -1, 0.0
        self._had_cpus = time.monotonic()
        self._asked: float | None = None  # since when a call waits that the cluster answers at once

    def run(self) -> None:
        """Work until the coordinator closes the connection."""
        for thread in (self._receive, self._watch):
            threading.Thread(target=thread, daemon=True).start()
        while self._take_tasks():
            self._report_slots()
            with self._asking():
                done, _ = self._ray.wait(list(self._submitted), num_returns=1, timeout=_POLL_S)
            for ref in done:
                self._finish(ref, self._submitted.pop(ref))
        for ref in self._submitted:
            self._ray.cancel(ref, force=True)

    def _receive(self) -> None:
        while True:
            try:
                self._tasks.put(self._connection.recv_bytes())
            except (EOFError, OSError):
                self._tasks.put(None)
                time.sleep(_END_S)  # the main thread may wait for an answer that never comes
                os._exit(0)

    def _watch(self) -> None:
        """End the process if the cluster does not answer: where a network is silent, Ray waits for ten minutes."""
        while True:
            time.sleep(_POLL_S)
            asked = self._asked
            if asked is not None and time.monotonic() - asked > self._setup.wait_s:
                sys.stderr.write(f"the cluster did not answer for {self._setup.wait_s:.0f} s\n")
                sys.stderr.flush()
                os._exit(1)

    @contextmanager
    def _asking(self) -> Generator[None]:
        self._asked = time.monotonic()
        try:
            yield
        finally:
            self._asked = None

    def _take_tasks(self) -> bool:
        """Submit the tasks that have come, of which there is at least one then; whether to go on."""
        while not self._submitted or not self._tasks.empty():
            try:
                frame = self._tasks.get(timeout=_CHECK_S)
            except queue.Empty:
                self._report_slots()
                continue
            if frame is None:
                return False
            self._submit(_Submitted(frame, alone=False))
        return True

    def _submit(self, one: _Submitted) -> None:
        self._submitted[self._run_task.remote(self._expected, self._setup.node_setup, one.frame)] = one

    def _report_slots(self) -> None:
        """Report to the coordinator how much the cluster can do, which changes with its nodes.

        Raises MirrorlakeError if tasks have waited too long for a cluster that can do nothing.
        """
        if time.monotonic() - self._checked < min(_CHECK_S, self._setup.wait_s) and self._slots >= 0:
            return
        self._checked = time.monotonic()
        with self._asking():
            slots = cpus(self._ray)
        if slots or not self._submitted:
            self._had_cpus = self._checked
        elif self._checked - self._had_cpus > self._setup.wait_s:
            raise MirrorlakeError(
                f"The Ray cluster at {self._setup.address} has had no CPU for {self._setup.wait_s:.0f} s.",
                "Start a node, or start its nodes with --num-cpus, then run it again.",
            )
        if slots != self._slots:
            self._slots = slots
            self._connection.send_bytes(pack_slots(slots))

    def _finish(self, ref: Any, one: _Submitted) -> None:
        try:
            answer, gets, read = self._ray.get(ref)
        except self._lost as error:
            self._try_alone(one, type(error).__name__)
            return
        except self._ray.exceptions.RayError as error:
            text = " ".join(str(error).split())[-400:]
            raise MirrorlakeError(
                f"A task of the Ray cluster failed: {text}", "Check `ray status` and its log."
            ) from error
        self._gets += gets
        self._bytes += read
        self._status.record_requests(self._gets, self._bytes)
        if one.alone:
            done = unpack_answer(answer)
            if isinstance(done, Done):
                self._add_row(done.task, done.batch)
        else:
            self._connection.send_bytes(answer)

    def _try_alone(self, one: _Submitted, how: str) -> None:
        """Try each row of a lost task alone; one that is lost again, as often as the task before, fails."""
        task, changes = unpack_task(one.frame)
        if not one.alone:
            self._alone[task] = _Rows(changes.num_rows, [])
            for row in range(changes.num_rows):
                self._submit(_Submitted(pack_task(task, changes.slice(row, 1)), alone=True))
            return
        reason = f"the task that was reading it ended with its process or node, {TIMES} times ({how})"
        verdict = Result(result=ResultKind.FAILED, stage=Stage.DECODE, reason=reason)
        self._add_row(task, processed_batch(changes, [verdict]))

    def _add_row(self, task: int, row: pa.RecordBatch) -> None:
        rows = self._alone[task]
        rows.found.append(row)
        rows.left -= row.num_rows
        if not rows.left:
            self._connection.send_bytes(pack_done(task, joined(self._alone.pop(task).found)))


def main() -> None:
    """Entry of the process: `ray_driver SOCKET STATUS`, both inherited file descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
    connection = Connection(int(sys.argv[1]))
    status = WorkerStatus(int(sys.argv[2]), 0)
    setup: ClusterSetup = pickle.loads(connection.recv_bytes())  # noqa: S301  from the process that started us
    try:
        Driver(connection, status, setup).run()
    except MirrorlakeError as error:
        connection.send_bytes(pack_fatal(error))
        return
    except (BrokenPipeError, ConnectionResetError):
        return  # the coordinator is gone


if __name__ == "__main__":
    main()
