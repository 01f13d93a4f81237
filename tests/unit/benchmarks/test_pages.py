"""The synthetic listing: it must be a correct S3 listing, or what is measured against it means nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from benchmarks.gcs_pages import GOOGLE, generation_of
from benchmarks.pages import Listing, S3Server, etag_of, key_of, render, row_of, size_of

from mirrorlake.core.errors import ObjectGone
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.select.metadata import read_sidecar
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.gcs.config import GcsConfig, GcsServer
from mirrorlake.storage.providers.gcs.store import GcsStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.store import S3Store

OBJECTS = 43_210  # three folders, the last one not full, the last page neither


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    server = S3Server(Listing(OBJECTS), render(OBJECTS, tmp_path_factory.mktemp("pages")))
    threading.Thread(target=server.serve, daemon=True).start()
    location = Location(provider=Provider.S3, container="bench")
    opened = S3Store(location, S3Access(endpoint=server.address, anonymous=True), listing_ordered=True)
    yield opened
    opened.close()


def listed(store: S3Store, scope: KeyRange) -> pa.Table:
    listing = list_range(store, scope)
    table = pa.Table.from_batches(list(listing))
    assert listing.certificate().objects >= table.num_rows
    return table


def test_a_walk_gives_every_object_once_in_byte_order(store: S3Store) -> None:
    table = listed(store, KeyRange())
    assert table["key"].to_pylist() == sorted(key_of(row) for row in range(OBJECTS))
    assert table["token"].to_pylist() == [etag_of(row) for row in range(OBJECTS)]
    assert table["size"].to_pylist() == [size_of(row) for row in range(OBJECTS)]


def test_ranges_side_by_side_give_what_one_range_gives(store: S3Store) -> None:
    scopes = store.split(KeyRange(), 3)
    assert len(scopes) == 3
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(lambda scope: listed(store, scope), scopes))
    assert pa.concat_tables(parts).equals(listed(store, KeyRange()))


@pytest.mark.parametrize("after", ["", "set-0000/img_00000499.json", "set-0000/img_00000500", "set-0001/", "zzz"])
def test_a_start_in_the_middle_gives_the_keys_after_it(store: S3Store, after: str) -> None:
    page = store.list_page(KeyRange(after=after or None), None)
    expected = [key for key in map(key_of, range(OBJECTS)) if key > after][:1000]
    assert page.batch.column("key").to_pylist() == expected


def test_a_prefix_gives_its_folder_alone(store: S3Store) -> None:
    keys = listed(store, KeyRange(prefix="set-0001/"))["key"].to_pylist()
    assert keys == [key for key in map(key_of, range(OBJECTS)) if key.startswith("set-0001/")]


def test_sidecars_can_be_read_and_photographs_cannot(store: S3Store) -> None:
    for row in (1, 20_001, OBJECTS - 1):
        body = store.get(key_of(row), token=etag_of(row), limit=1000)
        assert (len(body.data), body.info.token) == (size_of(row), etag_of(row))
        assert read_sidecar(body.data).values["pair"] == row // 2
    with pytest.raises(ObjectGone):
        store.get(key_of(0), token=etag_of(0), limit=1_000_000)
    assert [row_of(key) for key in (key_of(7), key_of(8), "set-0000/img_00010000.jpg", "")] == [7, 8, None, None]


def test_a_file_of_rows_is_made_once(tmp_path: Path) -> None:
    path = render(100, tmp_path)
    made = path.stat().st_mtime_ns
    assert render(100, tmp_path) == path
    assert path.stat().st_mtime_ns == made


def test_google_lists_the_same_objects(tmp_path: Path) -> None:
    objects = 21_234
    server = S3Server(Listing(objects, GOOGLE), render(objects, tmp_path, GOOGLE))
    threading.Thread(target=server.serve, daemon=True).start()
    config = GcsConfig(server=GcsServer(url=server.address, origin="this test"))
    store = GcsStore(Location(provider=Provider.GCS, container="bench"), config)
    table = pa.concat_tables(
        pa.Table.from_batches(list(list_range(store, scope))) for scope in store.split(KeyRange(), 2)
    )
    assert table["key"].to_pylist() == [key_of(row) for row in range(objects)]
    assert table["token"].to_pylist() == [generation_of(row) for row in range(objects)]
    assert table["size"].to_pylist() == [size_of(row) for row in range(objects)]
    store.close()
