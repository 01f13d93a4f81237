"""Makes a catalog know a bucket without a first pass. FOR BENCHMARKS ONLY: the facts are made up.

A first pass over a million real images would take hours and prove nothing about the second; what a no-change pass
reads, the narrow table `object`, is filled with exactly what a first pass would have put there.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from benchmarks.pages import PAIRS_A_FOLDER
from mirrorlake.catalog import datasources
from mirrorlake.model.sources import Access, AccessOptions, MirrorSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import provider_of

CatalogSnapshot = tuple[str, int, str, str | None, int | None, str | None]  # key, size, token; sidecar key, size, token

_STAGED = """
CREATE TEMPORARY TABLE staged (
  key text COLLATE "C", size bigint, token text, sidecar_key text, sidecar_size bigint, sidecar_token text
)
"""
# The tokens that the servers of the three clouds list, by the scheme of their addresses.
_TOKENS = {
    "s3": "CREATE FUNCTION pg_temp.token(bigint) RETURNS text LANGUAGE sql AS $$SELECT md5('object-' || $1)$$",
    "gs": "CREATE FUNCTION pg_temp.token(bigint) RETURNS text LANGUAGE sql AS $$SELECT (1700000000000000 + $1)::text$$",
    "az": "CREATE FUNCTION pg_temp.token(bigint) RETURNS text LANGUAGE sql"
    " AS $$SELECT '0x8DE' || lpad(upper(to_hex($1)), 12, '0')$$",
}
# The same arithmetic as in pages.py, gcs_pages.py and azure_pages.py: a test compares them.
SYNTHETIC = """
INSERT INTO staged
SELECT stem || '.jpg', 100000 + row %% 900000, pg_temp.token(row),
  stem || '.json', 100 + (row + 1) %% 900, pg_temp.token(row + 1)
FROM (
  SELECT pair * 2 AS row,
    'set-' || lpad((pair / %(folder)s)::text, 4, '0') || '/img_' || lpad(pair::text, 8, '0') AS stem
  FROM generate_series(0, %(pairs)s::bigint - 1) AS pair
) AS pairs
"""
_ASSETS = """
WITH made AS (
  INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation, digest,
    placeholder, metadata)
  SELECT %(id)s, key, regexp_replace(key, '^.*/', ''), token, size, 'image', 'image/jpeg', 4000, 3000, 1,
    sha256(key::bytea), '\\x00',
    jsonb_build_object('camera_id', 'cam-' || size %% 13, 'quality_score', size %% 1000 / 1000.0)
  FROM staged RETURNING id, key
), beside AS (
  INSERT INTO companion (asset_id, role, key)
  SELECT made.id, 'metadata', sidecar_key FROM staged JOIN made USING (key) WHERE sidecar_key IS NOT NULL
)
INSERT INTO object (datasource_id, state, size, asset_id, key, token, companions)
SELECT %(id)s, 0, size, made.id, key, token, 'metadata=' || sidecar_size || ':' || sidecar_token
FROM staged JOIN made USING (key) ORDER BY key
"""
_SEARCH_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'asset' AND indexdef LIKE '% USING gin %'"
)


def know_synthetic(
    catalog: Catalog, *, name: str, endpoint: str, objects: int, uri: str = "s3://bench/", ordered: bool | None = True
) -> None:
    """Know the bucket that a server of synthetic pages lists with this number of objects (an even one)."""
    location = parse_location(uri)
    access = provider_of(location.provider).change_access(Access(), AccessOptions(endpoint=endpoint, anonymous=True))
    with psycopg.connect(catalog.conninfo) as session:
        session.execute(_STAGED)
        session.execute(_TOKENS[location.provider.value])
        session.execute(SYNTHETIC, {"folder": PAIRS_A_FOLDER, "pairs": objects // 2})
        _keep(catalog, session, name, access, ordered=ordered, uri=uri)


def know_listed(catalog: Catalog, *, name: str, uri: str, access: Access, known: Iterable[CatalogSnapshot]) -> None:
    """Know these objects of a real bucket."""
    with psycopg.connect(catalog.conninfo) as session:
        session.execute(_STAGED)
        with session.cursor().copy("COPY staged FROM STDIN") as copy:
            for row in known:
                copy.write_row(row)
        _keep(catalog, session, name, access, ordered=None, uri=uri)


def _keep(
    catalog: Catalog,
    session: psycopg.Connection,
    name: str,
    access: Access,
    *,
    ordered: bool | None,
    uri: str = "s3://bench/",
) -> None:
    source = datasources.create(
        catalog,
        name=name,
        location=parse_location(uri),
        access=access,
        settings=MirrorSettings(listing_ordered=ordered),
    )
    # Filling a table and indexing it afterwards is many times faster than both at once.
    indexes = session.execute(_SEARCH_INDEXES).fetchall()
    for index, _ in indexes:
        session.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
    session.execute(_ASSETS, {"id": source.id})
    for _, definition in indexes:
        session.execute(definition)
    session.commit()
    session.autocommit = True
    session.execute("VACUUM ANALYZE asset")
    session.execute("VACUUM ANALYZE object")
    session.execute("CHECKPOINT")
