"""The seeded catalog must know exactly what the synthetic listing serves, or a "no-change" pass would be none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from benchmarks import azure_pages
from benchmarks.gcs_pages import generation_of
from benchmarks.pages import etag_of, key_of, size_of
from benchmarks.seed import know_synthetic

from mirrorlake.postgres.pool import Catalog

OBJECTS = 20_010  # into a second folder


@pytest.mark.parametrize(
    ("uri", "objects", "token_of"),
    [
        ("s3://bench/", OBJECTS, etag_of),
        ("gs://bench/", 100, generation_of),
        ("az://bench/objects", 100, azure_pages.etag_of),
    ],
    ids=["s3", "gs", "az"],
)
def test_the_seed_knows_what_the_pages_serve(
    empty_catalog: Catalog, uri: str, objects: int, token_of: Callable[[int], str]
) -> None:
    know_synthetic(empty_catalog, name="bench", endpoint="http://127.0.0.1:1", objects=objects, uri=uri)
    with empty_catalog.read() as connection:
        known = connection.execute(
            "SELECT object.key, size, token, companions, companion.key"
            " FROM object JOIN companion USING (asset_id) WHERE object.state = 0 ORDER BY object.key"
        ).fetchall()
    assert known == [
        (key_of(row), size_of(row), token_of(row), f"metadata={size_of(row + 1)}:{token_of(row + 1)}", key_of(row + 1))
        for row in range(0, objects, 2)
    ]
