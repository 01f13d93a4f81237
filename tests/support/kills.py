"""A library on its own PostgreSQL whose processes are killed: the command, its workers, or the database."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, LiteralString, TypeVar

import psutil
import psycopg
from psycopg.rows import TupleRow
from tests.support.cli import PATIENCE_S, Cli
from tests.support.s3stub import Answer, Request, S3Stub

from mirrorlake.core.errors import CatalogUnavailable
from mirrorlake.postgres.embedded import ensure_running, status
from mirrorlake.postgres.pool import Catalog

BUCKET = "shot"
Answered = TypeVar("Answered")


@dataclass(frozen=True)
class Remembered:
    """What the catalog has of a key that was processed."""

    asset_id: str
    token: str
    sidecar_token: str | None

    @property
    def version(self) -> tuple[str, str | None]:
        return self.token, self.sidecar_token


class Victim(StrEnum):
    """What is killed. All but one with SIGKILL."""

    COMMAND = "command"
    WORKER = "worker"
    POSTMASTER = "postmaster"
    BACKEND = "backend"  # PostgreSQL then ends all sessions and recovers
    IMMEDIATE = "immediate"  # PostgreSQL stops without a checkpoint
    SUPERVISOR = "supervisor"
    EVERYTHING = "everything"  # the command with its database, as when the machine goes


@dataclass(frozen=True)
class Point:
    """When a kill strikes: after N more requests for objects, or N seconds from now."""

    requests: int | None = None
    seconds: float = 0.0


class Shots:
    """Counts every GET of an object at the server, and reports when there were enough requests for objects."""

    def __init__(self, stub: S3Stub) -> None:
        self.gets: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._left = 0
        self._reached = threading.Event()
        stub.faults.append(self._count)

    def wait(self, requests: int, process: subprocess.Popen[str]) -> bool:
        """Wait for N more requests. Returns False if the process ended before."""
        with self._lock:
            self._left = requests
            self._reached.clear()
        while not self._reached.wait(0.02):
            if process.poll() is not None:
                return False
        return True

    def _count(self, request: Request) -> Answer | None:
        if request.key:
            with self._lock:
                self.gets[request.key.decode()] += request.method == "GET"
                self._left -= 1
                if self._left == 0:
                    self._reached.set()
        return None


@dataclass
class Shot:
    """The library under fire."""

    home: Path
    cli: Cli
    stub: S3Stub
    shots: Shots
    words: tuple[str, ...]

    def asked(self, question: Callable[[Catalog], Answered]) -> Answered:
        """Repeat a query or an edit until the database responds: it may be stopping or recovering."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                with Catalog(ensure_running(self.home)) as catalog:
                    return question(catalog)
            except (CatalogUnavailable, psycopg.OperationalError):
                assert time.monotonic() < give_up
                time.sleep(0.05)

    def rows(self, query: LiteralString) -> list[TupleRow]:
        def question(catalog: Catalog) -> list[TupleRow]:
            with psycopg.connect(catalog.conninfo) as session:
                return session.execute(query).fetchall()

        return self.asked(question)

    def committed(self) -> dict[str, Remembered]:
        """The known objects, by key."""
        rows = self.rows(
            "SELECT key, asset_id, token, split_part(companions, ':', 2) FROM object"
            " WHERE state = 0 AND asset_id IS NOT NULL"
        )
        return {key: Remembered(str(asset), token, sidecar) for key, asset, token, sidecar in rows}

    def mirror(self) -> Any:
        """Run an undisturbed pass."""
        return self.cli.mirror(*self.words)

    def start(self) -> subprocess.Popen[str]:
        return self.cli.start("mirror", *self.words, "--json")

    def await_point(self, process: subprocess.Popen[str], point: Point) -> bool:
        """Whether the pass reached this point."""
        if point.requests is not None:
            return self.shots.wait(point.requests, process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(point.seconds)
        return process.poll() is None

    def kill(self, victim: Victim, process: subprocess.Popen[str]) -> bool:
        """Kill the victim. Returns False if there is none at this moment."""
        match victim:
            case Victim.COMMAND:
                return _shoot(process.pid)
            case Victim.WORKER:
                workers = [
                    child.pid for child in _children(process.pid) if "mirrorlake.processing.worker" in _words(child)
                ]
                return bool(workers) and _shoot(workers[0])
            case Victim.POSTMASTER:
                return _shoot(self._postmaster())
            case Victim.IMMEDIATE:
                return _shoot(self._postmaster(), signal.SIGQUIT)
            case Victim.BACKEND:
                pids = self.rows(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, backend_start DESC LIMIT 1"
                )
                return bool(pids) and _shoot(pids[0][0])
            case Victim.SUPERVISOR:
                return _shoot(status(self.home).supervisor_pid)
            case Victim.EVERYTHING:
                return _shoot(process.pid) and _shoot(self._postmaster())

    def _postmaster(self) -> int | None:
        data = status(self.home).data
        if data is None:
            return None
        with suppress(FileNotFoundError):
            return int((data / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
        return None


def ends(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit code and output of a command, which must end."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def _shoot(pid: int | None, how: int = signal.SIGKILL) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    return True


def _children(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children()
    return []


def _words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []
