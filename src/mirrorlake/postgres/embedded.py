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
from mirrorlake.core.settings import IDLE_STOP_S
from mirrorlake.postgres.data_dir import (
    DATABASE_URL_FIX,
    DataDir,
    folder_of,
    give_to_owner_of,
    make_home,
    prepare_data_dir,
    record_base,
)
from mirrorlake.postgres.server_lock import Orders, answers, explained, locked, read_orders, running
from mirrorlake.postgres.supervisor import server_environment
from mirrorlake.postgres.tuning import ROLE, write_configuration

START_PATIENCE_S = 1800.0  # recovery after a crash replays up to 2 GB of log, possibly on a slow disk
STOP_PATIENCE_S = 120.0
_NOT_YET = ("starting up", "not yet accepting", "recovery", "shutting down", "too many clients")  # temporary refusals
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
    found = running(home)
    if found is not None:
        return found
    with explained(home):
        make_home(home)
        folder = folder_of(home)
        with locked(folder, fcntl.LOCK_EX):
            orders = read_orders(folder)
            if orders is not None and answers(orders, mark=True):
                return orders.conninfo
            return _start(home, idle_stop_s).conninfo


def stop(home: Path) -> bool:
    """Stop the database of this home: end sessions and write all data. Returns False if it was not running."""
    folder = folder_of(home)
    if not folder.is_dir():
        return False
    with explained(home), locked(folder, fcntl.LOCK_EX):
        orders = read_orders(folder)
        if orders is None or not _is_alive(orders.place):
            return False
        _stop(orders.place)
        return True


def status(home: Path) -> EmbeddedStatus:
    """The state of this home's database. Starts nothing."""
    with explained(home):
        orders = read_orders(folder_of(home))
        if orders is None:
            return EmbeddedStatus(state=EmbeddedState.STOPPED)
        if not _is_alive(orders.place):
            state = EmbeddedState.STOPPED
        else:
            state = EmbeddedState.RUNNING if answers(orders, mark=False) else EmbeddedState.STARTING
        supervisor = _supervisor(orders.place)
        return EmbeddedStatus(
            state=state,
            data=orders.place.data,
            log=_newest_log(orders.place),
            system_user=orders.place.account.name,
            supervisor_pid=supervisor.pid if supervisor else None,
        )


def _start(home: Path, idle_stop_s: float) -> Orders:
    place = prepare_data_dir(home)
    folder = folder_of(home)
    if _is_alive(place):
        if _supervisor(place) is None:
            _stop(place)  # PostgreSQL without its supervisor: start again
        else:
            # It is starting, recovering or being restarted after a crash. If it is ending, start again.
            orders = read_orders(folder)
            if orders is not None and _comes_up(orders):
                return orders
    if not place.data.is_dir():
        _initialise(place)
    record_base(folder, place.base)
    write_configuration(place, system_users=_system_users(place))
    _drop_old_logs(place)
    orders = Orders(home=home, place=place, conninfo=_conninfo(place), idle_stop_s=idle_stop_s)
    temporary = folder / "supervisor.json.new"
    temporary.write_text(orders.to_json(), "utf-8")
    give_to_owner_of(folder, temporary)
    temporary.replace(folder / "supervisor.json")
    place.used_mark.touch()
    place.alive_lock.touch(mode=0o600)
    for path in (place.used_mark, place.alive_lock):
        give_to_owner_of(place.base, path)
    _launch(orders)
    if not _comes_up(orders):
        raise _failure(_tail(place), place)
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
        raise _failure(done.stderr.decode("utf-8", "replace"), place)
    fresh.rename(place.data)


def _launch(orders: Orders) -> None:
    place = orders.place
    with place.supervisor_log.open("wb") as log:
        give_to_owner_of(place.base, place.supervisor_log)
        # PATH starts with the folder of the interpreter as it was found, so that a virtual environment is kept.
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "mirrorlake.postgres.supervisor", os.fspath(folder_of(orders.home))],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=server_environment(),
            start_new_session=True,
            check=False,
        )
    if done.returncode != 0:
        raise _failure(_tail(place), place)


def _comes_up(orders: Orders) -> bool:
    """Wait until PostgreSQL responds. Returns False if its supervisor ended.

    While the supervisor is running, keep waiting: recovery can take minutes.
    """
    give_up = time.monotonic() + START_PATIENCE_S
    while not (answers(orders, mark=True) or _has_made_database(orders)):
        if not _is_alive(orders.place):
            return False
        if time.monotonic() > give_up:
            raise CatalogUnavailable(
                f"PostgreSQL did not become ready within {START_PATIENCE_S / 60:g} minutes.",
                f"Check its log, {_newest_log(orders.place)}, and try again.",
            )
        time.sleep(PAUSE_S)
    return True


def _has_made_database(orders: Orders) -> bool:
    """Create our database in a new server. Returns False if the server does not respond."""
    try:
        with psycopg.connect(make_conninfo(orders.conninfo, dbname="postgres"), autocommit=True) as session:
            session.execute(f"CREATE DATABASE {ROLE}")  # pyright: ignore[reportArgumentType] - a constant of ours
    except psycopg.errors.DuplicateDatabase:
        return answers(orders, mark=False)
    except psycopg.errors.DiskFull as error:
        raise _failure(f"FATAL: {error}", orders.place) from error
    except psycopg.OperationalError as error:
        refusal = str(error)
        if "FATAL" in refusal and not any(words in refusal for words in _NOT_YET):
            raise _failure(refusal, orders.place) from error  # waiting would not help
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
    try:
        raw = json.loads(place.alive_lock.read_bytes())
        process = psutil.Process(raw["pid"])
        alive = process.create_time() == raw["created"] and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return process if alive else None


def _postmaster(place: DataDir) -> psutil.Process | None:
    try:
        pid = int((place.data / "postmaster.pid").read_text("utf-8", errors="replace").split("\n", 1)[0])
        process = psutil.Process(pid)
        return process if Path(process.cwd()).samefile(place.data) else None
    except (OSError, ValueError, psutil.Error):
        return None


def _stop(place: DataDir) -> None:
    """Stop the supervisor, which stops PostgreSQL; or PostgreSQL itself if its supervisor was killed."""
    target, how = _supervisor(place), signal.SIGTERM
    if target is None:
        target, how = _postmaster(place), signal.SIGINT
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


def _failure(text: str, place: DataDir) -> CatalogError:
    """The cause from PostgreSQL's log as an error with a fix."""
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return DiskFull(
            f"PostgreSQL cannot run: no space is left on the disk of {place.base}.",
            "Free some space, or set MIRRORLAKE_HOME to a folder on another disk.",
        )
    said = re.findall(r"(?:FATAL|PANIC|ERROR|error|cannot|could not|LOG: +(?:invalid|could not))[^\n]*", text)
    last = (
        " / ".join(dict.fromkeys(line.strip() for line in said[-2:]))
        or text.strip().rsplit("\n", 1)[-1]
        or "no error was logged"
    )
    return CatalogUnavailable(
        f"PostgreSQL did not start: {last}.".replace("..", "."),
        f"Check the logs {place.supervisor_log} and {_newest_log(place)}. {DATABASE_URL_FIX}",
    )
