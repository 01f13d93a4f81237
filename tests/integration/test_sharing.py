"""Two datasources that reach one object share one asset: the older governs, and neither reads what the other has."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.two import KEYS, Two, bucket_at, outcome, planned_nothing

from mirrorlake.catalog import datasources, edits
from mirrorlake.core.errors import Conflict
from mirrorlake.mirror.report import Report
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.runs import OutcomeKind
from mirrorlake.model.sources import Datasource, Location, NamingStrategy, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import run as search
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access


@pytest.fixture
def two(empty_catalog: Catalog, tmp_path: Path) -> Two:
    return Two(empty_catalog, tmp_path)


@pytest.mark.parametrize("younger_first", [False, True])
def test_one_object_is_one_asset_and_read_once(two: Two, *, younger_first: bool):
    put_all(two.store, KEYS)
    two.sidecar("a/0", site="hall")
    first, second = two.in_order(younger_first=younger_first)
    assert first.run().requests.get == len(KEYS) + 1
    before = {key: asset.id for key, asset in two.all().items()}
    report = second.run()
    assert (report.counts.new, report.requests.get, report.requests.head) == (len(KEYS), 0, 0)
    assets = two.all()
    assert {key: asset.id for key, asset in assets.items()} == before
    assert assets["a/0.png"].metadata == {"site": "hall"}
    for asset in assets.values():
        assert (asset.datasource, asset.datasources) == (two.names[0], two.names)
    for one in (two.older, two.younger):
        assert set(one.assets()) == set(KEYS)
        assert planned_nothing(one.run())
    assert {one.name: one.assets for one in datasources.list_summaries(two.catalog)} == dict.fromkeys(two.names, 6)


def test_a_dry_run_tells_that_nothing_is_read_again(two: Two):
    put_all(two.store, KEYS)
    two.sidecar("a/0", site="hall")
    two.younger.run()
    for known in (True, False):
        report = two.older.preview(known=known)
        assert report.would is not None
        assert report.samples is not None
        assert (report.counts.new, report.would.get, report.would.bytes) == (len(KEYS), 0, 0)
        assert {sample.reason for sample in report.samples["new"]} == {
            "another datasource already read these bytes: they are not read again"
        }


@pytest.mark.parametrize("younger_first", [False, True])
def test_a_replaced_object_is_read_by_whoever_sees_it_first(two: Two, *, younger_first: bool):
    put_all(two.store, KEYS)
    for one in (two.older, two.younger):
        one.run()
    before = two.all()["a/0.png"]
    two.store.put("a/0.png", picture(99))
    first, second = two.in_order(younger_first=younger_first)
    assert [first.run().requests.get, second.run().requests.get] == [1, 0]
    after = two.all()["a/0.png"]
    assert after.id == before.id
    assert after.placeholder != before.placeholder
    assert planned_nothing(first.run())
    assert planned_nothing(second.run())


def test_a_datasource_that_shares_assets_stays_on_its_server(two: Two):
    put_all(two.store, KEYS)
    two.older.run()
    two.younger.run()
    before = two.younger.source

    def elsewhere(found: Datasource) -> Datasource:
        return replace(found, access=S3Access(endpoint="https://s3.example"))

    with pytest.raises(Conflict, match=f"{before.name} shares assets with {two.older.source.name}, and another server"):
        datasources.change_stored(two.catalog, before.name, elsewhere, by=LIBRARY)
    assert datasources.by_id(two.catalog, before.id) == before
    for access in (S3Access(endpoint="https://s3.eu-west-1.amazonaws.com"), S3Access(profile="other")):  # all of AWS
        datasources.change_stored(two.catalog, before.name, lambda one, to=access: replace(one, access=to), by=LIBRARY)
    alone = Mirrored(two.catalog, two.folder, two.store, location=bucket_at("b/"))
    alone.run()
    datasources.change_stored(two.catalog, alone.source.name, elsewhere, by=LIBRARY)
    assert datasources.by_id(two.catalog, alone.source.id).access.options().endpoint == "https://s3.example"


def test_passes_over_the_same_new_objects_at_the_same_time_make_one_asset_each(two: Two):
    keys = [f"a/{number:03}.png" for number in range(200)]
    put_all(two.store, keys)
    third = Mirrored(two.catalog, two.folder, two.store, location=bucket_at())
    sources = [two.older, two.younger, third]
    together = Barrier(len(sources))

    def one(mirrored: Mirrored) -> Report:
        together.wait()
        return mirrored.run()

    with ThreadPoolExecutor(len(sources)) as threads:
        reports = list(threads.map(one, sources))
    assert [report.counts.new for report in reports] == [200, 200, 200]
    assets = two.all()
    assert set(assets) == set(keys)
    for asset in assets.values():
        assert asset.datasources == tuple(one.source.name for one in sources)
    assert all(planned_nothing(one.run()) for one in sources)


def test_the_older_governs_name_and_metadata(two: Two):
    put_all(two.store, KEYS)
    two.sidecar("a/0", site="one")
    two.older.change(naming=NamingStrategy.FILE_NAME)
    two.younger.change(naming=NamingStrategy.ETAG, metadata_strategy=MetadataStrategy.OVERWRITE)
    two.younger.run()
    identity = two.all()["a/0.png"].id
    edits.apply(two.catalog, [identity], Edit(metadata={"mine": 1}))
    two.older.run()
    asset = two.all()["a/0.png"]
    assert (asset.name, asset.metadata) == ("0.png", {"site": "one", "mine": 1})

    two.sidecar("a/0", site="two")
    report = two.younger.run()
    assert (report.counts.unchanged, report.requests.get) == (len(KEYS), 0)
    assert outcome(two.younger, report, "a/0.png") == (
        OutcomeKind.UNCHANGED,
        "An older datasource governs its metadata",
    )
    assert two.all()["a/0.png"].metadata == {"site": "one", "mine": 1}
    assert planned_nothing(two.younger.run())
    report = two.older.run()
    assert (report.counts.metadata_changed, report.requests.get) == (1, 1)
    asset = two.all()["a/0.png"]
    assert (asset.name, asset.metadata) == ("0.png", {"site": "two", "mine": 1})
    assert planned_nothing(two.younger.run())


def test_other_bytes_seen_by_the_younger_leave_name_and_metadata_alone(two: Two):
    put_all(two.store, KEYS)
    two.sidecar("a/0", site="one")
    two.older.change(naming=NamingStrategy.FILE_NAME)
    two.older.run()
    two.younger.run()
    two.store.put("a/0.png", picture(99))
    two.sidecar("a/0", site="two")
    assert two.younger.run().counts.changed == 1
    asset = two.all()["a/0.png"]
    assert (asset.name, asset.metadata, asset.size) == ("0.png", {"site": "one"}, len(picture(99)))
    report = two.older.run()
    assert (report.counts.changed, report.requests.get) == (1, 1)  # the sidecar
    assert two.all()["a/0.png"].metadata == {"site": "two"}
    assert planned_nothing(two.older.run())


@pytest.mark.parametrize("seen_by_the_younger", [False, True])
def test_when_the_older_does_not_take_an_object_any_more_the_younger_governs_it(two: Two, *, seen_by_the_younger: bool):
    put_all(two.store, KEYS)
    two.sidecar("a/0", site="one")
    for one in (two.older, two.younger):
        one.run()
    two.sidecar("a/0", site="two")
    if seen_by_the_younger:
        two.younger.run()
    two.older.change(exclude=("a/0.png",))
    report = two.older.run()
    assert (report.counts.missing, report.counts.removed) == (1, 0)
    assert (
        outcome(two.older, report, "a/0.png")[1] == "No pattern selects it any more; another datasource still shows it"
    )
    asset = two.all()["a/0.png"]
    assert (asset.state, asset.datasource, asset.datasources) == ("present", two.names[1], (two.names[1],))
    assert "a/0.png" not in two.older.assets()
    two.younger.run()
    assert two.all()["a/0.png"].metadata == {"site": "two"}
    assert planned_nothing(two.younger.run())
    two.older.change()
    assert two.older.run().requests.get == 1  # the sidecar, which it last saw as it was before
    asset = two.all()["a/0.png"]
    assert (asset.datasource, asset.datasources) == (two.names[0], two.names)


@pytest.mark.parametrize("younger_first", [False, True])
def test_nested_folders_reach_the_same_files(empty_catalog: Catalog, tmp_path: Path, *, younger_first: bool):
    roots = [tmp_path / "photos 100%", tmp_path / "photos 100%" / "ä b"]
    roots[1].mkdir(parents=True)
    (roots[1] / "x.png").write_bytes(picture(1))
    (roots[0] / "y.png").write_bytes(picture(2))
    locations = [Location(provider=Provider.FILE, container=str(root)) for root in roots]
    outer, inner = (
        Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location) for location in locations
    )
    first, second = (inner, outer) if younger_first else (outer, inner)
    first.run()
    expected = (2, 1) if younger_first else (1, 0)  # new, read
    report = second.run()
    assert (report.counts.new, report.requests.get) == expected
    found = {asset.key: asset.datasources for asset in search.stream(empty_catalog, "")}
    assert found == {"ä b/x.png": (outer.source.name, inner.source.name), "y.png": (outer.source.name,)}
    assert planned_nothing(outer.run())
    assert planned_nothing(inner.run())


@pytest.mark.parametrize(
    ("uri", "endpoint", "store"),
    [
        ("s3://photos/a/", None, "s3://photos"),
        ("s3://photos/x://y/", "https://s3.eu-west-1.amazonaws.com/", "s3://photos"),
        ("s3://photos/", "http://MinIO.example:80/", "s3://photos@http://minio.example"),
        ("s3://photos/", "http://minio.example", "s3://photos@http://minio.example"),
        ("s3://photos/", "https://minio.example:443", "s3://photos@https://minio.example"),
        ("s3://photos/", "http://minio.example:9000", "s3://photos@http://minio.example:9000"),
        ("s3://photos/", "https://amazonaws.com.example", "s3://photos@https://amazonaws.com.example"),
        ("file:///a%20b/", None, "file"),
        ("memory:///", None, None),
    ],
)
def test_one_store_is_known_however_it_is_written(catalog: Catalog, uri: str, endpoint: str | None, store: str | None):
    with catalog.read() as connection:
        row = connection.execute("SELECT store_of(%s, %s::jsonb)", (uri, json.dumps({"endpoint": endpoint}))).fetchone()
    assert row == (store,)


def reached(connection: psycopg.Connection[tuple[object, ...]], uri: str) -> tuple[object, ...] | None:
    return connection.execute("SELECT base_of(%s), reach_of(%s)", (uri, uri)).fetchone()


@pytest.mark.parametrize(
    ("location", "base", "reach"),
    [
        (Location(provider=Provider.FILE, container="/"), "/", "/"),
        (Location(provider=Provider.FILE, container="/a b/50%/ü\n"), "/a b/50%/ü\n/", "/a b/50%/ü\n/"),
        (bucket_at(), "", ""),
        (bucket_at("x://y/\n/%20/"), "", "x://y/\n/%20/"),
    ],
)
def test_the_catalog_knows_what_the_keys_of_a_datasource_begin_with(
    catalog: Catalog, location: Location, base: str, reach: str
):
    with catalog.read() as connection:
        assert reached(connection, location.uri) == (base, reach)


def test_places_that_only_look_alike_share_nothing(empty_catalog: Catalog, tmp_path: Path):
    def made(location: Location) -> Mirrored:
        store = MemoryStore()
        put_all(store, KEYS)
        return Mirrored(empty_catalog, tmp_path, store, location=location)

    other = Location(provider=Provider.S3, container="photos-2")
    sources = [made(one) for one in (bucket_at(), other, Location(provider=Provider.MEMORY, container=""))]
    for _ in range(2):
        for one in sources:
            one.run()
    assert len(list(search.stream(empty_catalog, ""))) == 3 * len(KEYS)
