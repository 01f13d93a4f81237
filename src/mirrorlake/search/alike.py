"""Rank assets by the similarity of their pictures to a text or a picture, among those that match the rest of a query.

The index on vectors gives the nearest pictures; the share of them that match shows how many assets match. If these are
many, the nearest are the result. Otherwise all that match are compared, and only if they are too many for that, the
index gives more pictures until enough match. Left to PostgreSQL, the choice loses most of what is similar. While there
is no index, the nearest pictures are found by reading all vectors: what matches is compared first, and they are read
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.catalog import embeddings
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict
from mirrorlake.model.likeness import StoredModel
from mirrorlake.search.compile import compile_query
from mirrorlake.search.likeness import MOST_ALIKE
from mirrorlake.search.nodes import LikeImage, Query
from mirrorlake.search.sql import Sql

COMPARED = 20_000  # assets that are compared one by one
MANY = 2**62  # more assets than there can be
FIRST_STEPS = (1_000, 5_000, 20_000)  # nearest pictures that are asked for, as long as too few of them match
ENOUGH = MOST_ALIKE // 10  # assets that match: no more pictures are asked for
EFFORT = 1_000  # of the index, pgvector's most: one pass gives as many as the first step asks for
_OFF = "Pictures of this library are not embedded yet. Turn it on: mirrorlake likeness on."
_UNFINISHED = "Pictures of this library are not embedded yet. See how far it is: mirrorlake jobs list --kind likeness."
_FEW_COMPARED = (
    "Of the pictures that are most similar in the whole library, few or none match the other terms, and less similar"
    " ones were not compared. Add a term that fewer assets match."
)


_Rows: TypeAlias = list[tuple[int, float]]  # assets with their similarities, the most similar first


@dataclass(frozen=True, slots=True)
class QueryVector:
    """The vector of a text, or of a picture that is no asset, made by the model with this name."""

    model: str
    vector: Sequence[float]
    cutoff: float  # similarity below which pictures are not related to it


@dataclass(frozen=True, slots=True)
class Ranking:
    """Assets with their similarity, the most similar first; and why there are none, if there is a reason."""

    found: tuple[tuple[int, float], ...]
    notes: tuple[str, ...] = ()
    capped: bool = False  # whether there are more, which were not looked for


def rank(connection: psycopg.Connection[TupleRow], query: Query, wanted: QueryVector | None = None) -> Ranking:
    """The assets that match a query, by similarity to a vector or to the asset that it names, up to `MOST_ALIKE`.

    Raises QueryCanceled when time is up, and Conflict if another model answers than the one that made the vector.
    """
    model = embeddings.answering_model(connection)
    if model is None:
        chosen = connection.execute(statement("likeness_model").query).fetchone()
        return Ranking((), (_OFF if chosen is None or chosen[0] is None else _UNFINISHED,))
    if wanted is not None:
        if wanted.model != model.name:
            raise Conflict(f"The model {model.name} replaced {wanted.model} during the search.", "Search again.")
        vector, cutoff = embeddings.vector_text(wanted.vector), wanted.cutoff
    elif isinstance(query.likeness, LikeImage):
        vector, cutoff = _vector_of(connection, model, query.likeness.id), model.picture_cutoff
        if vector is None:
            return Ranking((), (f"Asset {query.likeness.id} has no embedded picture.",))
    else:
        raise ValueError("the query has neither a vector nor an asset")
    ranker = _Ranker(connection, model, vector, compile_query(replace(query, likeness=None)).where)
    rows, last = ranker.find()
    found = tuple((number, alike) for number, alike in rows if alike >= cutoff)
    capped = last is not None and last >= cutoff and len(found) == len(rows) < MOST_ALIKE
    return Ranking(found, (_FEW_COMPARED,) if capped and len(rows) < ENOUGH else (), capped=capped)


def _vector_of(connection: psycopg.Connection[TupleRow], model: StoredModel, asset: int) -> str | None:
    query = sql.SQL(
        "SELECT found.vector::text FROM asset JOIN {} AS found"
        " ON found.digest = coalesce(asset.digest, asset.sample_digest)"
        " WHERE asset.id = %s ORDER BY found.frame LIMIT 1"
    ).format(embeddings.table_of(model))
    row = connection.execute(query, (asset,)).fetchone()
    return None if row is None else row[0]


def _named(table: str) -> str:
    """The ids of the assets whose thumbnails have vectors in a table."""
    return (
        f"SELECT of.id FROM {table} AS found JOIN asset AS of ON of.digest = found.digest"  # noqa: S608 - the name of a table
        f" UNION ALL SELECT of.id FROM {table} AS found JOIN asset AS of"
        " ON of.sample_digest = found.digest AND of.digest IS NULL"
    )


class _Ranker:
    """One vector beside one condition."""

    def __init__(self, connection: psycopg.Connection[TupleRow], model: StoredModel, vector: str, where: Sql) -> None:
        self._connection = connection
        self._vector = vector
        self._where = where
        schema = embeddings.vector_schema(connection)
        self._indexed = embeddings.has_index(connection, model)
        self._table = embeddings.table_of(model).as_string(connection)
        self._near = sql.SQL("OPERATOR({}.<#>) %s::{}.halfvec").format(schema, schema).as_string(connection)

    def find(self) -> tuple[_Rows, float | None]:
        """The most similar assets that match, and the similarity of the last picture compared; None: all were."""
        pictures = self._pictures()
        if pictures <= COMPARED:
            return self._compare(only_embedded=True) or [], None
        rows, last = self._nearest(FIRST_STEPS[0]) if self._indexed else ([], None)
        if len(rows) >= ENOUGH and len(rows) / FIRST_STEPS[0] * pictures > COMPARED:
            return rows, last
        compared = self._compare(only_embedded=False)
        if compared is not None:
            return compared, None
        for step in FIRST_STEPS[1:] if self._indexed else FIRST_STEPS[-1:]:
            if len(rows) >= ENOUGH:
                break
            rows, last = self._nearest(step)
        return rows, last

    def _pictures(self) -> int:
        """About how many vectors there are; a small number is exact."""
        about = self._rows("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", (self._table,))[0][0]
        if about > 2 * COMPARED:
            return about
        return self._rows(f"SELECT count(*) FROM (SELECT FROM {self._table} LIMIT %s) AS few", (COMPARED + 1,))[0][0]  # noqa: S608 - as above

    def _compare(self, *, only_embedded: bool) -> _Rows | None:
        """All that match, compared one by one; None if these are more than is quick."""
        most = None if only_embedded else COMPARED + 1
        # Of few pictures and many other assets, only the pictures are read.
        embedded = f" AND asset.id IN ({_named(self._table)})" if only_embedded else ""
        # Each step is small, so that no vector is sorted: the assets, their similarities, the best ones.
        text = (
            "WITH few AS MATERIALIZED (SELECT asset.id, coalesce(asset.digest, asset.sample_digest) AS digest"  # noqa: S608 - as above
            f" FROM asset WHERE {self._where.text}{embedded} LIMIT %s),"
            f" compared AS MATERIALIZED (SELECT few.id, -(found.vector {self._near}) AS alike FROM few"
            f" JOIN {self._table} AS found ON found.digest = few.digest WHERE (SELECT count(*) FROM few) < %s),"
            " best AS (SELECT id, max(alike)::float8 AS alike FROM compared GROUP BY id"
            " ORDER BY alike DESC, id DESC LIMIT %s)"
            " SELECT id, alike FROM best UNION ALL SELECT NULL, count(*) FROM few"
        )
        enough = MANY if most is None else most
        rows = self._rows(text, (*self._where.params, most, self._vector, enough, MOST_ALIKE))
        matching = next(count for number, count in rows if number is None)
        if matching >= enough:
            return None
        found = [(number, alike) for number, alike in rows if number is not None]
        return sorted(found, key=lambda one: (one[1], one[0]), reverse=True)

    def _nearest(self, step: int) -> tuple[_Rows, float | None]:
        """Those of the `step` nearest pictures, by the index, that match, and the similarity of the last picture."""
        self._connection.execute(
            "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', %s, true),"
            " set_config('hnsw.max_scan_tuples', %s, true), set_config('enable_seqscan', 'off', true)",
            (str(EFFORT), str(FIRST_STEPS[-1])),
        )
        text = (
            f"WITH near AS MATERIALIZED (SELECT digest, -(vector {self._near}) AS alike FROM {self._table}"  # noqa: S608 - as above
            f" ORDER BY vector {self._near} LIMIT %s), matching AS ("
            "SELECT id, max(alike)::float8 AS alike FROM ("
            f"SELECT asset.id, near.alike FROM near JOIN asset ON asset.digest = near.digest WHERE {self._where.text}"
            " UNION ALL SELECT asset.id, near.alike FROM near JOIN asset"
            f" ON asset.sample_digest = near.digest AND asset.digest IS NULL WHERE {self._where.text}"
            ") AS each GROUP BY id ORDER BY alike DESC, id DESC LIMIT %s)"
            " SELECT id, alike FROM matching UNION ALL SELECT NULL, min(alike)::float8 FROM near"
            " ORDER BY alike DESC, id DESC NULLS LAST"
        )
        params = (*self._where.params, *self._where.params)
        found = self._rows(text, (self._vector, self._vector, step, *params, MOST_ALIKE))
        self._connection.execute("SELECT set_config('enable_seqscan', 'on', true)")  # for what follows
        rows = [(number, alike) for number, alike in found if number is not None]
        return rows, next(alike for number, alike in found if number is None)

    def _rows(self, text: str, params: tuple[object, ...]) -> list[TupleRow]:
        return self._connection.execute(replace_names(text).encode(), params, prepare=False).fetchall()
