"""Vectors of pictures, one table for each model, and hashes of pictures that had none.

Tables and operators are named in full, because a workspace finds only its own schema: see `postgres.schemas`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.catalog.bulk_edits import Selection, named_values
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.search_indexes import run_long
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.jobs import DEFAULT_POOL, JobKind, NewJob
from mirrorlake.model.likeness import Likeness, StoredModel
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

EXTENSION = "vector"
INDEX_FROM = 20_000  # vectors: fewer are compared one by one within a few milliseconds
_LINKS_BYTES = 400  # of the graph, for each vector
_BUILD_AGAIN = "A worker tries again in an hour; sooner from the settings, or with `mirrorlake likeness update`"
_BESIDE = "pg_trgm"  # whose schema every workspace can reach
_MISSING = "The database has no extension `vector` (pgvector), which vectors of pictures are stored with."
_INSTALL = "Have an administrator install pgvector and run in the database: CREATE EXTENSION vector;"


@dataclass(frozen=True, slots=True)
class MissingPicture:
    """A picture without a hash or a vector."""

    asset_id: int
    digest: bytes


def wanted_model(catalog: Catalog) -> str | None:
    """The model that pictures are embedded with."""
    return _setting(catalog)[0]


def pool_of_workers(catalog: Catalog) -> str:
    """The pool of the workers that embed pictures."""
    return _setting(catalog)[1]


def _setting(catalog: Catalog) -> tuple[str | None, str]:
    with catalog.read() as connection:
        row = connection.execute(statement("likeness_model").query).fetchone()
    return (None, DEFAULT_POOL) if row is None else (row[0], row[1])


def set_wanted_model(connection: psycopg.Connection[TupleRow], model: str | None, *, pool: str | None = None) -> None:
    """Embed pictures with this model from now on, by the workers of this pool; None: by those that did so before."""
    connection.execute(statement("set_likeness_model").query, {"model": model, "pool": pool})


def answering_model(connection: psycopg.Connection[TupleRow]) -> StoredModel | None:
    """The newest model that has embedded all pictures once."""
    return next((model for model, complete in _models(connection) if complete), None)


def status(catalog: Catalog) -> Likeness:
    """Which model embeds, which one answers, and how many pictures that one has embedded."""
    wanted, pool = _setting(catalog)
    with catalog.read() as connection:
        model = answering_model(connection)
        if model is None:
            return Likeness(model=wanted, answering=None, vectors=0, pool=pool)
        count = sql.SQL("SELECT count(*) FROM {} WHERE frame = 0").format(table_of(model))
        row = connection.execute(count).fetchone()
    return Likeness(model=wanted, answering=model.name, vectors=0 if row is None else row[0], pool=pool)


def vector_schema(connection: psycopg.Connection[TupleRow]) -> sql.Identifier:
    """The schema of the extension. Raises CatalogError if the database does not have it."""
    row = connection.execute(statement("extension_schema").query, {"name": EXTENSION}).fetchone()
    if row is None:
        raise CatalogError(_MISSING, _INSTALL)
    return sql.Identifier(row[0])


def table_of(model: StoredModel) -> sql.Identifier:
    """The table with the vectors of a model."""
    return sql.Identifier(f"embedding_{model.id}")


def prepare_model(
    catalog: Catalog, *, name: str, dimensions: int, picture_cutoff: float, text_cutoff: float
) -> StoredModel:
    """The stored model of this name, made with its table if it is new. Raises CatalogError without pgvector."""
    values = {
        "name": name,
        "dimensions": dimensions,
        "picture_cutoff": picture_cutoff,
        "text_cutoff": text_cutoff,
    }
    _create_extension(catalog)
    with catalog.write() as connection:
        connection.execute(statement("add_embedding_model").query, values)
        model = next(model for model, _ in _models(connection) if model.name == name)
        kind = sql.SQL("{}.halfvec({})").format(vector_schema(connection), sql.Literal(dimensions))
        connection.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} (digest bytea NOT NULL, frame smallint NOT NULL, vector {} NOT NULL,"
                " PRIMARY KEY (digest, frame))"
            ).format(table_of(model), kind)
        )
    return model


def missing_pictures(catalog: Catalog, model: StoredModel | None, after: int, limit: int) -> list[MissingPicture]:
    """The next pictures, by asset, that have no hash, or no vector of this model, or are to be embedded again."""
    tables = [sql.Identifier("picture_hash"), *(() if model is None else (table_of(model),))]
    # Both are of thumbnails, which what is read in parts has, too.
    name = sql.SQL("coalesce(asset.digest, asset.sample_digest)")
    # A query for each table: PostgreSQL joins no NOT EXISTS beside an OR.
    again = sql.SQL(
        "(SELECT id, {name} AS digest FROM asset WHERE id > %(after)s AND placeholder IS NOT NULL"
        " AND {name} IN (SELECT digest FROM likeness_again) AND kind IN ('image', 'video') ORDER BY id LIMIT %(limit)s)"
    ).format(name=name)
    lacks = [
        sql.SQL(
            "(SELECT id, {name} AS digest FROM asset WHERE id > %(after)s AND placeholder IS NOT NULL"
            " AND {name} IS NOT NULL AND kind IN ('image', 'video')"
            " AND NOT EXISTS (SELECT FROM {table} AS found WHERE found.digest = {name})"
            " AND NOT EXISTS (SELECT FROM likeness_failure AS failed WHERE failed.digest = {name} AND NOT frames)"
            " ORDER BY id LIMIT %(limit)s)"
        ).format(name=name, table=table)
        for table in tables
    ]
    lacks.append(again)
    query = sql.SQL("SELECT id, digest FROM ({}) AS lacking ORDER BY id LIMIT %(limit)s").format(
        sql.SQL(" UNION ").join(lacks)
    )
    with catalog.read() as connection:
        found = connection.execute(query, {"after": after, "limit": limit}).fetchall()
    return [MissingPicture(*row) for row in found]


@retry_on_contention
def store_failures(catalog: Catalog, digests: Sequence[bytes], *, frames: bool = False) -> None:
    """Record pictures, or the `frames` of videos, that cannot be embedded: they are not read again by each job."""
    with catalog.write() as connection:
        values = {"digests": list(digests), "frames": frames}
        connection.execute(statement("add_likeness_failures").query, values)
        if not frames:
            connection.execute(statement("end_embedding_again").query, values)


@retry_on_contention
def forget_failures(catalog: Catalog, requested: datetime | None) -> None:
    """Try pictures again that failed before a user requested it, or before thumbnails were made."""
    with catalog.write() as connection:
        connection.execute(statement("forget_likeness_failures").query, {"requested": requested})


@retry_on_contention
def store_pictures(
    catalog: Catalog,
    model: StoredModel | None,
    digests: Sequence[bytes],
    hashes: Sequence[int | None],
    vectors: Sequence[Sequence[float]],
) -> None:
    """Store the hashes and vectors of these pictures, row by row.

    What is stored already stays, except of pictures that are embedded again, whose frames are then missing, too.
    """
    with catalog.write() as connection:
        values = {"digests": list(digests), "hashes": list(hashes)}
        connection.execute(statement("drop_former_hashes").query, values)
        connection.execute(statement("store_picture_hashes").query, values)
        if model is not None:
            former = sql.SQL(
                "DELETE FROM {} WHERE digest IN (SELECT digest FROM likeness_again WHERE digest = ANY(%s::bytea[]))"
            ).format(table_of(model))
            connection.execute(former, (list(digests),))
            query = sql.SQL(
                "INSERT INTO {} (digest, frame, vector) SELECT digest, 0, text::{}.halfvec"
                " FROM unnest(%s::bytea[], %s::text[]) AS found (digest, text) ON CONFLICT DO NOTHING"
            ).format(table_of(model), vector_schema(connection))
            connection.execute(query, (list(digests), [vector_text(one) for one in vectors]))
        connection.execute(statement("end_embedding_again").query, values)


@retry_on_contention
def embed_again(catalog: Catalog, selection: Selection) -> None:
    """Let the pictures of the selected assets be hashed and embedded again, also where that failed."""
    text, values = named_values(selection)
    query = b"WITH chosen AS (" + text + b")\n" + statement("embed_again").query
    with catalog.write() as connection:
        connection.execute(query, values, prepare=False)


@retry_on_contention
def forget_embedding_again(catalog: Catalog) -> None:
    """Forget pictures that were to be embedded again, and that no asset has any more."""
    with catalog.write() as connection:
        connection.execute(statement("forget_embedding_again").query)


def complete_model(catalog: Catalog, model: StoredModel, step: Callable[[int, int], object]) -> None:
    """Let a model answer searches, with an index if it has many vectors, and delete the models before it.

    `step` is called with the progress of the index. Raises CatalogError if it cannot be built.
    """
    table = table_of(model)
    with catalog.read() as connection:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
    if row is not None and row[0] >= INDEX_FROM:
        _build_index(catalog, model, row[0], step)
    with catalog.write() as connection:
        connection.execute(statement("complete_embedding_model").query, {"id": model.id})
        connection.execute(statement("forget_replaced_model").query, {"name": model.name})
        for other, complete in _models(connection):
            if other.id != model.id:
                if complete:
                    connection.execute(statement("add_replaced_model").query, {"name": other.name})
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table_of(other)))
                connection.execute(statement("delete_embedding_model").query, {"id": other.id})


def _build_index(catalog: Catalog, model: StoredModel, vectors: int, step: Callable[[int, int], object]) -> None:
    """Build the index while vectors are read, unless there is one. What an interrupted build left is dropped.

    pgvector builds much more slowly what does not fit into `maintenance_work_mem`.
    """
    needed = vectors * (2 * model.dimensions + _LINKS_BYTES) // 1024
    name = sql.Identifier(_index_of(model))
    with catalog.read() as connection:
        found = connection.execute(statement("index_is_valid").query, {"name": _index_of(model)}).fetchone()
        memory = connection.execute(statement("index_memory").query, {"needed": needed}).fetchone()
        operators = sql.SQL("{}.halfvec_ip_ops").format(vector_schema(connection))
    if found is not None and found[0]:
        return
    if found is not None:
        run_long(catalog, sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(name), step)
    make = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} USING hnsw (vector {})").format(name, table_of(model), operators)
    error = run_long(catalog, make, step, memory="512MB" if memory is None else f"{memory[0]}kB")
    if error is not None:
        raise CatalogError(f"The index of the vectors of {model.name} could not be built: {error}", _BUILD_AGAIN)


def has_index(connection: psycopg.Connection[TupleRow], model: StoredModel) -> bool:
    """Whether an index finds the nearest vectors of a model: it is built once all pictures are embedded."""
    found = connection.execute(statement("index_is_valid").query, {"name": _index_of(model)}).fetchone()
    return found is not None and bool(found[0])


def _index_of(model: StoredModel) -> str:
    return f"embedding_{model.id}_near"


def vector_text(vector: Sequence[float]) -> str:
    """A vector as pgvector reads it."""
    return msgspec.json.encode(list(vector)).decode()  # several times as fast as formatting each number


@retry_on_contention
def enqueue_due(catalog: Catalog, job: NewJob, *, vectors: str | None = None) -> bool:
    """Queue this update of hashes and vectors if it is due; return whether it was.

    `vectors` is what the vectors are called that a worker would make now; None if it does not know.
    """
    with catalog.read() as connection:
        row = connection.execute(statement("likeness_due").query, {"name": vectors}).fetchone()
    if row is None or not row[0]:
        return False
    with catalog.write() as connection:
        return enqueue(connection, job)


def enqueue(connection: psycopg.Connection[TupleRow], job: NewJob) -> bool:
    """Queue this update unless one is queued; return whether it was."""
    return connection.execute(statement("insert_queued").query, job_values(job)).fetchone() is not None


def is_queued(catalog: Catalog, lock: str) -> bool:
    """Whether an update is queued."""
    with catalog.read() as connection:
        values = {"kind": JobKind.LIKENESS.value, "lock": lock}
        return connection.execute(statement("queued_job").query, values).fetchone() is not None


def _models(connection: psycopg.Connection[TupleRow]) -> list[tuple[StoredModel, bool]]:
    return [
        (
            StoredModel(
                id=number, name=name, dimensions=dimensions, picture_cutoff=picture_cutoff, text_cutoff=text_cutoff
            ),
            complete,
        )
        for number, name, dimensions, picture_cutoff, text_cutoff, complete in connection.execute(
            statement("embedding_models").query
        ).fetchall()
    ]


def _create_extension(catalog: Catalog) -> None:
    """Create the extension where this role may, beside the one that every library has."""
    with catalog.write() as connection:
        if connection.execute(statement("extension_schema").query, {"name": EXTENSION}).fetchone() is not None:
            return
        row = connection.execute(statement("extension_schema").query, {"name": _BESIDE}).fetchone()
        schema = sql.Identifier("public" if row is None else row[0])
        try:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA {}").format(schema))
        except psycopg.Error as error:
            raise CatalogError(f"{_MISSING} {error.diag.message_primary or ''}".strip(), _INSTALL) from error
