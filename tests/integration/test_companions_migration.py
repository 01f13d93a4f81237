"""A library of the schema before companions migrates by itself, and its next pass plans nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from tests.support.passes import Mirrored, picture
from tests.support.postgres import Server

from mirrorlake.catalog import assets
from mirrorlake.catalog.runs import begin
from mirrorlake.mirror.reapply import reapply
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.runs import Counts, Trigger
from mirrorlake.model.sources import Access, Datasource, Location, MirrorConfig, MirrorSettings, Orphans, Provider
from mirrorlake.postgres.migrate import all_migrations, migrate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.settings import settings_to_json
from mirrorlake.storage.providers.memory.store import MemoryStore

BEFORE = 12  # the schema with one sidecar in columns of its own
READ = datetime(2024, 5, 1, tzinfo=UTC)

# As the catalog wrote them then. The file of `bad` could never be used; that of `frozen` is not listed any more.
ASSETS = """
INSERT INTO asset (datasource_id, key, name, state, token, size, media_type, width, height, orientation, digest,
  placeholder, metadata, provenance, edited, sidecar_key, sidecar, sidecar_at)
SELECT %(source)s, key, key, state, token, size, 'image/png', 8, 8, 1, '\\x00', '\\x00', metadata::jsonb,
  provenance::jsonb, provenance <> '{}', sidecar_key, sidecar::json, %(read)s
FROM staged WHERE token IS NOT NULL AND known <> 2
"""
OBJECTS = """
INSERT INTO object (datasource_id, state, size, sidecar_size, asset_id, key, token, sidecar_token, reason)
SELECT %(source)s, known, staged.size, sidecar_size, asset.id, staged.key, staged.token, sidecar_token,
  CASE WHEN known = 2 THEN 'not an image' END
FROM staged LEFT JOIN asset ON asset.key = staged.key ORDER BY staged.key
"""


@pytest.fixture
def bucket() -> MemoryStore:
    store = MemoryStore()
    for number, name in enumerate(("edited", "plain", "bad", "refused", "unread")):
        store.put(f"{name}.png", b"no image" if name == "refused" else picture(number))
    for name in ("edited", "refused", "unread"):
        store.put(f"{name}.json", b'{"site": {"name": "north"}, "n": 1}')
    store.put("bad.json", b"[]")
    return store


@pytest.fixture
def old(postgres_server: Server, tmp_path: Path, bucket: MemoryStore) -> Iterator[Mirrored]:
    """A library of that schema, with edits, a trashed and a missing asset, and a removal that waits."""
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as session:
        session.execute("DROP DATABASE IF EXISTS before_companions")
        session.execute("CREATE DATABASE before_companions TEMPLATE template0")
    conninfo = make_conninfo(postgres_server.conninfo, dbname="before_companions")
    with psycopg.connect(conninfo) as session:
        session.execute(
            "CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL,"
            " applied timestamptz NOT NULL DEFAULT now())"
        )
        for migration in all_migrations()[:BEFORE]:
            session.execute(migration.sql.encode())
            session.execute("INSERT INTO schema_version VALUES (%s, %s)", [migration.version, migration.name])
        settings = MirrorSettings(configs=(MirrorConfig(orphans=Orphans.KEEP),))
        location = Location(provider=Provider.MEMORY, container="")
        row = session.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES ('memory', %s, '{}', %s) RETURNING id",
            [location.uri, Jsonb(settings_to_json(settings))],
        ).fetchone()
        assert row is not None
        source = Datasource(id=row[0], name="memory", location=location, access=Access(), settings=settings)
    with Catalog(conninfo) as catalog:
        mirrored = Mirrored(catalog, tmp_path, bucket, source=source)
        _fill(conninfo, mirrored, bucket)
        yield mirrored


def _fill(conninfo: str, mirrored: Mirrored, bucket: MemoryStore) -> None:
    document = '{"site":{"name":"north"},"n":1}'
    values = {"site.name": "north", "n": 1}
    rows = [
        # key, states of asset and object, metadata, provenance, sidecar
        ("edited", 0, 0, values | {"mine": 2}, {"mine": ["user", "2024-05-02T00:00:00+00:00"]}, document),
        ("plain", 0, 0, {}, {}, None),
        ("bad", 0, 0, {}, {}, None),
        ("refused", 0, 2, {}, {}, None),
        ("missing", 1, 1, values, {}, document),
        ("trashed", 2, 3, values, {}, document),
    ]
    with psycopg.connect(conninfo) as session:
        session.execute(
            "CREATE TEMP TABLE staged (key text, state smallint, known smallint, metadata text, provenance text,"
            " sidecar text, token text, size bigint, sidecar_key text, sidecar_token text, sidecar_size bigint)"
        )
        for name, state, known, metadata, provenance, sidecar in rows:
            here = bucket.head(f"{name}.png") if known in (0, 2) else None
            beside = bucket.head(f"{name}.json") if name in ("edited", "bad", "refused") else None
            session.execute(
                "INSERT INTO staged VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    f"{name}.png", state, known, json.dumps(metadata), json.dumps(provenance), sidecar,
                    here.token if here else "gone", here.size if here else 1,
                    f"{name}.json" if beside or sidecar else None,
                    beside.token if beside else "gone" if sidecar else None,
                    beside.size if beside else 1 if sidecar else None,
                ],
            )  # fmt: skip
        session.execute(
            "INSERT INTO staged VALUES ('unread.png', 0, 0, '{}', '{}', NULL, %s, %s, 'unread.json', '', 5)",
            [(here := bucket.head("unread.png")).token, here.size],
        )
        session.execute(ASSETS, {"source": mirrored.source.id, "read": READ})
        session.execute(OBJECTS, {"source": mirrored.source.id})
        session.execute(
            "WITH held AS (INSERT INTO run (datasource_id, trigger, state) VALUES (%s, 'mirror', 'held') RETURNING id),"
            " hold AS (INSERT INTO hold SELECT id, 'much', 1, '{}', 'hash' FROM held RETURNING run_id)"
            " INSERT INTO held_removal SELECT run_id, 'missing.png' FROM hold",
            [mirrored.source.id],
        )


def test_an_existing_library_keeps_everything_and_its_next_pass_reads_only_what_was_never_read(
    old: Mirrored, bucket: MemoryStore
):
    assert migrate(old.catalog.conninfo, address="here") == len(all_migrations()) - BEFORE

    with old.catalog.read() as connection:
        companions = dict(connection.execute("SELECT key, companions FROM object").fetchall())
        kept = dict(connection.execute("SELECT key, document FROM companion ORDER BY asset_id").fetchall())
        assert connection.execute("SELECT key FROM held_removal").fetchall() == [("missing.png",)]
    edited = bucket.head("edited.json")
    assert companions == {
        "edited.png": f"metadata={edited.size}:{edited.token}",
        "plain.png": None,
        "bad.png": f"metadata=2:{bucket.head('bad.json').token}",
        "refused.png": f"metadata={edited.size}:{edited.token}",
        "unread.png": "metadata=0:",
        "missing.png": "metadata=1:gone",
        "trashed.png": "metadata=1:gone",
    }
    document = {"site": {"name": "north"}, "n": 1}
    assert kept == {
        "edited.json": document, "bad.json": None, "missing.json": document, "trashed.json": document,
        "unread.json": None,
    }  # fmt: skip

    first = old.run()
    assert (first.counts.metadata_changed, first.requests.get) == (1, 1)  # `unread`
    second = old.run()
    idle = Counts(listed=9, selected=5, unchanged=4, skipped=1, missing=1)
    assert (second.state.value, second.counts, second.requests.get) == ("succeeded", idle, 0)
    assert old.states() == {
        "edited.png": "present", "plain.png": "present", "bad.png": "present", "unread.png": "present",
        "missing.png": "missing", "trashed.png": "trash",
    }  # fmt: skip


def test_what_was_read_before_still_counts_after_the_migration(old: Mirrored, bucket: MemoryStore):
    migrate(old.catalog.conninfo, address="here")
    identity = old.assets()["edited.png"].id

    detail = assets.get_asset_detail(old.catalog, identity)
    assert (detail.sidecar_key, detail.metadata["n"].at) == ("edited.json", READ)
    assert detail.metadata["mine"].source == "user"

    old.change(orphans=Orphans.KEEP, metadata_strategy=MetadataStrategy.OVERWRITE)
    report = reapply(begin(old.catalog, old.source.id, Trigger.REAPPLY), old.source, lambda *_: None)
    assert report.counts.metadata_changed == 1  # from the document that was kept
    assert assets.get_asset_detail(old.catalog, identity).asset.metadata == {"site.name": "north", "n": 1}

    bucket.put("edited.json", b'{"n": 2}')
    assert old.run().counts.metadata_changed == 2  # and `unread`
    assert old.assets()["edited.png"].metadata == {"n": 2}
