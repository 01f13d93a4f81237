"""What limits a process that decodes untrusted bytes, and what it loads before."""

from __future__ import annotations

import resource
import sys

from mirrorlake.storage.providers.registry import all_providers


def limit_memory(extra: int) -> None:
    """Limit the address space to `extra` bytes above its current size, so that a bomb raises MemoryError or crashes."""
    pages = int(open("/proc/self/statm").read().split()[0]) if sys.platform == "linux" else 0  # noqa: PTH123, SIM115
    if pages:
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def load_stores() -> None:
    """Load the modules of all stores while waiting for work."""
    for provider in all_providers():
        provider.load()
