"""Read metadata keys with their types, counts, values and ranges from the kept counts."""

from __future__ import annotations

from collections import defaultdict

import orjson
import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import field_counts
from mirrorlake.catalog.known_names import COUNTED_FIRST
from mirrorlake.catalog.statements import statement
from mirrorlake.model.assets import Scalar
from mirrorlake.model.fields import KeyList, KnownKey, ValueCount, ValueType
from mirrorlake.postgres.pool import Catalog

METADATA = "metadata."
FACTS = "facts."


def list_keys(catalog: Catalog, *, contains: str | None, limit: int, values: int) -> KeyList:
    """The metadata keys that contain a text (any case), each with its most frequent values."""
    return _list(catalog, {"contains": contains, "exact": None, "most": limit}, values)


def get_key(catalog: Catalog, key: str, *, values: int) -> KnownKey | None:
    """One metadata key; None if no asset has it."""
    found = _list(catalog, {"contains": None, "exact": METADATA + key, "most": 1}, values).keys
    return found[0] if found else None


def read_value(text: str, kind: str) -> Scalar:
    """A value as it is stored in metadata. A large float, which jsonb writes as an integer, is a float again."""
    return text if kind == "t" else orjson.loads(text)


def _list(catalog: Catalog, wanted: dict[str, object], values: int) -> KeyList:
    pending = field_counts.fold_few(catalog, COUNTED_FIRST)
    with catalog.read() as connection:
        rows = connection.execute(statement("list_fields").query, wanted | {"space": METADATA}).fetchall()
        total = connection.execute(statement("count_fields").query, {"space": METADATA}).fetchone()
        fields = [row[0] for row in rows]
        tops = _top_values(connection, fields, values)
        ranges = connection.execute(statement("field_ranges").query, {"fields": fields})
        by_field = {field: (low, high, first, last) for field, low, high, first, last in ranges}
    return KeyList(
        keys=tuple(_key(row, tops[row[0]], by_field[row[0]]) for row in rows),
        total=0 if total is None else int(total[0]),
        pending=pending,
    )


def _top_values(
    connection: psycopg.Connection[TupleRow], fields: list[str], most: int
) -> dict[str, tuple[ValueCount, ...]]:
    found: dict[str, tuple[ValueCount, ...]] = defaultdict(tuple)
    for field, value, kind, assets in connection.execute(
        statement("top_values").query, {"fields": fields, "most": most}
    ):
        found[field] += (ValueCount(value=read_value(value, kind), assets=assets),)
    return found


def _key(row: TupleRow, values: tuple[ValueCount, ...], its_range: TupleRow) -> KnownKey:
    field, assets, numbers, booleans, dates, distinct, complete = row
    strings = assets - numbers - booleans - dates
    counts = {
        ValueType.STRING: strings, ValueType.NUMBER: numbers, ValueType.BOOLEAN: booleans, ValueType.DATE: dates,
    }  # fmt: skip
    low, high, first, last = its_range
    return KnownKey(
        key=field.removeprefix(METADATA),
        assets=assets,
        type=max(counts, key=lambda one: counts[one]),
        types={kind.value: count for kind, count in counts.items() if count},
        mixed=sum(1 for count in (strings + dates, numbers, booleans) if count) > 1,
        values=values,
        distinct=distinct,
        complete=complete,
        low=low,
        high=high,
        first=None if first is None else first.isoformat(),
        last=None if last is None else last.isoformat(),
    )
