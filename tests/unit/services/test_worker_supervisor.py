"""A worker beside a server: replaced where it dies, ended with the server whether it listens or not."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import psutil
import pytest

from mirrorlake.services import worker_supervisor as attending
from mirrorlake.services.worker_supervisor import WorkerSupervisor

PATIENCE_S = 60


@contextmanager
def attended(code: str) -> Iterator[Queue[str]]:
    heard = Queue[str]()
    others = psutil.Process().children()  # servers of other tests
    supervisor = WorkerSupervisor(heard.put, (sys.executable, "-c", code))
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield heard
    finally:
        supervisor.end()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert set(psutil.Process().children()) <= set(others)


def test_a_worker_that_dies_gets_a_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "RESTART_S", 0.01)
    with attended("raise SystemExit(7)") as heard:
        for _ in range(2):
            assert heard.get(timeout=PATIENCE_S).startswith("Worker exited unexpectedly (code 7).")


def test_a_worker_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "STOP_S", 0.1)
    deaf = tmp_path / "deaf"
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(deaf)!r}, 'w'); signal.pause()"
    with attended(code) as heard:
        while not deaf.exists():
            time.sleep(0.01)
    assert heard.empty()


def test_no_worker_starts_after_the_end() -> None:
    heard = Queue[str]()
    supervisor = WorkerSupervisor(heard.put, (sys.executable, "-c", "raise SystemExit(7)"))
    supervisor.end()
    supervisor.run()
    assert heard.empty()
