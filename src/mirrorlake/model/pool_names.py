"""The names of pools of workers and of functions. Pure."""

from __future__ import annotations

import re

from mirrorlake.core.errors import UsageError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def check_pool(name: str) -> str:
    """The name of a pool. Raises UsageError for a name that no pool can have."""
    return _check(name, "pool")


def check_function(name: str) -> str:
    """The name of a function. Raises UsageError for a name that no function can have."""
    return _check(name, "function")


def _check(name: str, noun: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"Invalid name of a {noun}: {name[:80]!r}.",
            "Use 1 to 63 lower-case letters, digits, `-` and `_`, the first a letter or digit.",
        )
    return name
