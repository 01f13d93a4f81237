"""Put left-over thumbnails aside, and remove them once no run can use them any more.

A pass looks at an object, finds that its thumbnail stands already, and commits the asset a while later. Were the file
removed in between, the asset would never have it. So a file is first moved out of sight: a pass that needs it from then
on writes it anew, and one that found it before is at work now. What was put aside waits until all runs that were at
work at that moment have ended, is then held against the catalog once more, and goes, or goes back.

    aside/open/v1/aa/…    being filled
    aside/ID/v1/aa/…      a batch; its file `runs` names the runs that it waits for
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.library.layout import ASIDE, put_aside, read_shelf, stands
from mirrorlake.library.references import SHELVES, Owners
from mirrorlake.processing.thumbnails import VERSION, Thumbnails

_OPEN = "open"
_RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of batches that wait for nobody."""

    removed: int = 0
    removed_bytes: int = 0
    put_back: int = 0

    def __add__(self, other: Settled) -> Settled:
        """Both together."""
        return Settled(
            self.removed + other.removed, self.removed_bytes + other.removed_bytes, self.put_back + other.put_back
        )


def move_aside(root: Path, path: Path) -> None:
    """Take one thumbnail out of sight. One that is gone is none to take."""
    away = root / ASIDE / _OPEN / path.relative_to(root)
    with suppress(FileNotFoundError):
        try:
            os.replace(path, away)  # noqa: PTH105  the same disk: atomic
        except FileNotFoundError:
            away.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, away)  # noqa: PTH105


def close_batch(root: Path, at_work: Callable[[], list[int]]) -> None:
    """End the batch that is being filled, also one that a killed command left. Asks who is at work only now."""
    batch = root / ASIDE / _OPEN
    if batch.is_dir():
        (batch / _RUNS).write_text(json.dumps(at_work()), "ascii")
        batch.rename(batch.with_name(uuid.uuid4().hex))


def waits_for(batch: Path, at_work: Iterable[int]) -> set[int]:
    """The runs at work that a batch waits for."""
    return set(json.loads((batch / _RUNS).read_text("ascii"))).intersection(at_work)


def batches(root: Path) -> list[Path]:
    """All batches that are closed."""
    closed = [path for path in put_aside(root) if path.name != _OPEN]
    for path in closed:
        remove_if_empty(path)  # one that was settled, by a command that was killed then
    return [path for path in closed if (path / _RUNS).is_file()]


def count_files(batch: Path) -> int:
    """How many thumbnails a batch holds."""
    return sum(len(read_shelf(batch, number).standing) for number in range(SHELVES))


def settle(root: Path, batch: Path, owners: Owners) -> Settled:
    """Remove what no asset uses, and put the rest back. `owners` are to be read after the batch waits for nobody."""
    thumbnails, aside, total = Thumbnails(root), Thumbnails(batch), Settled()
    for number in range(SHELVES):
        files = read_shelf(batch, number).standing
        users = owners.of(number) if files else {}
        for digest, path in files.items():
            if digest in users and not stands(thumbnails, digest) and stands(aside, digest):
                place = thumbnails.path_of(digest)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, place)  # noqa: PTH105
                total += Settled(put_back=1)
            else:
                total += Settled(removed=1, removed_bytes=path.stat().st_size)
                path.unlink()
    _remove_empty(batch)
    return total


def _remove_empty(batch: Path) -> None:
    # What is none of ours stays, and its folder with it.
    for folder in (batch / VERSION).glob("*"):
        remove_if_empty(folder)
    remove_if_empty(batch / VERSION)
    if [path.name for path in batch.iterdir()] == [_RUNS]:
        (batch / _RUNS).unlink()
        batch.rmdir()


def remove_if_empty(folder: Path) -> None:
    """Remove a folder that holds nothing."""
    with suppress(OSError):
        folder.rmdir()
