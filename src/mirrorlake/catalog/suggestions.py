"""Read names and values that complete what is being written, the likeliest first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundField:
    """A metadata key (or fact) with the assets that have it, by type."""

    name: str  # without `metadata.`
    assets: int
    numbers: int
    booleans: int
    dates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundValue:
    """A value with the assets that have it."""

    value: str
    type: str  # as in the table `field_value`
    assets: int | None


def fields_like(connection: psycopg.Connection[TupleRow], space: str, part: str, most: int) -> list[FoundField]:
    """Fields of a space that contain this text in any case; those that begin with it, or a part of them, come first."""
    rows = connection.execute(statement("fields_like").query, {"space": space, "part": part, "most": most})
    return [
        FoundField(name=field, assets=assets, numbers=numbers, booleans=booleans, dates=dates)
        for field, assets, numbers, booleans, dates in rows
    ]


def values_like(
    connection: psycopg.Connection[TupleRow], field: str, part: str, most: int, types: Collection[str] = "tnb"
) -> tuple[list[FoundValue], bool]:
    """Values of a field that contain this text in any case, and whether all values of the field are listed."""
    values = {"field": field, "part": part, "most": most, "types": list(types)}
    rows = connection.execute(statement("values_like").query, values).fetchall()
    row = connection.execute(statement("values_complete").query, {"field": field}).fetchone()
    return [FoundValue(value=value, type=kind, assets=assets) for value, kind, assets in rows], row is None or row[0]


_NAMES = {"project": "projects_like", "datasource": "datasources_like", "class": "classes_like"}


def names_like(connection: psycopg.Connection[TupleRow], field: str, part: str, most: int) -> list[FoundValue]:
    """Names of projects, datasources or classes that contain this text in any case."""
    rows = connection.execute(statement(_NAMES[field]).query, {"part": part, "most": most})
    return [FoundValue(value=name, type="t", assets=None) for (name,) in rows]


NAMED_FIELDS = frozenset(_NAMES)
