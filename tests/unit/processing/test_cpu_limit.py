"""A process that computes for longer than it may is ended by the kernel, whoever watches."""

from __future__ import annotations

import signal
import subprocess
import sys

_SPINS = """
import sys
from mirrorlake.core.cpu_limit import limit_cpu
limit_cpu(float(sys.argv[1]))
while True:
    pass
"""
_AFTER_ANOTHER = """
import resource, sys
from mirrorlake.core.cpu_limit import limit_cpu
resource.setrlimit(resource.RLIMIT_CPU, (50, 50))
for seconds in (10, 2000):
    limit_cpu(seconds)
    print(*resource.getrlimit(resource.RLIMIT_CPU))
"""


def _run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-c", program, *words)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_process_that_never_ends_by_itself_is_ended():
    assert _run(_SPINS, "0.1").returncode == -signal.SIGXCPU


def test_a_limit_that_was_there_before_is_not_exceeded():
    done = _run(_AFTER_ANOTHER)
    first, second = (tuple(map(int, line.split())) for line in done.stdout.splitlines())
    assert 10 <= first[0] < 50, done.stderr
    assert (first[1], second) == (50, (50, 50))
