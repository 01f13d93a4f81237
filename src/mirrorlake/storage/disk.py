"""Report a full disk as our own error, wherever a pass writes a file."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mirrorlake.core.errors import DiskFull

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def room_in(folder: Path) -> Generator[None]:
    """Raise DiskFull with the name of `folder` if the system reports that no space is left."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFull(
                f"No space is left in {folder}.", "Free some space, then run the command again: it continues."
            ) from error
        raise
