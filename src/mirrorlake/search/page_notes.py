"""The notes of a page: what its result may lack, and why."""

from __future__ import annotations

from functools import partial

import psycopg

from mirrorlake.catalog.embeddings import answering_model
from mirrorlake.catalog.known_names import known_names
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.effort import Patience
from mirrorlake.search.index_needs import needed_indexes
from mirrorlake.search.nodes import Query, SortColumn
from mirrorlake.search.notes import explain_nothing, explain_words, hides_unknown
from mirrorlake.search.unhashed import explain_unhashed


def page_notes(catalog: Catalog, query: Query, *, found_some: bool) -> tuple[str, ...]:
    """Notes where names or words may be why nothing is found, or too much, and on pictures without a hash."""
    names = unknown_names(catalog, query, found_some) if not found_some or hides_unknown(query) else ()
    words = () if found_some else explain_words(query)
    if words:
        with catalog.read() as connection:
            words = () if answering_model(connection) is None else words
    return (*names, *words, *explain_unhashed(catalog, query))


def unknown_names(catalog: Catalog, query: Query, found_some: bool = False) -> tuple[str, ...]:  # noqa: FBT001, FBT002
    """Notes on names in a query that the library does not know; none if looking them up takes too long."""
    try:
        return explain_nothing(query, partial(known_names, catalog), words_too=not found_some)
    except psycopg.errors.QueryCanceled:
        return ()


def explain_stop(patience: Patience, query: Query) -> str:
    """Why a page may lack matches, and what helps."""
    by_id = all(sort.by is SortColumn.ID for sort in query.sorts)
    which = "oldest" if query.sorts and by_id and not query.sorts[0].descending else "newest"
    of_these = "" if by_id else " The order is that of these alone."
    helps = (
        "An index for it is made in the background: search again in a few minutes."
        if needed_indexes(query)
        else "Add a term that few assets match."
    )
    return (
        f"Only the {which} {patience.searched:,} of {patience.assets:,} assets were searched, since no index answers"
        f" this query.{of_these} {helps}"
    )
