"""A forked worker is reported, ended and waited for as one that was started alone."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from tests.support import nursery

ADDRESS = f"mirrorlake-nursery-{os.getpid()}"


def test_a_fork_runs_until_it_is_killed_or_its_connection_ends() -> None:
    with nursery.start(ADDRESS) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        killed, left, ended = (nursery._fork_of(ADDRESS) for _ in range(3))
        assert len({os.getpgid(one.process.pid) for one in (killed, left, ended)}) == 3
        with pytest.raises(subprocess.TimeoutExpired):
            killed.process.wait(0.01)
        assert killed.process.poll() is None
        killed.process.kill()
        assert killed.process.wait() == -signal.SIGKILL
        left.connection.close()  # as when its coordinator dies
        assert left.process.wait() == 1
        assert b"EOFError" in os.pread(left.errors.fileno(), 10_000, 0)
        ended.end()
        assert ended.process.returncode == -signal.SIGKILL
        for one in (killed, left):
            one.end()
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait() == 0
