"""The names that queries can use: metadata keys, tags, projects and datasources. Read in bounded time.

Metadata keys are read from a sample of the assets, or from all of them if they are few. A maintained catalogue of all
keys can replace the sample: `KnownNames.sampled` is then always None.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.pool import Catalog, limit_time

SAMPLE_BLOCKS = 2_000  # 16 MB, about 20,000 assets: read in less than a tenth of a second
SAMPLE_ROWS = 40_000
TIMEOUT_S = 1  # per statement: from a slow disk, random blocks take long
MAX_NAMES = 1_000  # of those that exist: enough to find one that is similar


class NameKind(StrEnum):
    """What a name in a query names."""

    METADATA_KEY = "metadata key"
    TAG = "tag"
    CLASS = "class"
    PROJECT = "project"
    DATASOURCE = "datasource"


_STATEMENTS = {
    NameKind.TAG: "known_tags",
    NameKind.CLASS: "known_classes",
    NameKind.PROJECT: "known_projects",
    NameKind.DATASOURCE: "known_datasources",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """The names of one kind that exist: those that were wanted, and some of all."""

    found: frozenset[str]
    some: tuple[str, ...]
    sampled: int | None = None  # the number of assets that were read, if not all were; None: `found` is complete


def known_names(catalog: Catalog, kind: NameKind, wanted: Collection[str]) -> KnownNames:
    """Which of the wanted names of this kind exist. Raises psycopg's QueryCanceled after TIMEOUT_S."""
    values: dict[str, object] = {"wanted": list(wanted), "names": MAX_NAMES}
    with catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        if kind is NameKind.METADATA_KEY:
            return _metadata_keys(connection, values)
        found, some = _row(connection, _STATEMENTS[kind], values)
    return KnownNames(found=frozenset(found), some=tuple(some))


def _metadata_keys(connection: psycopg.Connection[TupleRow], values: dict[str, object]) -> KnownNames:
    blocks = max(1, _row(connection, "asset_blocks", {})[0])
    size = {"percent": min(100.0, 100.0 * SAMPLE_BLOCKS / blocks), "rows": SAMPLE_ROWS}
    read, found, some = _row(connection, "sample_metadata_keys", values | size)
    complete = blocks <= SAMPLE_BLOCKS and read < SAMPLE_ROWS
    return KnownNames(found=frozenset(found), some=tuple(some), sampled=None if complete else read)


def _row(connection: psycopg.Connection[TupleRow], name: str, values: dict[str, object]) -> TupleRow:
    row = connection.execute(statement(name).query, values).fetchone()
    if row is None:
        raise AssertionError(f"{name} always returns one row")
    return row
