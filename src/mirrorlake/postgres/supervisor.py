"""The small process that keeps the embedded PostgreSQL running: start, restart after a crash, stop when idle.

`embedded.ensure_running` starts it as `python -m mirrorlake.postgres.supervisor FOLDER`. It creates its own session,
so that neither Ctrl-C nor the end of a command reaches it, and ends together with PostgreSQL.
Single-threaded on purpose: the kernel stops PostgreSQL when the thread that started it ends.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from mirrorlake.postgres.data_dir import database_folder
from mirrorlake.postgres.lock_files import remove_stale_locks
from mirrorlake.postgres.server_lock import SupervisorArgs

POLL_S = 15.0  # longest interval between two counts of clients
FAST_STOP_S = 60.0  # for a shutdown that ends sessions and writes a checkpoint
ATTEMPTS = 4  # starts that may fail before PostgreSQL has ever been ready
ATTEMPTS_AFTER_CRASH = 40  # sessions of a killed PostgreSQL may hold its memory for a while
LONGEST_PAUSE_S = 2.0
PR_SET_PDEATHSIG = 1


class Supervisor:
    """Supervises one PostgreSQL server."""

    def __init__(self, orders: SupervisorArgs, alive_descriptor: int) -> None:
        self._orders = orders
        self._alive_descriptor = alive_descriptor
        self._stopping = False
        self._wake_read, wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, self._wake)
        signal.signal(signal.SIGTERM, self._request_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._session: psycopg.Connection | None = None
        self._was_up = False
        self._last_use = time.monotonic()
        self._last_mark = self._touch_used_mark()

    def run(self) -> int:
        """Keep PostgreSQL running until it is asked to stop, is idle, or cannot be started."""
        failures = 0
        while True:
            log("starting PostgreSQL")
            began = time.monotonic()
            postgres = self._start()
            code = self._watch(postgres)
            self._close_session()
            if self._stopping:
                log("PostgreSQL has stopped")
                return 0
            log(f"PostgreSQL exited unexpectedly with {code}")
            failures = 0 if time.monotonic() - began > POLL_S else failures + 1
            if failures >= (ATTEMPTS_AFTER_CRASH if self._was_up else ATTEMPTS):
                log("giving up")
                return 1
            self._sleep(min(LONGEST_PAUSE_S, 0.3 * 2**failures))
            if self._stopping:
                return 0

    def _start(self) -> subprocess.Popen[bytes]:
        place = self._orders.place
        remove_stale_locks(place, log)
        root = os.geteuid() == 0
        return subprocess.Popen(  # noqa: S603 - our own binary
            [os.fspath(place.binaries / "postgres"), "-D", os.fspath(place.data)],
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=server_environment(),
            user=place.account.uid if root else None,
            group=place.account.gid if root else None,
            extra_groups=os.getgrouplist(place.account.name, place.account.gid) if root else None,
            # All PostgreSQL processes hold the lock, whatever happens to the supervisor.
            pass_fds=(self._alive_descriptor,),
            # A separate process group, so that no signal for the supervisor reaches it.
            process_group=0,
            preexec_fn=_stop_with_parent(),  # noqa: PLW1509 - this process has one thread
        )

    def _watch(self, postgres: subprocess.Popen[bytes]) -> int:
        """Wait until PostgreSQL ends. Returns its exit code."""
        pause = min(POLL_S, max(0.05, self._orders.idle_stop_s / 4))
        while True:
            code = postgres.poll()
            if code is not None:
                return code
            if self._stopping:
                return stop_postgres(postgres)
            self._record_use()
            if self._is_idle() and self._stop_if_idle(postgres):
                return postgres.wait()
            self._sleep(pause if self._session is not None else min(pause, 0.25))

    def _record_use(self) -> None:
        clients = self._count_clients()
        mark = self._touch_used_mark()
        if clients != 0 or mark != self._last_mark:
            self._last_use = time.monotonic()
            self._last_mark = mark

    def _is_idle(self) -> bool:
        return time.monotonic() - self._last_use >= self._orders.idle_stop_s

    def _stop_if_idle(self, postgres: subprocess.Popen[bytes]) -> bool:
        """Stop under the lock that every command takes before it connects, so that no command loses its server."""
        with (database_folder(self._orders.home) / "start.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False  # a command is connecting at this moment
            self._record_use()
            if not self._is_idle():
                return False
            log(f"no client was connected for {self._orders.idle_stop_s:g} s")
            self._stopping = True
            stop_postgres(postgres)
            return True

    def _count_clients(self) -> int | None:
        """The number of other sessions; None while PostgreSQL does not respond."""
        try:
            if self._session is None:
                self._session = psycopg.connect(self._orders.conninfo, autocommit=True, connect_timeout=10)
            row = self._session.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
        except psycopg.Error:  # starting, crashed or out of connections: all of them count as in use
            self._close_session()
            return None
        self._was_up = True
        return int(row[0]) if row else None

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _touch_used_mark(self) -> int:
        try:
            return self._orders.place.used_mark.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _sleep(self, seconds: float) -> None:
        """Sleep, but wake immediately on a signal."""
        if select.select([self._wake_read], [], [], seconds)[0]:
            os.read(self._wake_read, 512)

    def _wake(self, *_: object) -> None:
        """Handle a signal that only asks for a check."""

    def _request_stop(self, *_: object) -> None:
        self._stopping = True


def stop_postgres(postgres: subprocess.Popen[bytes]) -> int:
    """Shut down fast: end sessions and write all data. If that takes too long, shut down immediately."""
    postgres.send_signal(signal.SIGINT)
    try:
        return postgres.wait(FAST_STOP_S)
    except subprocess.TimeoutExpired:
        log("the fast shutdown took too long; the next start recovers from the log")
        postgres.send_signal(signal.SIGQUIT)
        return postgres.wait()


def server_environment() -> dict[str, str]:
    """Our environment without variables that would configure PostgreSQL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def log(sentence: str) -> None:
    """Write a line to the supervisor's log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC supervisor: {sentence}\n")
    sys.stderr.flush()


def _stop_with_parent():  # noqa: ANN202 - pyright infers the exact callable
    """On Linux, make PostgreSQL shut down when the supervisor is killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded before the fork: after it only system calls are safe
    parent = os.getpid()

    def prepare() -> None:
        # After the change of user, which would clear it.
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def main(arguments: list[str]) -> int:
    """Take the lock, detach from the calling command, and supervise."""
    folder = Path(arguments[0])
    orders = SupervisorArgs.from_json((folder / "supervisor.json").read_text("utf-8"))
    alive = os.open(orders.place.alive_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log("another supervisor or PostgreSQL is running")
        return 3
    # The command continues when this first process ends; the lock is already held then.
    if os.fork() != 0:
        os._exit(0)
    os.setsid()
    os.ftruncate(alive, 0)
    os.pwrite(alive, json.dumps({"pid": os.getpid(), "folder": os.fspath(folder)}).encode(), 0)
    return Supervisor(orders, alive).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
