"""The limits of processes, as the kernel shows them."""

from __future__ import annotations

from pathlib import Path

import pytest


def address_space(pid: int) -> int | None:
    """The most address space of a process, in bytes; None: no limit. Skips the test where no kernel shows it."""
    limits = Path(f"/proc/{pid}/limits")
    if not limits.exists():
        pytest.skip("2026-12-01: only Linux shows the limits of a process, and only there they are set")
    line = next(line for line in limits.read_text().splitlines() if line.startswith("Max address space"))
    soft = line.split()[3]
    return None if soft == "unlimited" else int(soft)
