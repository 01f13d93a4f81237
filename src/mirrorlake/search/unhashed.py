"""Report that pictures without a hash are not among the near-duplicates that a query found."""

from __future__ import annotations

import psycopg

from mirrorlake.catalog import picture_hashes
from mirrorlake.core.text import count_noun
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.nodes import And, NearDuplicate, Node, Not, Or, Query

MOST = 10_000  # that are counted
_FIX = (
    "Only equal bytes are found of them. Compute their hashes from the thumbnails in the settings, or with"
    " `mirrorlake likeness update`."
)


def explain_unhashed(catalog: Catalog, query: Query) -> tuple[str, ...]:
    """A note if a query asks for near-duplicates and pictures have no hash; a vague one if counting takes too long."""
    return note_unhashed(catalog) if _asks(query.where) else ()


def note_unhashed(catalog: Catalog) -> tuple[str, ...]:
    """A note if pictures have no hash; a vague one if counting takes too long."""
    try:
        found = picture_hashes.count_unhashed(catalog, MOST + 1)
    except psycopg.errors.QueryCanceled:
        return (f"Some pictures may have no hash. {_FIX}",)
    if not found:
        return ()
    number = f"More than {MOST:,} pictures" if found > MOST else count_noun(found, "picture")
    return (f"{number} without a hash. {_FIX}",)


def _asks(node: Node) -> bool:
    match node:
        case And(terms) | Or(terms):
            return any(_asks(term) for term in terms)
        case Not(term):
            return _asks(term)
        case _:
            return isinstance(node, NearDuplicate)
