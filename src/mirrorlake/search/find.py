"""Find the first rows of a result, whatever the query: ids, with their sort values as text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import library_count
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.model.search_indexes import IndexedValue, IndexSource
from mirrorlake.postgres.pool import limit_time
from mirrorlake.search.compile import CompiledQuery
from mirrorlake.search.cursor import Cursor, sort_values
from mirrorlake.search.effort import (
    LONG_WALK_ROWS,
    READ_WHOLE,
    WALK_ROWS,
    Patience,
    Step,
    first_part,
    following_step,
    next_step,
)
from mirrorlake.search.filters import BLOCK_BITS, range_sql
from mirrorlake.search.index_needs import of_sort
from mirrorlake.search.narrowing import Range, Ranges, first_matches
from mirrorlake.search.nodes import SortColumn
from mirrorlake.search.order_sql import SortKey
from mirrorlake.search.segments import MOST_KEYS, Segment, gathered_texts, gathered_values, segments
from mirrorlake.search.sql import Param, Sql

FEW_TIMES = 4
PARTS = 32  # of the library, the first of which is searched for candidates before all of it
MOST_OF_FOLDER = 200_000  # keys: the index on them is read in a few hundredths of a second
LONGEST_S = 5.0  # for the first assets that are read, however little patience there is
NARROW_ROWS = 500  # matches that one step may read: a few milliseconds


@dataclass(frozen=True, slots=True)
class Finder:
    """One query on one connection, in one transaction."""

    connection: psycopg.Connection[TupleRow]
    compiled: CompiledQuery
    place: Cursor | None = None  # the rows begin after it
    everything: bool = False  # there is no condition but the trash
    indexed: Collection[IndexedValue] = ()
    answered: bool = False  # whether one of these indexes answers a condition of the query
    unsorted: bool = False  # no asset has the value that the query sorts by
    patience: Patience | None = None  # None: all assets are read if that is the only way
    walk_rows: int = WALK_ROWS
    narrow_rows: int = NARROW_ROWS

    def first_rows(self, need: int) -> list[TupleRow]:
        """The first rows of the result after the place. Raises psycopg's QueryCanceled when time is up."""
        if self.compiled.nothing:
            return []
        if len(self.compiled.keys) > MOST_KEYS:
            return self._plain(need)
        rows: list[TupleRow] = []
        for segment in segments(self.compiled, self.place):
            if len(rows) < need and not (self.unsorted and segment.keys):
                rows += self._of_segment(segment, need - len(rows))
            if self.patience is not None and self.patience.searched is not None:
                break  # what follows comes after matches that were not found
        missing = len(self.compiled.keys)
        return [(*row, *[None] * (1 + missing - len(row))) for row in rows]

    def _of_segment(self, segment: Segment, need: int) -> list[TupleRow]:
        if not self._has_index(segment.keys):
            return self._gather(segment, need)
        if self.everything:
            return self._walk(segment, need, None)
        if not segment.keys:
            for member in self.compiled.members:
                rows, last = self._walk_members(member, segment, need)
                if last or len(rows) == need:
                    return rows
        assets = sum(count for _, count in library_count.blocks(self.connection))
        few = self._most() * self.walk_rows < need * assets
        rows: list[TupleRow] = []
        if not few or not self.compiled.filters:
            rows = self._first_in_order(need, lambda most: self._walk(segment, need, most))
        if len(rows) == need:
            return rows
        if not segment.keys and (of_folder := self._of_small_folder()) is not None:
            return self._check_candidates(of_folder, segment, need)
        # Texts are joined with their assets: each range of ids would read all texts that have the words.
        if not segment.keys and self.compiled.filters and not self.compiled.only_texts:
            return self._narrow(segment, need)
        step = next_step(found=len(rows), walked=self.walk_rows, need=need, assets=assets)
        # The newest pictures may not be read yet, while many others have the words.
        if step is Step.WALK_ON or (self.compiled.only_texts and not few):
            rows = self._walk(segment, need, LONG_WALK_ROWS)
        return rows if len(rows) == need else self._gather(segment, need)

    def _of_small_folder(self) -> Sql | None:
        """What holds of the matches, if they are in a folder whose keys are quickly read; None for any other query."""
        if self.compiled.folder is None:
            return None
        keys, matching = self.compiled.folder
        expected = self._expected(Sql(f"SELECT FROM asset WHERE {keys.text}", keys.params))
        return matching if expected <= MOST_OF_FOLDER else None

    def _most(self) -> float:
        """About how many assets match at most: as counted, or as PostgreSQL expects of words in pictures."""
        known = [math.inf if self.compiled.most is None else self.compiled.most]
        return min(known + [self._expected(texts) for texts in self.compiled.texts])

    def _expected(self, select: Sql) -> float:
        """How many rows PostgreSQL expects."""
        plan = self._rows(f"EXPLAIN (FORMAT JSON) {select.text}", select.params)
        return plan[0][0][0]["Plan"]["Plan Rows"]

    def _has_index(self, keys: tuple[SortKey, ...]) -> bool:
        if len(keys) > 1:
            return False
        return all((needed := of_sort(key.by)) is None or needed in self.indexed for key in keys)

    def _walk(self, segment: Segment, need: int, most: int | None) -> list[TupleRow]:
        """Read up to `most` assets in order, and return those that match."""
        text, params = walk_sql(self.compiled, segment, need, most)
        return self._rows(text, params)

    def _first_in_order(self, need: int, walk: Callable[[int], list[TupleRow]]) -> list[TupleRow]:
        """What matches among the first assets in order; nothing is likely to follow where a part of them has none."""
        part = first_part(self.walk_rows, need)
        rows = walk(part)
        return rows if part == self.walk_rows or not rows or len(rows) == need else walk(self.walk_rows)

    def _walk_members(self, member: Sql, segment: Segment, need: int) -> tuple[list[TupleRow], bool]:
        """Read members of a project, or assets with a tag, in order; return what matches, and whether it is all."""
        begin: LiteralString = ""
        params = member.params
        if segment.after_id is not None:
            begin = " AND asset_id <= %s" if segment.id_descending else " AND asset_id >= %s"
            params = (*params, segment.after_id)
        direction: LiteralString = "DESC" if segment.id_descending else "ASC"
        read: LiteralString = f"{member.text}{begin} ORDER BY asset_id {direction} LIMIT %s"
        where, condition = self.compiled.by_row, segment.condition
        # OFFSET 0: one asset after the other, so that reading stops when enough match.
        text: LiteralString = (
            f"SELECT asset.id FROM ({read}) AS member CROSS JOIN LATERAL (SELECT asset.id FROM asset"  # noqa: S608 - literals, values are bound
            f" WHERE asset.id = member.asset_id AND {condition.text} AND {where.text} OFFSET 0) AS asset"
            f" ORDER BY member.asset_id {direction} LIMIT %s"
        )
        rows = self._rows(text, (*params, self.walk_rows, *condition.params, *where.params, need))
        if len(rows) == need:
            return rows, False
        counted = self._rows(f"SELECT count(*) FROM ({read}) AS member", (*params, self.walk_rows + 1))  # noqa: S608 - as above
        return rows, counted[0][0] <= self.walk_rows

    def _gather(self, segment: Segment, need: int) -> list[TupleRow]:
        """Find all matches, and sort them; only among the newest assets if patience does not suffice for more."""
        if segment.keys and (of_folder := self._of_small_folder()) is not None:
            return self._sort_folder(of_folder, segment, need)
        blocks = [] if self.patience is None else library_count.blocks(self.connection)
        if self.patience is None or sum(assets for _, assets in blocks) <= READ_WHOLE:
            return self._gather_all(segment, need)
        found = None
        if self.compiled.filters or self.answered:
            found = in_time(self.connection, self.patience.seconds, lambda: self._gather_all(segment, need))
        return self._gather_newest(self.patience, segment, need, blocks) if found is None else found

    def _gather_newest(
        self, patience: Patience, segment: Segment, need: int, blocks: list[tuple[int, int]]
    ) -> list[TupleRow]:
        """The first matches among the newest assets, or among the oldest if these come first."""
        by_id = all(key.by is SortColumn.ID for key in segment.keys)
        newest = segment.id_descending or not by_id
        patience.assets = sum(assets for _, assets in blocks)
        if by_id and self.place is not None and (segment.keys or segment.after_id is not None):
            at = (self.place.asset_id - 1 if newest else self.place.asset_id + 1) >> BLOCK_BITS
            blocks = [one for one in blocks if (one[0] <= at if newest else one[0] >= at)]
        blocks = blocks[::-1] if newest else blocks
        began, left = time.monotonic(), patience.seconds
        rows: list[TupleRow] = []
        taken, following = 0, 1
        while taken < following <= len(blocks):
            ends = (blocks[0][0], blocks[following - 1][0])
            within = Sql("asset.id BETWEEN %s AND %s", (min(ends) << BLOCK_BITS, ((max(ends) + 1) << BLOCK_BITS) - 1))
            started = time.monotonic()
            longest = patience.seconds if taken else LONGEST_S
            found = in_time(self.connection, longest, lambda at=within: self._sorted(segment, need, at))
            if found is None:
                break
            rows, taken = found, following
            if by_id and len(rows) == need:
                return rows
            spent, left = time.monotonic() - started, patience.seconds - (time.monotonic() - began)
            most = following_step(sum(assets for _, assets in blocks[:taken]), spent=spent, left=left)
            sums = accumulate(assets for _, assets in blocks)
            following = sum(1 for assets in sums if assets <= most)
            if most:  # one range of ids is never too large a step, however few assets the newest one has
                following = max(following, taken + 1)
        if taken < len(blocks):
            patience.searched = patience.assets - sum(assets for _, assets in blocks[taken:])
            if taken and all(key.by is SortColumn.ID for key in self.compiled.keys):
                last = blocks[taken - 1][0]
                patience.reached = last << BLOCK_BITS if newest else ((last + 1) << BLOCK_BITS) - 1
        return rows

    def _gather_all(self, segment: Segment, need: int) -> list[TupleRow]:
        if not segment.keys and self.compiled.candidates is not None:
            key, candidates = self.compiled.candidates
            if IndexedValue(IndexSource.METADATA_TEXT, key) in self.indexed:
                rows = self._check_candidates(self._first_part(candidates, segment), segment, need)
                return rows if len(rows) == need else self._check_candidates(candidates, segment, need)
        # Few match, and an index answers: PostgreSQL may expect more matches, and read all assets.
        with planner(self.connection, seqscan=not (self.compiled.filters or self.answered)):
            return self._sorted(segment, need, None)

    def _sorted(self, segment: Segment, need: int, within: Sql | None) -> list[TupleRow]:
        """The first of all matches, or of those that are within a range of ids: no index on filters is used then."""
        values, filters = gathered_values(segment), self.compiled.filters if within is None else ()
        where = self.compiled.checked if filters else self.compiled.where
        where = where if within is None else Sql(f"{within.text} AND {where.text}", (*within.params, *where.params))
        found = with_filters(
            Sql(f"asset.id{values.text}", values.params),
            Sql(f"{where.text} AND {segment.condition.text}", (*where.params, *segment.condition.params)),
            filters,
            None,
        )
        text: LiteralString = (
            f"SELECT id{gathered_texts(segment)} FROM ({found.text}) AS found"  # noqa: S608 - literals, values are bound
            f" ORDER BY {segment.gathered_order} LIMIT %s"
        )
        return self._rows(text, (*found.params, need))

    def _sort_folder(self, matching: Sql, segment: Segment, need: int) -> list[TupleRow]:
        """The first of all matches in a folder, which the index on keys leads to."""
        values = gathered_values(segment)
        trash: LiteralString = "TRUE" if self.compiled.trash else "asset.state <> {asset.trash}"
        text: LiteralString = (
            f"SELECT id{gathered_texts(segment)} FROM (SELECT asset.id{values.text} FROM asset"  # noqa: S608 - literals, values are bound
            f" WHERE {trash} AND {matching.text} AND {segment.condition.text} OFFSET 0) AS found"
            f" ORDER BY {segment.gathered_order} LIMIT %s"
        )
        # Of a folder within one part of its statistics, PostgreSQL expects few keys: it would go to them one by one.
        with planner(self.connection, seqscan=False, indexscan=False):
            return self._rows(text, (*values.params, *matching.params, *segment.condition.params, need))

    def _first_part(self, candidates: Sql, segment: Segment) -> Sql:
        """The candidates among the first assets of the result: a page of many needs no more, and few cost little.

        PostgreSQL does not know how many candidates there are: it keeps no statistics of values in partial indexes.
        """
        blocks = library_count.blocks(self.connection)
        newer = segment.id_descending
        if segment.after_id is not None:
            at = segment.after_id >> BLOCK_BITS
            blocks = [one for one in blocks if (one[0] <= at if newer else one[0] >= at)]
        ordered = blocks[::-1] if newer else blocks
        sums = list(accumulate(assets for _, assets in ordered))
        last = next((block for (block, _), some in zip(ordered, sums, strict=True) if some * PARTS >= sums[-1]), 0)
        bound, place = ("asset.id >= %s", last) if newer else ("asset.id < %s", last + 1)
        return Sql(f"{candidates.text} AND {bound}", (*candidates.params, place << BLOCK_BITS))

    def _check_candidates(self, candidates: Sql, segment: Segment, need: int) -> list[TupleRow]:
        """Find all that can match, sort them, and check them until enough match."""
        where, condition = self.compiled.by_row, segment.condition
        direction: LiteralString = "DESC" if segment.id_descending else "ASC"
        # OFFSET 0: all candidates by their own index, and then one asset after the other, as in `_walk_members`.
        text: LiteralString = (
            f"SELECT asset.id FROM (SELECT id FROM (SELECT asset.id FROM asset WHERE {candidates.text}"  # noqa: S608 - literals, values are bound
            f" AND {condition.text} OFFSET 0) AS each ORDER BY id {direction}) AS candidate"
            " CROSS JOIN LATERAL (SELECT asset.id FROM asset"
            f" WHERE asset.id = candidate.id AND {where.text} OFFSET 0) AS asset"
            f" ORDER BY candidate.id {direction} LIMIT %s"
        )
        with planner(self.connection, seqscan=False):
            return self._rows(text, (*candidates.params, *condition.params, *where.params, need))

    def _narrow(self, segment: Segment, need: int) -> list[TupleRow]:
        """Ask the index on filters for some ranges of ids after the other."""
        blocks = [block for block, _ in library_count.blocks(self.connection)]
        if segment.after_id is not None:
            at, newer = segment.after_id >> BLOCK_BITS, segment.id_descending
            blocks = [block for block in blocks if (block <= at if newer else block >= at)]
        where, filters = self.compiled.checked, self.compiled.filters
        where = Sql(f"{where.text} AND {segment.condition.text}", (*where.params, *segment.condition.params))
        most = max(self.narrow_rows, need)

        def anywhere(limit: int) -> list[int]:
            found = with_filters(Sql("asset.id"), where, filters, limit)
            return [row[0] for row in self._rows(found.text, found.params)]

        def some(at: Range, limit: int) -> list[int]:
            within = range_sql(at.level, at.number)
            narrowed = Sql(f"{within.text} AND {where.text}", (*within.params, *where.params))
            found = with_filters(Sql("asset.id"), narrowed, filters, limit)
            return [row[0] for row in self._rows(found.text, found.params)]

        def ordered(at: Range, limit: int) -> list[int]:
            within = range_sql(at.level, at.number)
            narrowed = Sql(f"{within.text} AND {where.text}", (*within.params, *where.params))
            found = with_filters(Sql("asset.id"), narrowed, filters, None)
            direction: LiteralString = "DESC" if segment.id_descending else "ASC"
            first = self._walk_block(at.number, where, limit, descending=segment.id_descending)
            if len(first) == limit:
                return first
            text: LiteralString = f"SELECT id FROM ({found.text}) AS found ORDER BY id {direction} LIMIT %s"  # noqa: S608 - as above
            return [row[0] for row in self._rows(text, (*found.params, limit))]

        with planner(self.connection, seqscan=False, indexscan=False):
            # Few in the whole library are one question instead of one for each range.
            ids = anywhere(FEW_TIMES * most + 1)
            if len(ids) <= FEW_TIMES * most:
                return [(each,) for each in sorted(ids, reverse=segment.id_descending)[:need]]
            ranges = Ranges(blocks, descending=segment.id_descending)
            found = first_matches(ranges, need=need, most=most, some=some, ordered=ordered)
        return [(each,) for each in found]

    def _walk_block(self, number: int, where: Sql, need: int, *, descending: bool) -> list[int]:
        """Read some assets of a block in order: where many match, they are probably enough."""
        first, last = number << BLOCK_BITS, ((number + 1) << BLOCK_BITS) - 1
        direction: LiteralString = "DESC" if descending else "ASC"
        text: LiteralString = (
            "SELECT id FROM (SELECT asset.* FROM asset WHERE asset.id BETWEEN %s AND %s"  # noqa: S608 - literals, values are bound
            f" ORDER BY asset.id {direction} LIMIT %s) AS asset WHERE {where.text} ORDER BY id {direction} LIMIT %s"
        )
        with planner(self.connection, seqscan=False):
            rows = self._first_in_order(need, lambda most: self._rows(text, (first, last, most, *where.params, need)))
        return [row[0] for row in rows]

    def _plain(self, need: int) -> list[TupleRow]:
        """One statement, as PostgreSQL plans it: for orders by very many values."""
        values, where = sort_values(self.compiled.keys), self.compiled.where
        (segment,) = segments(self.compiled, self.place)
        order = segment.order
        text: LiteralString = (
            f"SELECT asset.id{values.text} FROM asset WHERE {where.text} AND {segment.condition.text}"  # noqa: S608 - as above
            f" ORDER BY {order.text} LIMIT %s"
        )
        return self._rows(text, (*values.params, *where.params, *segment.condition.params, *order.params, need))

    def _rows(self, text: LiteralString, params: tuple[Param | None, ...]) -> list[TupleRow]:
        # Not prepared: planned for these values, since how many assets have a tag differs a thousandfold.
        return self.connection.execute(replace_names(text).encode(), params, prepare=False).fetchall()


def walk_sql(
    compiled: CompiledQuery, segment: Segment, need: int, most: int | None
) -> tuple[LiteralString, tuple[Param | None, ...]]:
    """Select the first `need` that match of the first `most` assets in order, with their sort values as text."""
    trash: LiteralString = "TRUE" if compiled.trash else "asset.state <> {asset.trash}"
    values, where, order = gathered_values(segment), compiled.by_row, segment.order
    # The sort values are columns of the inner SELECT: as expressions over it, PostgreSQL would sort them again.
    text: LiteralString = (
        f"SELECT asset.id{gathered_texts(segment)} FROM (SELECT asset.*{values.text} FROM asset"  # noqa: S608 - literals, values are bound
        f" WHERE {trash} AND {segment.condition.text} ORDER BY {order.text} LIMIT %s) AS asset WHERE {where.text}"
        f" ORDER BY {segment.gathered_order.replace('found.', 'asset.')} LIMIT %s"
    )
    return text, (*values.params, *segment.condition.params, *order.params, most, *where.params, need)


def with_filters(columns: Sql, where: Sql, filters: tuple[Sql, ...], most: int | None) -> Sql:
    """Select what matches, each asset once, and up to `most` of each alternative."""
    # OFFSET 0: PostgreSQL does not read in the order of an index here, however few matches it expects.
    each = [
        Sql(
            f"(SELECT {columns.text} FROM asset WHERE {where.text} AND {one.text} OFFSET 0 LIMIT %s)",  # noqa: S608 - literals, values are bound
            (*columns.params, *where.params, *one.params, most),
        )
        for one in filters or (Sql("TRUE"),)
    ]
    return Sql(" UNION ".join([one.text for one in each]), tuple(param for one in each for param in one.params))


T = TypeVar("T")


def in_time(connection: psycopg.Connection[TupleRow], seconds: float, read: Callable[[], T]) -> T | None:
    """What was read, or None if it takes longer than this; the transaction goes on."""
    before = connection.execute(b"SELECT current_setting('statement_timeout')").fetchone()
    try:
        with connection.transaction():
            limit_time(connection, seconds)
            found = read()
    except psycopg.errors.QueryCanceled:
        return None
    connection.execute(b"SELECT set_config('statement_timeout', %s, true)", before)
    return found


@contextmanager
def planner(
    connection: psycopg.Connection[TupleRow], *, seqscan: bool = True, indexscan: bool = True
) -> Generator[None]:
    """Which ways of reading PostgreSQL may choose within; all of them after it."""
    choose = b"SELECT set_config('enable_seqscan', %s, true), set_config('enable_indexscan', %s, true)"
    before = connection.execute(
        b"SELECT current_setting('enable_seqscan'), current_setting('enable_indexscan')"
    ).fetchone()
    connection.execute(choose, (str(seqscan), str(indexscan)))
    yield
    connection.execute(choose, before)  # not after an error: the transaction is over then
