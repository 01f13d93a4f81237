"""One real PostgreSQL for a test session, and fresh, migrated databases in it.

Fixtures: `catalog` (one database for all tests of a module), `empty_catalog` (one for each test),
`postgres_server` (the server itself: `new_database()` answers a conninfo).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mirrorlake.postgres.data_dir import database_folder, make_home, read_recorded_base
from mirrorlake.postgres.embedded import ensure_running, stop
from mirrorlake.postgres.migrate import migrate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.postgres.server_lock import SupervisorArgs

TEMPLATE = "template_mirrorlake"
# Nobody misses these databases after a power cut, and the disk is shared. Tests have several servers at once.
# Each dropped database costs a search of all buffers. Autovacuum starts a process for every database in each of its
# rounds: ten a second with a hundred databases, if a round took the ten seconds of a library's own server.
_SETTINGS = (
    "fsync = off\nfull_page_writes = off\nmax_connections = 300\nshared_buffers = 128MB\nautovacuum_naptime = 1min\n"
)
# Thousands of copies of a small database: as files, each costs a third of what it costs through the log.
_COPY = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"


def new_home() -> Path:
    """A home that PostgreSQL's user can reach when we are root; give it back with `discard`."""
    home = Path(tempfile.mkdtemp(prefix="mirrorlake-test-"))
    home.chmod(0o711)
    return home


def discard(home: Path) -> None:
    """Stop the database of a home and delete everything of it, wherever it had to be put."""
    stop(home)
    folder = database_folder(home)
    orders = folder / "supervisor.json"
    if orders.exists():
        shutil.rmtree(SupervisorArgs.from_json(orders.read_text("utf-8")).place.socket_folder, ignore_errors=True)
    base = read_recorded_base(folder)
    if base is not None:
        shutil.rmtree(base, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def address_of(conninfo: str) -> str:
    """A database as people write it into MIRRORLAKE_DATABASE_URL."""
    parts = conninfo_to_dict(conninfo)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"


class Server:
    """A running PostgreSQL that hands out databases which are copies of a migrated one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.conninfo = ensure_running(home)
        self._made = 0
        migrate(self._new("template0", TEMPLATE), address="the test server")

    def new_database(self) -> str:
        """The conninfo of a fresh database with our schema."""
        return self.copy_database(TEMPLATE)

    def copy_database(self, template: str) -> str:
        """The conninfo of a fresh copy of a database that nobody is connected to."""
        self._made += 1
        return self._new(template, f"test_{self._made}")

    def drop(self, conninfo: str) -> None:
        """Drop a database that no test uses any more: it may be in memory."""
        name = conninfo_to_dict(conninfo)["dbname"]
        with psycopg.connect(make_conninfo(self.conninfo, dbname="postgres"), autocommit=True) as session:
            session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def _new(self, template: str, name: str) -> str:
        with psycopg.connect(make_conninfo(self.conninfo, dbname="postgres"), autocommit=True) as session:
            session.execute(sql.SQL(_COPY).format(sql.Identifier(name), sql.Identifier(template)))
        return make_conninfo(self.conninfo, dbname=name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    home = new_home()
    make_home(home)
    (database_folder(home) / "local.conf").write_text(_SETTINGS, "ascii")
    try:
        yield Server(home)
    finally:
        discard(home)


@pytest.fixture(scope="module")
def catalog(postgres_server: Server) -> Iterator[Catalog]:
    with Catalog(postgres_server.new_database()) as catalog:
        yield catalog
    postgres_server.drop(catalog.conninfo)


@pytest.fixture
def empty_catalog(postgres_server: Server) -> Iterator[Catalog]:
    with Catalog(postgres_server.new_database()) as catalog:
        yield catalog
    postgres_server.drop(catalog.conninfo)
