"""The seeded catalog must know exactly what the synthetic listing serves, or a "no-change" pass would be none."""

from __future__ import annotations

from benchmarks.pages import etag_of, key_of, size_of
from benchmarks.seed import know_synthetic

from mirrorlake.postgres.pool import Catalog

OBJECTS = 20_010  # into a second folder


def test_the_seed_knows_what_the_pages_serve(empty_catalog: Catalog) -> None:
    know_synthetic(empty_catalog, name="bench", endpoint="http://127.0.0.1:1", objects=OBJECTS)
    with empty_catalog.read() as connection:
        known = connection.execute(
            "SELECT object.key, size, token, companions, companion.key"
            " FROM object JOIN companion USING (asset_id) WHERE object.state = 0 ORDER BY object.key"
        ).fetchall()
    assert known == [
        (key_of(row), size_of(row), etag_of(row), f"metadata={size_of(row + 1)}:{etag_of(row + 1)}", key_of(row + 1))
        for row in range(0, OBJECTS, 2)
    ]
