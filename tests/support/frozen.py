"""A small library with a project whose assets have metadata, tags, annotations and splits. It costs no pass."""

from __future__ import annotations

from mirrorlake.catalog import projects
from mirrorlake.library.snapshots import freeze
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.snapshots import Snapshot
from mirrorlake.postgres.pool import Catalog

ASSETS = 40
ROADS = "roads"


def fill(catalog: Catalog) -> None:
    """Assets 1 to 40 in four folders, of which 1 to 30 are in the project."""
    with catalog.write() as connection:
        connection.execute(
            """
            INSERT INTO datasource (name, uri, access, settings) VALUES ('cams', 's3://cams/', '{}', '{}');
            INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height, orientation,
              digest, placeholder, metadata, provenance, merged_at)
            OVERRIDING SYSTEM VALUE
            SELECT i, 1, 'day ' || i / 10 || '/' || i || '.jpg', i || '.jpg', 'token ' || i, 1000 + i, 'image',
              'image/jpeg', 640, 480, 1,
              sha256(i::text::bytea), '\\x00', jsonb_build_object('camera_id', i % 5, 'site', 'hall ' || i % 3),
              '{"site": ["user", "2026-01-01T00:00:00+00:00", "Ada"]}', now()
            FROM generate_series(1, 40) AS i;
            INSERT INTO object (datasource_id, state, size, asset_id, key, token)
            SELECT 1, 0, size, id, key, token FROM asset;
            INSERT INTO asset_tag SELECT 'new', i FROM generate_series(1, 10) AS i;
            INSERT INTO ontology (name) VALUES ('road');
            INSERT INTO label_class (ontology_id, position, name, shape, colour)
            VALUES (1, 1, 'car', 'box', '#ff0000'), (1, 2, 'lane', 'polygon', '#00ff00');
            INSERT INTO annotation (asset_id, class_id, x, y, width, height, source, by)
            SELECT i, 1, 0.1, 0.25, i / 100.0, 0.5, 'user', 'Ada' FROM generate_series(1, 20) AS i;
            INSERT INTO annotation (asset_id, class_id, x, y, width, height, geometry, source)
            SELECT i, 2, 0, 0, 1, 1, '{"rings": [[[0, 0], [1, 0], [1, 1]]]}', 'import' FROM generate_series(1, 5) AS i;
            """
        )
    projects.add(catalog, ROADS, [str(number) for number in range(1, 31)])


def make_snapshot(catalog: Catalog, note: str = "") -> Snapshot:
    """Freeze the project."""
    return freeze(catalog, ROADS, lambda _step, _done, _total: None, note=note, by=LIBRARY)
