"""The embedded PostgreSQL server: started by any command, shared by all commands.

ensure_running ──(shared lock)──▶ the server responds: done (server_lock.py)
      └────────(exclusive lock)─▶ prepare the folders, initdb once, start the supervisor, wait until the server responds
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from mirrorlake.core.errors import CatalogError, CatalogUnavailable, DiskFull
from mirrorlake.core.private import open_private
from mirrorlake.core.settings import IDLE_STOP_S
from mirrorlake.postgres.data_dir import (
    DATABASE_URL_FIX,
    DataDir,
    chown_like,
    database_folder,
    make_home,
    prepare_data_dir,
    record_base,
)
from mirrorlake.postgres.lock_files import find_server
from mirrorlake.postgres.server_lock import (
    SupervisorArgs,
    explain_os_errors,
    find_running,
    is_responding,
    lock_server,
    read_supervisor_args,
)
from mirrorlake.postgres.supervisor import server_environment
from mirrorlake.postgres.tuning import ROLE, write_configuration

START_PATIENCE_S = 1800.0  # recovery after a crash replays up to 2 GB of log, possibly on a slow disk
STOP_PATIENCE_S = 120.0
_TEMPORARY_REFUSALS = (
    "starting up",
    "not yet accepting",
    "recovery",
    "shutting down",
    "too many clients",
)
PAUSE_S = 0.03  # between two connection attempts


class EmbeddedState(StrEnum):
    """The state of the embedded PostgreSQL."""

    STOPPED = "stopped"
    STARTING = "starting"  # or recovering, or stopping
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedStatus:
    """The state that `doctor` shows of the embedded PostgreSQL. Folders are None before the first start."""

    state: EmbeddedState
    data: Path | None = None
    log: Path | None = None
    system_user: str | None = None
    supervisor_pid: int | None = None


def ensure_running(home: Path, *, idle_stop_s: float = IDLE_STOP_S) -> str:
    """Start the database of this home unless it is running. Returns the libpq conninfo.

    The supervisor stops it once no client was connected for `idle_stop_s`; a running server keeps its own value.
    Raises CatalogUnavailable or DiskFull with the reason.
    """
    found = find_running(home)
    if found is not None:
        return found
    with explain_os_errors(home):
        make_home(home)
        folder = database_folder(home)
        with lock_server(folder, fcntl.LOCK_EX):
            orders = read_supervisor_args(folder)
            if orders is not None and is_responding(orders, mark=True):
                return orders.conninfo
            return _start(home, idle_stop_s).conninfo


def stop(home: Path) -> bool:
    """Stop the database of this home: end sessions and write all data. Returns False if it was not running."""
    folder = database_folder(home)
    if not folder.is_dir():
        return False
    with explain_os_errors(home), lock_server(folder, fcntl.LOCK_EX):
        orders = read_supervisor_args(folder)
        if orders is None or not _is_alive(orders.place):
            return False
        _stop(orders.place)
        return True


def status(home: Path) -> EmbeddedStatus:
    """The state of this home's database. Starts nothing."""
    with explain_os_errors(home):
        orders = read_supervisor_args(database_folder(home))
        if orders is None:
            return EmbeddedStatus(state=EmbeddedState.STOPPED)
        if not _is_alive(orders.place):
            state = EmbeddedState.STOPPED
        else:
            state = EmbeddedState.RUNNING if is_responding(orders, mark=False) else EmbeddedState.STARTING
        # A copied home names the supervisor of the original.
        supervisor = None if state is EmbeddedState.STOPPED else _supervisor(orders.place)
        return EmbeddedStatus(
            state=state,
            data=orders.place.data,
            log=_newest_log(orders.place),
            system_user=orders.place.account.name,
            supervisor_pid=supervisor.pid if supervisor else None,
        )


def _start(home: Path, idle_stop_s: float) -> SupervisorArgs:
    place = prepare_data_dir(home)
    folder = database_folder(home)
    if _is_alive(place):
        if _supervisor(place) is None:
            _stop(place)  # PostgreSQL without its supervisor: start again
        else:
            # It is starting, recovering or being restarted after a crash. If it is ending, start again.
            orders = read_supervisor_args(folder)
            if orders is not None and _wait_until_ready(orders):
                return orders
    if not place.data.is_dir():
        _initialise(place)
    record_base(folder, place.base)
    write_configuration(place, system_users=_system_users(place))
    _drop_old_logs(place)
    orders = SupervisorArgs(home=home, place=place, conninfo=_conninfo(place), idle_stop_s=idle_stop_s)
    temporary = folder / "supervisor.json.new"
    with open_private(temporary, "wb") as file:
        file.write(orders.to_json().encode())
    chown_like(folder, temporary)
    temporary.replace(folder / "supervisor.json")
    place.used_mark.touch(mode=0o600)
    place.alive_lock.touch(mode=0o600)
    for path in (place.used_mark, place.alive_lock):
        chown_like(place.base, path)
    _launch(orders)
    if not _wait_until_ready(orders):
        raise _explain_failure(_tail(place), place)
    return orders


def _initialise(place: DataDir) -> None:
    """Create the data folder. It is renamed to its final name once it is complete."""
    fresh = place.base / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    root = os.geteuid() == 0
    if root:
        os.chown(fresh, place.account.uid, place.account.gid)
    done = subprocess.run(  # noqa: S603 - our own binary
        [
            os.fspath(place.binaries / "initdb"),
            *("-D", os.fspath(fresh), "-U", ROLE, "--auth=peer", "--encoding=UTF8"),
            # The built-in provider handles letters beyond ASCII and does not change with the system's libraries.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"),
            *("--no-instructions", "--text-search-config=simple"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        env=server_environment(),
        user=place.account.uid if root else None,
        group=place.account.gid if root else None,
        extra_groups=os.getgrouplist(place.account.name, place.account.gid) if root else None,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise _explain_failure(done.stderr.decode("utf-8", "replace"), place)
    fresh.rename(place.data)


def _launch(orders: SupervisorArgs) -> None:
    place = orders.place
    with open_private(place.supervisor_log, "wb") as log:
        chown_like(place.base, place.supervisor_log)
        # PATH starts with the folder of the interpreter as it was found, so that a virtual environment is kept.
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "mirrorlake.postgres.supervisor", os.fspath(database_folder(orders.home))],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=server_environment(),
            start_new_session=True,
            check=False,
        )
    if done.returncode != 0:
        raise _explain_failure(_tail(place), place)


def _wait_until_ready(orders: SupervisorArgs) -> bool:
    """Wait until PostgreSQL responds. Returns False if its supervisor ended.

    While the supervisor is running, keep waiting: recovery can take minutes.
    """
    give_up = time.monotonic() + START_PATIENCE_S
    while not (is_responding(orders, mark=True) or _create_database(orders)):
        if not _is_alive(orders.place):
            return False
        if time.monotonic() > give_up:
            raise CatalogUnavailable(
                f"PostgreSQL did not become ready within {START_PATIENCE_S / 60:g} minutes.",
                f"Check its log, {_newest_log(orders.place)}, and try again.",
            )
        time.sleep(PAUSE_S)
    return True


def _create_database(orders: SupervisorArgs) -> bool:
    """Create our database in a new server. Returns False if the server does not respond."""
    try:
        with (
            suppress(psycopg.errors.DuplicateDatabase),
            psycopg.connect(make_conninfo(orders.conninfo, dbname="postgres"), autocommit=True) as session,
        ):
            session.execute(f"CREATE DATABASE {ROLE}")  # pyright: ignore[reportArgumentType] - a constant of ours
        psycopg.connect(orders.conninfo, connect_timeout=30).close()  # ours may be refused where the other one is not
    except psycopg.errors.DiskFull as error:
        raise _explain_failure(f"FATAL: {error}", orders.place) from error
    except psycopg.OperationalError as error:
        refusal = str(error)
        if "FATAL" in refusal and not any(words in refusal for words in _TEMPORARY_REFUSALS):
            raise _explain_failure(refusal, orders.place) from error  # waiting would not help
        return False
    return True


def _conninfo(place: DataDir) -> str:
    # Every setting that a libpq environment variable could otherwise change is given.
    return make_conninfo(
        host=os.fspath(place.socket_folder),
        port=5432,
        user=ROLE,
        dbname=ROLE,
        sslmode="disable",
        gssencmode="disable",
        client_encoding="UTF8",
        application_name=ROLE,
        options="",
    )


def _system_users(place: DataDir) -> list[str]:
    users = [place.account.name, pwd.getpwuid(os.geteuid()).pw_name]
    with suppress(KeyError):  # a system without root has no other user to allow
        users.append(pwd.getpwuid(0).pw_name)
    return users


def _is_alive(place: DataDir) -> bool:
    """Whether the supervisor or any PostgreSQL process is running: each of them holds the lock."""
    try:
        with place.alive_lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _supervisor(place: DataDir) -> psutil.Process | None:
    """The process that the lock names, if its command is that supervisor. Its start time moves with the clock."""
    try:
        raw = json.loads(place.alive_lock.read_bytes())
        process = psutil.Process(raw["pid"])
        folder = raw.get("folder", os.fspath(place.base))  # none by an earlier version, whose supervisor still runs
        alive = folder in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return process if alive else None


def _stop(place: DataDir) -> None:
    """Stop the supervisor, which stops PostgreSQL; or PostgreSQL itself if its supervisor was killed."""
    target, how = _supervisor(place), signal.SIGTERM
    if target is None:
        target, how = find_server(place.data / "postmaster.pid", place.data), signal.SIGINT
    if target is not None:
        with suppress(psutil.NoSuchProcess):  # it has ended in the meantime
            target.send_signal(how)
    give_up = time.monotonic() + STOP_PATIENCE_S
    while _is_alive(place):
        if time.monotonic() > give_up:
            raise CatalogUnavailable(
                f"PostgreSQL in {place.base} did not stop.",
                f"Check its log, {_newest_log(place)}, and end the process yourself.",
            )
        time.sleep(PAUSE_S)


def _newest_log(place: DataDir) -> Path:
    logs = sorted(place.logs.glob("postgresql-*.log")) if os.access(place.logs, os.R_OK | os.X_OK) else []
    return logs[-1] if logs else place.supervisor_log


def _drop_old_logs(place: DataDir) -> None:
    for old in sorted(place.logs.glob("postgresql-*.log"))[:-5]:
        old.unlink(missing_ok=True)


def _tail(place: DataDir) -> str:
    """The log lines of this start: PostgreSQL's own log, then the supervisor's, which contains the earlier lines."""
    began = (place.data / "postgresql.conf").stat().st_mtime
    paths = [path for path in dict.fromkeys((_newest_log(place), place.supervisor_log)) if path.exists()]
    return "\n".join(
        path.read_text("utf-8", errors="replace")[-4000:] for path in paths if path.stat().st_mtime >= began
    )


def _explain_failure(text: str, place: DataDir) -> CatalogError:
    """The cause from PostgreSQL's log as an error with a fix."""
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return DiskFull(
            f"PostgreSQL cannot run: no space is left on the disk of {place.base}.",
            "Free some space, or set MIRRORLAKE_HOME to a folder on another disk.",
        )
    errors = re.findall(r"(?:FATAL|PANIC|ERROR|error|cannot|could not|LOG: +(?:invalid|could not))[^\n]*", text)
    last = (
        " / ".join(dict.fromkeys(line.strip() for line in errors[-2:]))
        or text.strip().rsplit("\n", 1)[-1]
        or "no error was logged"
    )
    return CatalogUnavailable(
        f"PostgreSQL did not start: {last}.".replace("..", "."),
        f"Check the logs {place.supervisor_log} and {_newest_log(place)}. {DATABASE_URL_FIX}",
    )
