"""The size of long tests: reduced in `make test`, full with SOAK=1 (`make soak`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

SOAKING = "SOAK"  # "1": at full size
SEED = "SOAK_SEED"  # another number draws other examples


def soaking() -> bool:
    """Whether this is the long proof."""
    return os.environ.get(SOAKING) == "1"


def sized(quick: int, full: int) -> int:
    """How many: in `make test`, and in `make soak`."""
    return full if soaking() else quick


def some_of(cases: Iterable[T], every: int) -> list[T]:
    """Cases that differ in one value alone: all in `make soak`, the first of `every` in `make test`."""
    return list(cases)[:: sized(every, 1)]


def seed() -> int:
    """What random choices begin with; the same seed makes the same choices."""
    return int(os.environ.get(SEED, "1"))


def report_progress(sentence: str) -> None:
    """Print the progress of a long test; pytest shows it on failure, `make soak` immediately."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
