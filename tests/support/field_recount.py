"""The counts of fields, read from all assets in plain Python: the oracle of `catalog.field_counts`."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mirrorlake.catalog.field_counts import VALUE_CHARS
from mirrorlake.core.iso_time import ISO_TIME
from mirrorlake.postgres.pool import Catalog

Counts = Counter[tuple[object, ...]]
_EPOCH = date(1970, 1, 1)


def recount(catalog: Catalog) -> dict[str, Counts]:
    """The numbers of assets by field, by value and by bucket that the catalogue should have."""
    found: dict[str, Counts] = {"fields": Counter(), "values": Counter(), "buckets": Counter()}
    with catalog.read() as connection:
        assets = connection.execute(
            "SELECT kind, media_type, size, width, height, created, modified, facts::text, metadata::text,"
            " ARRAY(SELECT tag FROM asset_tag WHERE asset_id = asset.id) FROM asset WHERE state <> 2"
        ).fetchall()
    for kind, media_type, size, width, height, created, modified, facts, metadata, tags in assets:
        for field, value in [("kind", kind), ("type", media_type), *(("tag", tag) for tag in tags)]:
            _count(found, field, value)
        for field, number in (("size", size), ("width", width), ("height", height)):
            if number is not None:
                found["fields"][field] += 1
                found["buckets"][field, "n", _bucket(Decimal(number))] += 1
        for field, moment in (("created", created), ("modified", modified)):
            if moment is not None:
                found["fields"][field] += 1
                found["buckets"][field, "d", _day(moment)] += 1
        for space, text in (("metadata.", metadata), ("facts.", facts)):
            for key, value in json.loads(text, parse_float=Decimal, parse_int=Decimal).items():
                _count(found, space + key, value)
                if space + key == "facts.keywords":  # other lists are only counted by field
                    for one in value:
                        _count_value(found, space + key, one)
    long = [one for one in found["values"] if len(str(one[1])) > VALUE_CHARS]
    for one in long:  # they are only counted by field
        del found["values"][one]
    return found


def counted(catalog: Catalog) -> dict[str, Counts]:
    """The numbers that the catalogue has, of fields whose values are all listed."""
    with catalog.read() as connection:
        fields = connection.execute("SELECT field, assets FROM field_count").fetchall()
        values = connection.execute("SELECT field, value, type, assets FROM field_value").fetchall()
        buckets = connection.execute("SELECT field, type, bucket, assets FROM field_bucket").fetchall()
    return {
        "fields": Counter(dict(fields)),
        "values": Counter({(field, value, kind): assets for field, value, kind, assets in values}),
        "buckets": Counter({(field, kind, float(f"{bucket:.9g}")): assets for field, kind, bucket, assets in buckets}),
    }


def _count(found: dict[str, Counts], field: str, value: Any) -> None:
    found["fields"][field] += 1
    _count_value(found, field, value)


def _count_value(found: dict[str, Counts], field: str, value: Any) -> None:
    match value:
        case bool():
            found["values"][field, str(value).lower(), "b"] += 1
        case Decimal():
            found["values"][field, f"{value.normalize() + 0:f}", "n"] += 1
            found["buckets"][field, "n", _bucket(value)] += 1
        case str():
            found["values"][field, value, "t"] += 1
            if re.search(ISO_TIME, value):
                day = float((date.fromisoformat(value[:10]) - _EPOCH).days)
                found["buckets"][field, "d", day] += 1
        case _:
            pass


def _bucket(value: Decimal) -> float:
    """The first three digits."""
    if not value:
        return 0.0
    unit = Decimal(10) ** (value.adjusted() - 2)
    return float(int(value / unit) * unit)


def _day(moment: datetime) -> float:
    return float((moment.astimezone(UTC).date() - _EPOCH).days)
