"""Groups of near-duplicates, stretch by stretch: each asset looks up its own, and all pairs are never compared.

A group is found at its oldest asset. So pages need no memory of each other, and a page has a bounded effort.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Mapping

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.core.errors import UsageError
from mirrorlake.model.duplicates import DuplicateGroup, DuplicatePage
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.search.compile import compile_query
from mirrorlake.search.grammar import parse
from mirrorlake.search.run import TIMEOUT_S, explain_timeout, read_assets
from mirrorlake.search.sql import Sql
from mirrorlake.search.unhashed import note_unhashed

BATCH = 200  # assets that look up their near-duplicates in one statement
PAGE_S = 3.0  # after which a page ends
MOST = 100  # assets of a group


def list_duplicates(catalog: Catalog, query: str, *, limit: int, cursor: str | None = None) -> DuplicatePage:
    """The next groups among the assets that match, up to `limit`, or fewer after `PAGE_S`.

    Raises QueryError, UsageError for a query with an order and for a cursor of another query, and CatalogError if it
    takes too long.
    """
    parsed = parse(query)
    if parsed.likeness is not None or parsed.sorts:
        raise UsageError("Groups are in the order of their oldest assets.", "Remove like:, like-image: and sort:.")
    kind = f"duplicates of {query}"
    after = 0 if cursor is None else read_cursor(cursor, kind, int)
    began, examined = time.monotonic(), 0
    groups: list[DuplicateGroup] = []
    with explain_timeout(), catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        finder = _Finder(connection, compile_query(parsed).where)
        ended = False
        while not ended and len(groups) < limit and time.monotonic() - began < PAGE_S:
            ids = finder.next_ids(after)
            ended = len(ids) < BATCH
            near = finder.near(ids)
            until = time.monotonic() + PAGE_S  # groups are followed step by step, which may take long as well
            for number in ids:
                after, examined = number, examined + 1
                group = finder.group(number, near)
                if group is not None:
                    assets = tuple(read_assets(connection, [(one,) for one in sorted(group)[:MOST]]))
                    groups.append(DuplicateGroup(assets=assets, capped=len(group) > MOST))
                if len(groups) == limit or time.monotonic() >= until:
                    ended = ended and number == ids[-1]
                    break
    notes = () if cursor is not None else note_unhashed(catalog)
    following = None if ended else write_cursor(kind, after)
    return DuplicatePage(groups=tuple(groups), examined=examined, next_cursor=following, notes=notes)


class _Finder:
    """Near-duplicates among the assets that match a condition."""

    def __init__(self, connection: psycopg.Connection[TupleRow], where: Sql) -> None:
        self._connection = connection
        self._where = where

    def next_ids(self, after: int) -> list[int]:
        text = (
            "SELECT asset.id FROM asset WHERE asset.id > %s AND {rule.thumbnail_name} IS NOT NULL"  # noqa: S608 - literals, values are bound
            f" AND {self._where.text} ORDER BY asset.id LIMIT %s"
        )
        return [row[0] for row in self._rows(text, (after, *self._where.params, BATCH))]

    def near(self, ids: Collection[int]) -> Mapping[int, set[int]]:
        """The near-duplicates of these assets that match, the oldest `MOST` of each; without those that have none.

        More are not needed: a group with them is too large anyway.
        """
        text = (
            "SELECT one.id, other.id FROM unnest(%s::bigint[]) AS one (id), LATERAL (SELECT asset.id"  # noqa: S608 - as above
            " FROM near_duplicate_assets(one.id) AS near (id) JOIN asset ON asset.id = near.id"
            f" WHERE asset.id <> one.id AND {self._where.text} ORDER BY asset.id LIMIT %s) AS other"
        )
        found: dict[int, set[int]] = defaultdict(set)
        for one, other in self._rows(text, (list(ids), *self._where.params, MOST)):
            found[one].add(other)
        return found

    def group(self, number: int, near: Mapping[int, set[int]]) -> set[int] | None:
        """The group whose oldest asset this is; None if it has none, or an older one. Ends beyond `MOST` assets."""
        group, fresh = {number}, near.get(number, set[int]())
        if not fresh:
            return None
        while fresh:
            if min(fresh) < number:
                return None
            group |= fresh
            if len(group) > MOST:
                break
            unknown = fresh - near.keys()
            known = near if not unknown else {**near, **self.near(unknown)}
            fresh = {other for one in fresh for other in known.get(one, ())} - group
        return group

    def _rows(self, text: str, params: tuple[object, ...]) -> list[TupleRow]:
        return self._connection.execute(replace_names(text).encode(), params, prepare=False).fetchall()
