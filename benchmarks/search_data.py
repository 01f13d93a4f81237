"""The library that searches are measured on: ten metadata keys an asset, made by the server. FOR BENCHMARKS ONLY.

Every value is arithmetic over the asset's number, so that what a query must find is known without asking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from mirrorlake.catalog import datasources, field_counts, library_count
from mirrorlake.model.sources import Access, MirrorSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import parse_location

STREAMS = 2  # one a core
BATCH = 20_000  # assets a transaction, about what a pass commits at once
SOURCE = "bench"

# A number that looks random, of the asset's number and a salt: 0 to 2^31.
_HASH = "abs(hashint8(n * 64 + {salt})::bigint)"
_FOLDER = "'set-' || lpad((n / 100000)::text, 4, '0') || '/day-' || lpad((n / 2000 % 50)::text, 2, '0') || '/'"
_NAME = (
    "'IMG_' || lpad(n::text, 8, '0') || CASE WHEN n % 250007 = 5 THEN '_okapi'"
    f" WHEN {_HASH.format(salt=1)} % 10 = 0 THEN '_heron'"
    f" WHEN {_HASH.format(salt=1)} % 400 = 1 THEN '_lynx' ELSE '' END || '.jpg'"
)
_METADATA = """
jsonb_build_object(
  'camera_id', CASE WHEN n % 500009 = 7 THEN 'cam-rare' ELSE 'cam-' || lpad(({h2} % 50)::text, 2, '0') END,
  'site', 'site-' || {h3} % 5000,
  'split', CASE WHEN {h4} % 10 < 8 THEN 'train' WHEN {h4} % 10 = 8 THEN 'valid' ELSE 'test' END,
  'score', ({h5} % 100000) / 1000.0,
  'temperature', {h6} % 66 - 20,
  'captured', to_char(timestamp '2021-01-01' + ({h7} % 2600000) * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI"Z"'),
  'reviewed', {h8} % 4 = 0,
  'weather', (ARRAY['sun', 'rain', 'snow', 'fog', 'wind', 'cloud'])[1 + {h9} % 6],
  'session', 'session-' || n / 2000,
  'frame', n % 2000
)
""".format(**{f"h{salt}": _HASH.format(salt=salt) for salt in range(2, 10)})
# Rows `first` to `last` - 1, as a pass commits them: the asset, and what the next pass compares with.
_LOAD = """
WITH made AS (
  INSERT INTO asset (id, datasource_id, key, name, token, size, modified, kind, media_type, width, height, orientation,
    digest, placeholder, metadata, merged_at, created, updated)
  SELECT n + 1, %(source)s, {folder} || {name}, {name}, md5(n::text), 100000 + {size} %% 9900000,
    timestamptz '2024-01-01Z' + n * interval '1 second', 'image',
    CASE WHEN n %% 20 = 0 THEN 'image/png' ELSE 'image/jpeg' END,
    1000 + {width} %% 5000, 800 + {height} %% 3000, 1,
    coalesce((%(digests)s::bytea[])[1 + n %% cardinality(%(digests)s::bytea[])], sha256(int8send(n))),
    coalesce((%(placeholders)s::bytea[])[1 + n %% cardinality(%(placeholders)s::bytea[])], '\\x00'),
    {metadata}, now(), timestamptz '2025-01-01Z' + n * interval '1 second',
    timestamptz '2025-01-01Z' + n * interval '1 second'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint - 1) AS n
  RETURNING id, key, size, token
)
INSERT INTO object (datasource_id, state, size, asset_id, key, token)
SELECT %(source)s, 0, size, id, key, token FROM made
""".format(  # noqa: S608 - our own text
    folder=_FOLDER.replace("%", "%%"),
    name=_NAME.replace("%", "%%"),
    metadata=_METADATA.replace("%", "%%"),
    size=_HASH.format(salt=10),
    width=_HASH.format(salt=11),
    height=_HASH.format(salt=12),
)
_MAKING = (
    f"SELECT count({_FOLDER.replace('%', '%%')} || {_NAME.replace('%', '%%')}),"  # noqa: S608 - our own text
    f" count({_METADATA.replace('%', '%%')})"
    " FROM generate_series(1, %(last)s::bigint) AS n"
)
MADE = 20_000  # assets whose making is timed
_TAGS = (
    "INSERT INTO asset_tag SELECT 'blurred', id FROM asset WHERE id % 10 = 3",
    "INSERT INTO asset_tag SELECT 'favourite', id FROM asset WHERE id % 1000 = 17",
    "INSERT INTO asset_tag SELECT 'broken', id FROM asset WHERE id % 500003 = 11",
    "INSERT INTO asset_tag SELECT 'old', id FROM asset WHERE id <= (SELECT max(id) / 10 FROM asset)",
    "INSERT INTO project (name) VALUES ('old')",
    (
        "INSERT INTO project_asset (project_id, asset_id)"
        " SELECT project.id, asset.id FROM project, asset WHERE asset.id <= (SELECT max(id) / 10 FROM asset)"
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The pictures that the assets have by turns. None: each asset has a digest of its own, and no thumbnail."""

    digests: Sequence[bytes] | None = None
    placeholders: Sequence[bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a bulk load took."""

    assets: int
    seconds: float
    making_us: float  # what the server spends on making the values of one asset, without storing them
    counting_us: float  # what counting the values of one asset takes afterwards, in the background


NO_PICTURES = Pictures()


def load(catalog: Catalog, assets: int, *, streams: int = STREAMS, pictures: Pictures = NO_PICTURES) -> Loaded:
    """Fill an empty library in batches of a pass, by several sessions, with all indexes. Tags and statistics after."""
    source = new_source(catalog)
    started = time.perf_counter()
    in_parallel(catalog, source, assets, streams, pictures=pictures)
    seconds = time.perf_counter() - started
    with psycopg.connect(catalog.conninfo, autocommit=True) as session:
        for text in _TAGS:
            session.execute(text)
        session.execute("SELECT setval(pg_get_serial_sequence('asset', 'id'), max(id)) FROM asset")
        for table in ("asset", "object", "asset_tag", "project_asset"):
            session.execute(f"VACUUM ANALYZE {table}")
        session.execute("CHECKPOINT")
        begun = time.perf_counter()
        make_values(session, MADE)
        making = (time.perf_counter() - begun) / MADE
    begun = time.perf_counter()
    field_counts.fold(catalog)
    library_count.fold(catalog)
    counting = (time.perf_counter() - begun) / assets
    return Loaded(assets=assets, seconds=seconds, making_us=making * 1e6, counting_us=counting * 1e6)


def new_source(catalog: Catalog) -> int:
    """A datasource for assets that will be loaded."""
    location = parse_location("s3://bench/")
    return datasources.create(catalog, name=SOURCE, location=location, access=Access(), settings=MirrorSettings()).id


def source_id(catalog: Catalog) -> int:
    """The datasource of the loaded assets."""
    return datasources.named(catalog, SOURCE).id


def in_parallel(
    catalog: Catalog, source: int, assets: int, streams: int, first: int = 0, *, pictures: Pictures = NO_PICTURES
) -> None:
    """Insert these assets. Each session takes the next batch, so that ids and keys grow nearly in step."""
    following = iter(range(first, first + assets, BATCH))
    taking = threading.Lock()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with psycopg.connect(catalog.conninfo, autocommit=True) as session:
                while not failed:
                    with taking:
                        begin = next(following, None)
                    if begin is None:
                        return
                    insert(session, source, begin, min(begin + BATCH, first + assets), pictures)
        except BaseException as error:  # noqa: BLE001  raised below
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def make_values(session: psycopg.Connection, assets: int) -> None:
    """Make the values of this many assets, and store nothing."""
    session.execute(_MAKING, {"last": assets})


def insert(session: psycopg.Connection, source: int, first: int, last: int, pictures: Pictures = NO_PICTURES) -> None:
    """One batch in one transaction."""
    values = {"digests": pictures.digests, "placeholders": pictures.placeholders}
    session.execute(_LOAD, {"source": source, "first": first, "last": last, **values})
