"""How the work of a library reports its progress."""

from __future__ import annotations

from collections.abc import Callable

StepCallback = Callable[[str, int, int], None]
"""Receives the name of the current step, the amount done, and the total."""
