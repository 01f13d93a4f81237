"""Datasources, tags and the ways into the catalog."""

from __future__ import annotations

import random
import string
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.support.datasources import store
from tests.support.locks import until_somebody_waits
from tests.support.postgres import Server

from mirrorlake.catalog import assets, datasources, edits, queue
from mirrorlake.core.errors import CatalogUnavailable, DiskFull, NotFound, SettingsError, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.model.edits import Edit
from mirrorlake.model.sources import (
    Datasource,
    DatasourceStatus,
    Location,
    MirrorConfig,
    MirrorSettings,
    Provider,
)
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.storage.providers.s3.access import S3Access

PHOTOS = Location(provider=Provider.S3, container="photos", prefix="2026/")


def make(
    catalog: Catalog, location: Location = PHOTOS, name: str | None = None, endpoint: str | None = None
) -> Datasource:
    return datasources.create(
        catalog, name=name, location=location, access=S3Access(endpoint=endpoint), settings=MirrorSettings()
    )


def test_a_datasource_is_found_again_by_name_and_by_address(empty_catalog: Catalog):
    made = datasources.create(
        empty_catalog,
        name="mine",
        location=PHOTOS,
        access=S3Access(endpoint="http://127.0.0.1:1", region="eu-central-1", profile="p", anonymous=True),
        settings=MirrorSettings(
            configs=(MirrorConfig(globs=("**/*.jpg", "x é"), exclude=("b",)),), listing_ordered=False
        ),
    )

    assert datasources.by_name(empty_catalog, "mine") == made
    assert datasources.find_by_source(empty_catalog, PHOTOS, "http://127.0.0.1:1") == made
    assert datasources.find_by_source(empty_catalog, PHOTOS, "http://127.0.0.1:2") is None
    assert datasources.by_name(empty_catalog, "other") is None
    assert datasources.list_all(empty_catalog) == [made]


def test_an_endpoint_that_is_not_said_is_the_stored_one_unless_there_are_several(empty_catalog: Catalog):
    first = make(empty_catalog, endpoint="http://127.0.0.1:1")
    make(empty_catalog, endpoint="http://127.0.0.1:1")
    assert datasources.find_by_source(empty_catalog, PHOTOS, None) == first
    other = make(empty_catalog, endpoint="http://127.0.0.1:2")
    with pytest.raises(SettingsError, match=r"2 servers: http://127\.0\.0\.1:1, http://127\.0\.0\.1:2"):
        datasources.find_by_source(empty_catalog, PHOTOS, None)
    assert datasources.find_by_source(empty_catalog, PHOTOS, "http://127.0.0.1:2") == other
    at_amazon = make(empty_catalog)
    assert datasources.find_by_source(empty_catalog, PHOTOS, None) == at_amazon


def test_an_address_that_no_index_holds_is_refused(empty_catalog: Catalog):
    dice = random.Random(4)  # noqa: S311 - text that does not compress
    characters = dice.choices(string.ascii_letters, k=4_000)

    with pytest.raises(UsageError, match="address is too long"):
        make(empty_catalog, replace(PHOTOS, prefix="".join(characters)))

    assert datasources.list_all(empty_catalog) == []


def test_derived_names_are_unique_and_given_ones_must_be(empty_catalog: Catalog):
    names = [make(empty_catalog, endpoint=f"http://{number}").name for number in range(3)]
    make(empty_catalog, name="mine")

    assert names == ["photos-2026", "photos-2026-2", "photos-2026-3"]
    with pytest.raises(UsageError, match="named mine already"):
        make(empty_catalog, name="mine")


@pytest.mark.parametrize(
    "location",
    [
        PHOTOS,
        Location(provider=Provider.S3, container="b"),
        Location(provider=Provider.S3, container="b", prefix="a b/%41/é?#//"),
        Location(provider=Provider.FILE, container="/srv/photos and more/100% é#?"),
        Location(provider=Provider.FILE, container="/"),
        Location(provider=Provider.MEMORY, container=""),
    ],
)
def test_every_location_comes_back_as_it_was(empty_catalog: Catalog, location: Location):
    made = make(empty_catalog, location)

    found = datasources.by_name(empty_catalog, made.name)

    assert found is not None
    assert found.location == location


def test_an_update_changes_access_and_settings_only(empty_catalog: Catalog):
    made = make(empty_catalog)
    changed = replace(
        made,
        access=S3Access(region="eu-west-1"),
        settings=MirrorSettings(configs=(MirrorConfig(globs=("a",)), MirrorConfig(id="b"))),
    )

    assert store(empty_catalog, changed) == changed

    assert datasources.by_name(empty_catalog, made.name) == changed
    with pytest.raises(NotFound):
        store(empty_catalog, replace(made, id=999))


def test_what_a_newer_version_stored_is_ignored(empty_catalog: Catalog):
    made = make(empty_catalog)
    with empty_catalog.write() as connection:
        connection.execute(
            """UPDATE datasource SET settings = settings || '{"novel": 1}', access = access || '{"y": 2}'"""
        )

    assert datasources.by_name(empty_catalog, made.name) == made


def new_asset(catalog: Catalog) -> str:
    source = make(catalog)
    with catalog.write() as connection:
        row = connection.execute(
            "INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation,"
            " digest, placeholder) VALUES (%s, 'k', 'k', 't', 1, 'image', 'image/png', 1, 1, 1, '', '') RETURNING id",
            (source.id,),
        ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("asset", ["999", "", "-1", "x", "1;--", "9" * 40, "²", " 1"])
def test_assets_that_do_not_exist_are_not_found(empty_catalog: Catalog, asset: str):
    with pytest.raises(NotFound, match="does not exist"):
        assets.get_asset_detail(empty_catalog, asset)
    with pytest.raises(NotFound, match="does not exist"):
        edits.apply(empty_catalog, [asset], Edit(add_tags=("t",)))


def test_an_external_database_serves_like_the_embedded_one(postgres_server: Server, tmp_path: Path):
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"

    with open_catalog(Settings(home=tmp_path / "unused", database_url=url)) as catalog:
        made = make(catalog)
        assert list(catalog_names(catalog)) == [made.name]

    assert not (tmp_path / "unused").exists()


def catalog_names(catalog: Catalog) -> list[str]:
    return [source.name for source in datasources.list_all(catalog)]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cret@127.0.0.1:1/db?connect_timeout=5",
        "postgresql://user:s3cret/x@127.0.0.1:1/db",
        "postgresql://user:a@s3cret@127.0.0.1:1/db",
        "postgresql://user:s3cret@127.0.0.1:port/db",
    ],
)
def test_an_unreachable_or_wrong_address_is_explained_without_its_password(tmp_path: Path, url: str):
    with pytest.raises(CatalogUnavailable) as raised:
        open_catalog(Settings(home=tmp_path, database_url=url))

    error: BaseException | None = raised.value
    while error is not None:
        assert "s3cret" not in str(error)
        error = error.__cause__
    assert raised.value.fix


def test_a_reading_connection_cannot_write(empty_catalog: Catalog):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), empty_catalog.read() as connection:
        connection.execute("DELETE FROM asset")

    with empty_catalog.write() as connection:
        connection.execute("DELETE FROM asset")


def test_a_failed_write_leaves_nothing(empty_catalog: Catalog):
    insert = "INSERT INTO datasource (name, uri, access, settings) VALUES ('x', 'y', '{}', '{}')"
    with pytest.raises(psycopg.errors.UniqueViolation), empty_catalog.write() as connection:
        connection.cursor().executemany(insert, [(), ()])

    assert catalog_names(empty_catalog) == []


def test_connections_cut_by_the_server_are_replaced(empty_catalog: Catalog):
    assert catalog_names(empty_catalog) == []
    with empty_catalog.session() as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert catalog_names(empty_catalog) == []


def test_a_full_disk_is_named(empty_catalog: Catalog):
    with pytest.raises(DiskFull, match="No space is left"), empty_catalog.write() as connection:
        connection.execute("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$")
    with pytest.raises(DiskFull, match="No space is left"), empty_catalog.arrow() as arrow, arrow.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$")


def test_of_two_changes_at_a_time_none_is_lost(empty_catalog: Catalog):
    made = make(empty_catalog)

    def ordered(settings: MirrorSettings) -> MirrorSettings:
        return replace(settings, listing_ordered=False)

    with ThreadPoolExecutor(1) as thread:

        def suffixed(settings: MirrorSettings) -> MirrorSettings:
            other.append(thread.submit(datasources.change_settings, empty_catalog, made.name, ordered))
            until_somebody_waits(empty_catalog)
            return replace(settings, sidecar_suffix=".meta.json")

        other: list[Future[None]] = []
        datasources.change_settings(empty_catalog, made.name, suffixed)
        other[0].result()

    found = datasources.named(empty_catalog, made.name).settings
    assert (found.sidecar_suffix, found.listing_ordered) == (".meta.json", False)


def test_a_list_of_datasources_costs_as_many_statements_however_many_there_are(empty_catalog: Catalog):
    def statements() -> int:
        with patch.object(
            psycopg.Connection, "execute", autospec=True, side_effect=psycopg.Connection.execute
        ) as asked:
            listed = datasources.list_summaries(empty_catalog)
        assert {one.status for one in listed} == {DatasourceStatus.NEW, DatasourceStatus.QUEUED}
        return asked.call_count

    make(empty_catalog, name="first")
    make(empty_catalog, name="queued")
    queue.request(empty_catalog, "queued", requested_by="ada")
    few = statements()
    for number in range(5):
        make(empty_catalog, name=f"more-{number}")
    assert statements() == few > 0


def test_a_change_that_cannot_be_made_leaves_everything_as_it_was(empty_catalog: Catalog):
    made = make(empty_catalog)

    def refused(_: MirrorSettings) -> MirrorSettings:
        raise UsageError("no")

    with pytest.raises(UsageError, match="no"):
        datasources.change_settings(empty_catalog, made.name, refused)
    with pytest.raises(NotFound, match="other"):
        datasources.change_settings(empty_catalog, "other", lambda settings: settings)
    assert datasources.named(empty_catalog, made.name) == made
