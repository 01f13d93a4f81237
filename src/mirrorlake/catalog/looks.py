"""The objects of assets whose bytes are read again."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlake.catalog.bulk_edits import Selection, named_values
from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.pool import Catalog

KEYS = 2048  # read at once


def count_by_source(catalog: Catalog, selection: Selection) -> dict[str, int]:
    """How many objects the selected assets have in each datasource, by name."""
    text, values = named_values(selection)
    query = b"WITH chosen AS (" + text + b")\n" + statement("count_looks").query
    with catalog.read() as connection:
        return dict(connection.execute(query, values, prepare=False).fetchall())


def keys_to_look_at(catalog: Catalog, datasource_id: int, selection: Selection) -> Iterator[list[str]]:
    """The keys of the selected assets in a datasource, in batches, in byte order."""
    text, values = named_values(selection)
    query = b"WITH chosen AS (" + text + b")\n" + statement("keys_to_look_at").query
    values |= {"datasource_id": datasource_id, "limit": KEYS, "after": ""}
    while True:
        with catalog.read() as connection:
            rows = connection.execute(query, values, prepare=False).fetchall()
        if not rows:
            return
        values["after"] = rows[-1][0]
        yield [key for (key,) in rows]
