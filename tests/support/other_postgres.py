"""A PostgreSQL of another major version than the embedded one: that of Debian, or the one that a variable names."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.support.postgres import new_home

PROGRAMS = "MIRRORLAKE_TEST_POSTGRES"  # the folder of `postgres` and `initdb`
DEBIAN = Path("/usr/lib/postgresql")
ROLE = "mirrorlake"
WAIT_S = 60


def other_postgres() -> Path | None:
    """The folder of the programs of another PostgreSQL; None without one."""
    named = os.environ.get(PROGRAMS)
    found = [Path(named)] if named else sorted(DEBIAN.glob("*/bin"))
    return next((each for each in found if (each / "initdb").exists() and (each / "postgres").exists()), None)


class OtherServer:
    """A running server with trust on its socket; `new_database` answers the conninfo of an empty database."""

    def __init__(self, folder: Path) -> None:
        self.conninfo = make_conninfo(host=str(folder), user=ROLE, dbname="postgres")
        self._made = 0

    @property
    def version(self) -> int:
        with psycopg.connect(self.conninfo) as session:
            return session.info.server_version // 10_000

    def new_database(self) -> str:
        self._made += 1
        name = f"other_{self._made}"
        with psycopg.connect(self.conninfo, autocommit=True) as session:
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return make_conninfo(self.conninfo, dbname=name)


@contextmanager
def running(programs: Path) -> Iterator[OtherServer]:
    """A server of these programs, in a folder that is deleted with it."""
    home = new_home()
    folder = home / "other"
    folder.mkdir(mode=0o700)
    rights: dict[str, Any] = {}
    if os.geteuid() == 0:  # no PostgreSQL runs as root
        entry = pwd.getpwnam("nobody")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        rights = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    initdb = [programs / "initdb", "-D", folder / "data", "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C"]
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    try:
        subprocess.run([*initdb, "--no-sync"], check=True, capture_output=True, cwd="/", **rights)
        command = [programs / "postgres", "-D", folder / "data", *options]
        with (home / "log").open("wb") as log, subprocess.Popen(command, stderr=log, cwd="/", **rights) as process:
            try:
                server = OtherServer(folder)
                _wait(server, process, home / "log")
                yield server
            finally:
                process.terminate()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(server: OtherServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(psycopg.OperationalError), psycopg.connect(server.conninfo):
            return
        time.sleep(0.05)
    raise AssertionError(f"the other PostgreSQL did not start: {log.read_text('utf-8', 'replace')[-500:]}")
