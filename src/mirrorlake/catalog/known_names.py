"""The names that queries can use: metadata keys, facts, tags, classes, projects and datasources. Read in bounded time.

Metadata keys and facts are those of `field_counts`, however many assets there are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from mirrorlake.catalog import field_counts
from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.pool import Catalog, limit_time

TIMEOUT_S = 1  # per statement
MAX_NAMES = 1_000  # of those that exist: enough to find one that is similar
COUNTED_FIRST = 5_000  # changed assets that are counted before keys are read, in less than a tenth of a second


class NameKind(StrEnum):
    """What a name in a query names."""

    METADATA_KEY = "metadata key"
    FACT = "fact"
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

_SPACES = {NameKind.METADATA_KEY: "metadata.", NameKind.FACT: "facts."}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """The names of one kind that exist: those that were wanted, and some of all."""

    found: frozenset[str]
    some: tuple[str, ...]
    pending: int = 0  # changed assets that are not counted yet: `found` may lack names that only they have


def known_names(catalog: Catalog, kind: NameKind, wanted: Collection[str]) -> KnownNames:
    """Which of the wanted names of this kind exist. Raises psycopg's QueryCanceled after TIMEOUT_S."""
    values: dict[str, object] = {"wanted": list(wanted), "names": MAX_NAMES}
    space = _SPACES.get(kind)
    pending = 0 if space is None else field_counts.fold_few(catalog, COUNTED_FIRST)
    with catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        name = "known_fields" if space is not None else _STATEMENTS[kind]
        row = connection.execute(statement(name).query, values | {"space": space}).fetchone()
    if row is None:
        raise AssertionError(f"{name} always returns one row")
    found, some = row
    return KnownNames(found=frozenset(found), some=tuple(some), pending=pending)
