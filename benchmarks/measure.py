"""Run a command in a fresh process and measure it: wall time, CPU with children, peak memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_S = 0.02  # between two samples of a process's memory
MB = 1_000_000
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one command cost."""

    wall: float  # seconds, start-up included
    cpu: float  # seconds of user and system time, with all children that it waited for
    peak: float  # MB that the process itself held at most (VmHWM), its children apart; 0 where unknown
    output: str  # what it printed

    def document(self) -> dict[str, float]:
        """The numbers of the JSON document that the command printed as its last line."""
        return json.loads(self.output.strip().splitlines()[-1])


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run to the end. Raises RuntimeError with the output of the command if it fails.

    Bytecode is cached, as on every machine that runs a program twice: without it, each process would compile numpy.
    """
    environment = {name: value for name, value in (environment or os.environ).items() if name != _NO_BYTECODE}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=err)
        peak = 0
        while True:
            # The high-water mark only rises, so the last sample before the end misses almost nothing.
            peak = max(peak, high_water(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(_LOOK_S)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        output = out.read().decode(errors="replace")
        if process.returncode:
            reason = err.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {reason}{output[-1000:]}")
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=peak / MB, output=output)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", module, *arguments]


def tool(name: str) -> str:
    """A program that was installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def high_water(pid: int | str = "self") -> int:
    """The most memory a process ever held, in bytes (VmHWM); 0 if the system does not report it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and all its descendants, living and reaped."""
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # its parent has counted it by now, or will
        total += times.user + times.system + times.children_user + times.children_system
    return total


def interleaved(rounds: int, contenders: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
    """Every contender once a round, the order turned each time, so that none always runs on a warmer machine."""
    results: dict[str, list[Cost]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            results[name].append(contenders[name]())
    return results


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios within each round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
