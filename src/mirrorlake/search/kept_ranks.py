"""How many assets come before a value in an order, from counts that are kept anyway: nothing is read but sums.

Histograms have the assets of each size and each day of creation (`catalog.field_counts`), folders those below each
beginning of a key (`catalog.folders`). What changed since they were counted is added. Ranks are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.search.known_values import pending_assets
from mirrorlake.search.nodes import SortColumn

NEAR = 25_000  # assets of one folder that are passed one by one
MOST_FOLDERS = 10_000  # directly in a folder
MOST_GAPS = 1_000  # between folders that files lie between
MOST_FILES = 20_000  # directly in a folder that also has folders: those are counted
LARGEST = 10**10  # bytes: up to here, a bucket of three digits begins exactly where its number does
_EPOCH = date(1970, 1, 1)
_BEYOND = "0"  # follows / in ASCII: what begins with `a/` comes before `a0`
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Rank:
    """A value as text, and how many assets outside the trash come before it."""

    value: str
    before: int


def last_before(connection: psycopg.Connection[TupleRow], by: SortColumn, position: int, total: int) -> Rank | None:
    """The last value with a known rank that is not after a position of the whole library, ascending.

    None if there is none, or if too much has changed since it was counted.
    """
    match by:
        case SortColumn.KEY:
            return _of_folders(connection, position, total)
        case SortColumn.SIZE | SortColumn.CREATED:
            return _of_histogram(connection, by, position)
        case _:
            return None


def _of_histogram(connection: psycopg.Connection[TupleRow], by: SortColumn, position: int) -> Rank | None:
    pending = pending_assets(connection)
    if pending is None:
        return None
    # Each of those adds at most one to what is counted.
    wanted = {"field": by.value, "position": position - len(pending), "largest": LARGEST}
    row = connection.execute(statement("bucket_before").query, wanted).fetchone()
    if row is None:
        return None
    bucket, before = int(row[0]), int(row[1])
    value = str(bucket) if by is SortColumn.SIZE else f"{_EPOCH + timedelta(days=bucket)}T00:00:00Z"
    bounds = {"size": None, "created": None, by.value: value}
    changed = connection.execute(statement("uncounted_before").query, bounds).fetchone()
    return Rank(value, before + (0 if changed is None else int(changed[0])))


@dataclass(frozen=True, slots=True)
class _Piece:
    """Neighbours in the order of keys: what is in a folder, or the files between two folders."""

    start: str  # before all of them, and after all that come before
    assets: int
    folder: bool


def _of_folders(connection: psycopg.Connection[TupleRow], position: int, total: int) -> Rank | None:
    """Descend from folder to folder, as long as there are too many assets to pass them."""
    at, before = _Piece("", total, folder=True), 0
    while at.folder and at.assets > NEAR:
        pieces = _pieces(connection, at)
        passed = 0
        while passed < len(pieces) and before + pieces[passed].assets <= position:
            before += pieces[passed].assets
            passed += 1
        if passed == len(pieces):
            break
        at = pieces[passed]
    return Rank(at.start, before) if at.start else None


def _pieces(connection: psycopg.Connection[TupleRow], folder: _Piece) -> list[_Piece]:
    """What is directly in a folder, in the order of keys; nothing if there is too much."""
    wanted = {"path": folder.start, "most": MOST_FOLDERS + 1}
    found = connection.execute(statement("folder_sizes").query, wanted).fetchall()
    folders = [_Piece(f"{folder.start}{name}/", int(assets), folder=True) for name, assets in found]
    files = folder.assets - sum(one.assets for one in folders)
    if not folders or len(folders) > MOST_FOLDERS or files > MOST_FILES:
        return []
    if not files:
        return folders
    if len(folders) > MOST_GAPS:
        return []
    starts = [folder.start, *(one.start[:-1] + _BEYOND for one in folders)]
    end = folder.start[:-1] + _BEYOND if folder.start else _LAST
    gaps = {"starts": starts, "ends": [*(one.start for one in folders), end]}
    counts = [int(row[0]) for row in connection.execute(statement("count_keys_between").query, gaps)]
    between = [_Piece(start, count, folder=False) for start, count in zip(starts, counts, strict=True)]
    return [one for pair in zip(between, folders, strict=False) for one in pair] + between[-1:]
