"""A full disk told in our own words, wherever a pass writes a file."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mirrorlake.core.errors import DiskFull

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def room_in(folder: Path) -> Generator[None]:
    """Raise DiskFull, naming `folder`, where the system says that no space is left."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFull(
                f"No space is left in {folder}.", "Make room there, then run the same command again: it goes on."
            ) from error
        raise
