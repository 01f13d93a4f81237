"""How many assets match: exact where that is cheap, else a lower bound, and always soon."""

from __future__ import annotations

import time
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import library_count, search_indexes
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.search import known_values
from mirrorlake.search.compile import CompiledQuery
from mirrorlake.search.filters import range_sql
from mirrorlake.search.find import planner, with_filters
from mirrorlake.search.index_needs import needed_by_node
from mirrorlake.search.narrowing import Ranges
from mirrorlake.search.nodes import Query
from mirrorlake.search.sql import Param, Sql

TIME_S = 0.1  # for a large library; with the page, a person waits for both
SMALL_TIME_S = 2.0
SMALL_LIBRARY = 200_000  # assets: counting them all takes less than that, unless the machine is busy
COUNT_LIMIT = 10_000  # totals are exact up to here, and beyond where the planner expects counting to be quick
COUNT_COST = 30_000  # of the planner, about the number of blocks that are read: a tenth of a second


def count_matches(catalog: Catalog, query: Query, compiled: CompiledQuery, *, exact: bool) -> tuple[int, bool]:
    """How many assets match, and whether that number is only a lower bound; `exact` asks for all if that is quick.

    0 as a lower bound: nothing is known.
    """
    with catalog.read(one_snapshot=True) as connection:
        limit_time(connection, SMALL_TIME_S)
        try:
            kept = known_values.count(connection, query, compiled)
            if kept is not None:
                return kept, False
            compiled = known_values.narrow(connection, query, compiled)
        except psycopg.errors.QueryCanceled:
            return 0, True
        if compiled.nothing:
            return 0, False
        blocks = library_count.blocks(connection)
        small = sum(assets for _, assets in blocks) <= SMALL_LIBRARY
        counter = _Counter(connection, query, compiled, time.monotonic() + (SMALL_TIME_S if small else TIME_S))
        try:
            total = counter.up_to(COUNT_LIMIT + 1, [block for block, _ in blocks])
            if total <= COUNT_LIMIT:
                return total, False
        except psycopg.errors.QueryCanceled:
            return counter.counted, True
        try:
            counted = counter.all_of_them() if exact else None
        except psycopg.errors.QueryCanceled:
            counted = None
    return (COUNT_LIMIT, True) if counted is None else (counted, False)


class _Counter:
    """The counts of one query, until time is up."""

    def __init__(
        self, connection: psycopg.Connection[TupleRow], query: Query, compiled: CompiledQuery, deadline: float
    ) -> None:
        self.counted = 0
        self._connection = connection
        self._query = query
        self._compiled = compiled
        self._deadline = deadline

    def up_to(self, most: int, blocks: list[int]) -> int:
        """Count, but not beyond `most`. Raises QueryCanceled, with `counted` what was found by then."""
        where, filters = self._compiled.by_row, self._compiled.filters
        if self._compiled.only_texts:
            # The index on words knows no ranges of ids: PostgreSQL would gather all texts for each of them.
            self.counted = self._limited(self._compiled.where, most)
            return self.counted
        if not filters:
            answered = not needed_by_node(self._query.where).isdisjoint(search_indexes.ready(self._connection))
            # Without statistics of a value, PostgreSQL would rather read assets until enough of them match.
            with planner(self._connection, seqscan=not answered):
                self.counted = self._limited(where, most)
            return self.counted
        where = self._compiled.checked
        with planner(self._connection, seqscan=False, indexscan=False):
            for at in Ranges(blocks, descending=True).cover():
                within = range_sql(at.level, at.number)
                narrowed = Sql(f"{within.text} AND {where.text}", (*within.params, *where.params))
                found = with_filters(Sql("asset.id"), narrowed, filters, most - self.counted)
                self.counted += self._number(f"SELECT count(*) FROM ({found.text}) AS found", found.params)  # noqa: S608 - as below
                if self.counted >= most:
                    break
        return self.counted

    def _limited(self, where: Sql, most: int) -> int:
        text: LiteralString = f"SELECT count(*) FROM (SELECT FROM asset WHERE {where.text} LIMIT %s) AS found"  # noqa: S608 - literals, values are bound
        return self._number(text, (*where.params, most))

    def all_of_them(self) -> int | None:
        """The exact number, or None if the planner expects it to cost too much. Raises QueryCanceled.

        Of texts it expects too little: they are joined with their assets, one by one.
        """
        where = self._compiled.where
        if self._compiled.texts:
            self._deadline = min(self._deadline, time.monotonic() + TIME_S)
        text: LiteralString = f"SELECT count(*) FROM asset WHERE {where.text}"  # noqa: S608 - literals, values are bound
        statement = b"EXPLAIN (FORMAT JSON) " + replace_names(text).encode()
        plan = self._connection.execute(statement, where.params, prepare=False).fetchone()
        if plan is None or plan[0][0]["Plan"]["Total Cost"] > COUNT_COST:
            return None
        return self._number(text, where.params)

    def _number(self, text: LiteralString, params: tuple[Param, ...]) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise psycopg.errors.QueryCanceled
        limit_time(self._connection, left)
        row = self._connection.execute(replace_names(text).encode(), params, prepare=False).fetchone()
        return 0 if row is None else int(row[0])
