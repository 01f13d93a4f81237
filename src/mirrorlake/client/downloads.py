"""Downloaded files: each appears under its name when it is complete, and nothing of a broken download remains."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mirrorlake.core.errors import UsageError


def save_files(
    path: Path, names: Sequence[str], download: Callable[[str], Iterator[bytes]], *, several: bool = False
) -> None:
    """Write a new file at `path`, or `several` files into a new folder there.

    Raises UsageError if something is there or nothing can be written, and what `download` raises.
    """
    taken = UsageError(f"{path} exists.", "Choose a new path.")
    if path.exists():
        raise taken
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if several:
            part.mkdir()
        for name in names:
            with (part / Path(name).name if several else part).open("xb") as file:
                file.writelines(download(name))
        _publish(part, path)
    except FileExistsError as error:
        raise taken from error
    except OSError as error:
        raise UsageError(f"Cannot write to {path}: {error.strerror}.", "Choose a new path.") from error
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _publish(part: Path, path: Path) -> None:
    """Give what was written its name. Raises FileExistsError if something has that name by now."""
    if part.is_dir():
        if path.exists():  # a folder takes the place of no file, and of an empty folder at most
            raise FileExistsError(path)
        part.rename(path)
        return
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, as on many cards and network drives
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)
