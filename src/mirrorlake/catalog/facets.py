"""Count the values of fields: of the whole library from the kept counts, of chosen assets by reading them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.known_keys import read_value
from mirrorlake.catalog.statements import statement
from mirrorlake.core.iso_time import ISO_TIME
from mirrorlake.model.assets import Scalar

COLUMNS = ("kind", "type", "state", "size", "width", "height", "created", "modified")
_JOINED = {
    "tag": "facet_tags",
    "project": "facet_projects",
    "datasource": "facet_datasources",
    "class": "facet_classes",
}
JOINED = tuple(_JOINED)
_TYPES = {"s": "t", "n": "n", "b": "b"}
_ALL = 1_000_000  # more than there are


@dataclass(slots=True)
class Counted:
    """The counts of one field."""

    assets: int = 0
    values: list[tuple[Scalar, int]] = field(default_factory=list[tuple[Scalar, int]])  # the most frequent first
    distinct: int | None = None  # None: as many as `values`
    complete: bool = True  # whether all values could be listed
    numbers: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    days: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])


def kept(connection: psycopg.Connection[TupleRow], fields: Sequence[str], most: int) -> dict[str, Counted]:
    """The kept counts of these fields, of all assets outside the trash."""
    found: dict[str, Counted] = defaultdict(Counted)
    wanted = {"fields": list(fields), "most": most}
    for name, assets, distinct, complete in connection.execute(statement("kept_fields").query, wanted):
        found[name] = Counted(assets=assets, distinct=distinct, complete=complete)
    for name, value, kind, assets in connection.execute(statement("top_values").query, wanted):
        found[name].values.append((read_value(value, kind), assets))
    for name, kind, bucket, assets in connection.execute(statement("kept_buckets").query, wanted):
        (found[name].days if kind == "d" else found[name].numbers).append((bucket, assets))
    return found


def count(
    connection: psycopg.Connection[TupleRow], ids: Sequence[int], fields: Collection[str], most: int
) -> dict[str, Counted]:
    """The counts of these fields over these assets."""
    found: dict[str, Counted] = defaultdict(Counted)
    values = {"ids": list(ids), "most": most}
    if any(one in COLUMNS for one in fields):
        for name, kind, text, bucket, assets in connection.execute(statement("facet_columns").query, values):
            one = found[name]
            one.assets += assets
            if kind == "v":
                one.values.append((text, assets))
            else:
                (one.numbers if kind == "n" else one.days).append((bucket, assets))
    for name in _JOINED.keys() & set(fields):
        rows = connection.execute(statement(_JOINED[name]).query, values | {"most": _ALL}).fetchall()
        found[name].values.extend(rows)
        found[name].assets = sum(assets for _, assets in rows)
    named = [name for name in fields if "." in name]
    if named:
        _count_named(connection, values | {"fields": named, "iso": ISO_TIME}, found)
    for one in found.values():
        one.values.sort(key=lambda pair: -pair[1])
    return found


def _count_named(
    connection: psycopg.Connection[TupleRow], values: Mapping[str, object], found: dict[str, Counted]
) -> None:
    for name, kind, text, bucket, assets in connection.execute(statement("facet_values").query, values):
        one = found[name]
        match kind:
            case "N":
                one.numbers.append((bucket, assets))
            case "D":
                one.days.append((bucket, assets))
            case "T":
                one.assets, one.distinct = assets, int(text)
            case _:
                one.values.append((read_value(text, _TYPES[kind]), assets))


def blocks_and_assets(connection: psycopg.Connection[TupleRow]) -> tuple[int, int]:
    """The number of blocks of the assets, and about the number of assets; -1 if that is not known."""
    row = connection.execute(statement("asset_blocks").query).fetchone()
    return (0, -1) if row is None else (int(row[0]), int(row[1]))


def datasources(connection: psycopg.Connection[TupleRow]) -> list[tuple[Scalar, int]]:
    """How many assets each datasource has, those in the trash apart."""
    names = dict(connection.execute("SELECT id, name FROM datasource").fetchall())
    rows = connection.execute(statement("count_assets").query).fetchall()
    return sorted(
        ((names[number], assets) for number, assets in rows if assets and number in names), key=lambda one: -one[1]
    )
