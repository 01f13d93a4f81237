"""Keep the data folder private: create it for its owner alone, and tighten one that others can read.

PostgreSQL refuses to run as root, so the user that runs it must pass through a data folder of root: such a folder may
be traversed by everyone, but not listed, and everything in it is private.
"""

from __future__ import annotations

import logging
import os
import stat
from functools import cache
from pathlib import Path
from typing import IO, Any

# Everything that mirrorlake puts directly into the data folder. With anything else in it, the folder has other uses,
# and its permissions are not ours to change.
_OURS = frozenset({"library", "postgres", "scratch", "secret.key", "server.json", "token"})
_ANYWHERE = "lost+found"  # in the root of a disk, which may be the data folder; names that begin with a dot may be too
_PASSABLE = frozenset({"postgres"})  # like the data folder itself
_log = logging.getLogger(__name__)


def open_private(path: Path, mode: str) -> IO[Any]:
    """Open a file that only its owner can read if it is created now."""
    return open(path, mode, opener=_private_opener)


def make_private(folder: Path, *, passable: bool = False) -> None:
    """Create a folder for its owner alone, with its parents, unless it exists. `passable`: see this module."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(_allowed(folder, passable=passable))  # a umask may have removed more


def make_home(home: Path) -> None:
    """Create the data folder, or tighten an existing one and what mirrorlake keeps in it.

    Logs a warning, once in this process, if others can still read it. Raises OSError if it cannot be created.
    """
    make_private(home, passable=True)
    reason = tighten_home(home)
    if reason is not None:
        _warn(reason)


def tighten_home(home: Path) -> str | None:
    """Take the permissions of other users away from the data folder and what is in it, if they have any.

    Returns None, or the sentence that explains why others can still read it.
    """
    home = home.resolve()
    entries = sorted(path.name for path in home.iterdir())
    foreign = [name for name in entries if name not in _OURS | {_ANYWHERE} and not name.startswith(".")]
    refused = _tighten(home, passable=True, allowed=not foreign)
    for name in entries:
        if name in _OURS:
            refused = _tighten(home / name, passable=name in _PASSABLE, allowed=True) or refused
    if refused is None:
        return None
    if foreign:
        return (
            f"Other users can read the data folder {home}, which also contains {foreign[0]!r}: its permissions were"
            " not changed. Set MIRRORLAKE_HOME to a folder of its own, or remove the permissions: chmod go-rwx"
        )
    return f"Other users can read {refused}, and its permissions cannot be changed: ask its owner, or chmod go-rwx."


def _tighten(path: Path, *, passable: bool, allowed: bool) -> Path | None:
    """The path, if others can still read it."""
    try:
        facts = path.lstat()
        if stat.S_ISLNK(facts.st_mode) or not _excess(facts, passable=passable):
            return None
        if allowed:
            path.chmod(stat.S_IMODE(facts.st_mode) & ~_excess(facts, passable=passable))
        # Some file systems accept the change and ignore it.
        return path if _excess(path.lstat(), passable=passable) else None
    except FileNotFoundError:
        return None  # removed meanwhile
    except PermissionError:
        return path


def _excess(facts: os.stat_result, *, passable: bool) -> int:
    """The permissions of others on this file that they must not have."""
    others = stat.S_IRWXG | stat.S_IRWXO
    if passable and facts.st_uid == 0:
        others &= ~(stat.S_IXGRP | stat.S_IXOTH)
    return stat.S_IMODE(facts.st_mode) & others


def _allowed(folder: Path, *, passable: bool) -> int:
    return 0o711 if passable and folder.stat().st_uid == 0 else 0o700


def _private_opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@cache
def _warn(sentence: str) -> None:
    _log.warning("%s", sentence)
