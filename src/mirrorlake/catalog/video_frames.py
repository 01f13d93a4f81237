"""Vectors of the frames of videos, beside that of the thumbnail, which is frame 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from mirrorlake.catalog.embeddings import table_of, vector_schema, vector_text
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.model.likeness import StoredModel
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True)
class VideoObject:
    """The object of a video whose thumbnail has a vector, and its frames none."""

    asset_id: int
    digest: bytes  # that names its thumbnail and its vectors
    datasource_id: int
    key: str
    token: str
    size: int


def missing_frames(catalog: Catalog, model: StoredModel, after: int, limit: int) -> list[VideoObject]:
    """The next videos, by asset, whose frames have no vectors of this model. One of equal objects is enough."""
    text = replace_names(
        "SELECT DISTINCT ON (asset.id) asset.id, found.digest, asset.datasource_id, asset.key, asset.token, asset.size"
        " FROM asset JOIN {table} AS found ON found.digest = {rule.thumbnail_name} AND found.frame = 0"
        " WHERE asset.id > %(after)s AND asset.kind = 'video' AND asset.state = {asset.present}"
        " AND NOT EXISTS (SELECT FROM {table} AS other WHERE other.digest = found.digest AND other.frame > 0)"
        " AND NOT EXISTS (SELECT FROM likeness_failure AS failed WHERE failed.digest = found.digest AND failed.frames)"
        " ORDER BY asset.id LIMIT %(limit)s".replace("{table}", f"embedding_{model.id}")
    )
    with catalog.read() as connection:
        rows = connection.execute(text.encode(), {"after": after, "limit": limit}).fetchall()
    return [VideoObject(*row) for row in rows]


@retry_on_contention
def store_frames(catalog: Catalog, model: StoredModel, digest: bytes, vectors: Sequence[Sequence[float]]) -> None:
    """Store the vectors of the frames of one video, in their order. What is stored already stays."""
    with catalog.write() as connection:
        query = sql.SQL(
            "INSERT INTO {} (digest, frame, vector) SELECT %s, place, text::{}.halfvec"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS found (text, place) ON CONFLICT DO NOTHING"
        ).format(table_of(model), vector_schema(connection))
        connection.execute(query, (digest, [vector_text(one) for one in vectors]))
