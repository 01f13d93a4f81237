"""Count the values of fields: of the whole library from the kept counts, of chosen assets by reading them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.bulk_edits import Selection, named_values
from mirrorlake.catalog.known_keys import read_value
from mirrorlake.catalog.statements import statement
from mirrorlake.core.iso_time import ISO_TIME
from mirrorlake.model.assets import Scalar

_COLUMNS: dict[str, LiteralString] = {
    "kind": "asset.kind",
    "type": "asset.media_type",
    "state": "asset.state",
    "size": "asset.size",
    "width": "asset.width",
    "height": "asset.height",
    "created": "asset.created",
    "updated": "asset.updated",
    "modified": "asset.modified",
}
COLUMNS = tuple(_COLUMNS)
JOINED = ("tag", "project", "split", "datasource", "class")
_COUNTS = {
    "kind": "facet_kind", "type": "facet_type", "state": "facet_state", "size": "facet_size", "width": "facet_width",
    "height": "facet_height", "created": "facet_created", "updated": "facet_updated", "modified": "facet_modified",
    "tag": "facet_tag", "project": "facet_project", "split": "facet_split", "datasource": "facet_datasource",
    "class": "facet_class",
}  # fmt: skip
_TYPES = {"s": "t", "n": "n", "b": "b"}


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


def columns_of(fields: Collection[str]) -> LiteralString:
    """The columns of assets that counting these fields needs."""
    chosen: list[LiteralString] = [column for name, column in _COLUMNS.items() if name in fields]
    named: list[LiteralString] = ["asset.metadata", "asset.facts"] if any("." in name for name in fields) else []
    columns: list[LiteralString] = ["asset.id", "asset.datasource_id", *chosen, *named]
    return ", ".join(columns)


def count(
    connection: psycopg.Connection[TupleRow],
    chosen: Selection,
    fields: Collection[str],
    most: int,
    projects: Sequence[int] | None = None,
) -> dict[str, Counted]:
    """The counts of these fields over chosen assets, a SELECT of `columns_of` these fields.

    Splits are those of `projects`; None: of any.
    """
    text, values = named_values(chosen)
    named = [name for name in fields if "." in name]
    parts = [statement(name).text for field, name in _COUNTS.items() if field in fields]
    if named:
        parts.append(statement("facet_values").text)
    pairs = ", " + statement("facet_pairs").text if named else ""
    query = b"WITH found AS MATERIALIZED (" + text + b")" + f"{pairs} {' UNION ALL '.join(parts)}".encode()
    keys, facts = [name.partition(".")[2] for name in named], [name.startswith("facts.") for name in named]
    values |= {"fields": named, "keys": keys, "are_facts": facts, "most": most, "iso": ISO_TIME}
    values["projects"] = None if projects is None else list(projects)
    found: dict[str, Counted] = defaultdict(Counted)
    for name, kind, value, bucket, assets in connection.execute(query, values, prepare=False):
        one = found[name]
        match kind:
            case "N":
                one.numbers.append((bucket, assets))
            case "D":
                one.days.append((bucket, assets))
            case "T":
                one.assets, one.distinct = assets, int(value)
            case "v":
                one.values.append((value, assets))
            case _:
                one.values.append((read_value(value, _TYPES[kind]), assets))
        if name in COLUMNS or name in JOINED:
            one.assets += assets
    for one in found.values():
        one.values.sort(key=lambda pair: -pair[1])
    return found


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
