"""The bytes by type and folder are exact in a small library, and near in a sample, which is marked."""

from __future__ import annotations

from collections import Counter

import pytest

from mirrorlake.catalog.storage import read_storage
from mirrorlake.postgres.pool import Catalog

TYPES = ("image/jpeg", "image/png", "video/mp4")
FOLDERS = ("photos/", "clips/", "")
ASSETS = 30_000
TRASH_EVERY = 10


@pytest.fixture(scope="module", autouse=True)
def sums(catalog: Catalog) -> dict[str, Counter[str]]:
    """Fills the library; the bytes by type and by folder, as Python adds them up."""
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO datasource (name, uri, access, settings)"
            " VALUES ('one', 's3://one/', '{}', '{}'), ('two', 's3://two/', '{}', '{}')"
        )
        connection.execute(
            "INSERT INTO asset (datasource_id, key, name, state, token, size, media_type, kind, digest)"
            " SELECT 1 + number %% 2, (%s::text[])[1 + number %% 3] || number || '/x.jpg', 'x',"
            "  CASE WHEN number %% %s = 0 THEN 2 ELSE 0 END, '', 1000 * (1 + number %% 7),"
            "  (%s::text[])[1 + number / 2 %% 3], 'text', ''"
            " FROM generate_series(1, %s) AS number",
            [[*FOLDERS[:2], "deep/photos/"], TRASH_EVERY, list(TYPES), ASSETS],
        )
        rows = connection.execute(
            "SELECT media_type, datasource_id, split_part(key, '/', 1), size FROM asset WHERE state <> 2"
        ).fetchall()
    types, folders = Counter[str](), Counter[str]()
    for media_type, source, folder, size in rows:
        types[media_type] += size
        folders[f"{'one' if source == 1 else 'two'} {folder}/"] += size
    return {"types": types, "folders": folders}


def test_a_small_library_is_added_up_to_the_last_byte(catalog: Catalog, sums: dict[str, Counter[str]]) -> None:
    found = read_storage(catalog, sample=ASSETS)
    assert found.sampled is None
    assert {one.name: one.bytes for one in found.types} == sums["types"]
    assert {f"{one.datasource} {one.name}": one.bytes for one in found.folders} == sums["folders"]
    assert sum(one.bytes for one in found.datasources) == sum(sums["types"].values())
    assert [one.bytes for one in found.types] == sorted(sums["types"].values(), reverse=True)
    assert sum(one.assets for one in found.types) == ASSETS - ASSETS // TRASH_EVERY


def test_a_sample_is_marked_near_and_the_same_each_time(catalog: Catalog, sums: dict[str, Counter[str]]) -> None:
    found = read_storage(catalog, sample=ASSETS // 5)
    assert found.sampled == pytest.approx(0.2)
    assert found == read_storage(catalog, sample=ASSETS // 5)
    for one in found.types:
        assert one.bytes == pytest.approx(sums["types"][one.name], rel=0.15)
    assert {one.name for one in found.datasources} == {"one", "two"}
    for one in found.folders:
        assert one.bytes == pytest.approx(sums["folders"][f"{one.datasource} {one.name}"], rel=0.15)


def test_an_empty_library_has_no_shares(empty_catalog: Catalog) -> None:
    found = read_storage(empty_catalog)
    assert (found.types, found.folders, found.sampled) == ((), (), None)
