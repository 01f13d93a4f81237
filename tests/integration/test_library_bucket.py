"""A library that keeps its thumbnails in a bucket: written, served, checked, made again and cleared away there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, put_all
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub, error
from tests.support.thumbnails import checked, cleaned, made, place, shown

from mirrorlake.core.errors import CatalogError, SettingsError
from mirrorlake.core.settings import Settings, read_settings
from mirrorlake.jobs.library_store import library_store
from mirrorlake.model.sources import Access
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.packs import pack_key
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.removal import purge_trash
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{number:02}.png" for number in range(6)]
WRITES = {"PUT", "POST", "DELETE", "PATCH"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Stub]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    with S3Stub() as stub:
        stub.create_bucket("library")
        yield stub


@pytest.fixture
def settings(server: S3Stub, tmp_path: Path) -> Settings:
    return read_settings(
        {
            "MIRRORLAKE_HOME": str(tmp_path),
            "MIRRORLAKE_LIBRARY_STORE": "s3://library/mine",
            "MIRRORLAKE_LIBRARY_ENDPOINT": server.endpoint,
        }
    )


class Bucketed(Mirrored):
    """A datasource whose thumbnails are in a bucket."""

    settings: Settings

    def library(self) -> LibraryStore:
        return library_store(self.settings)


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, settings: Settings) -> Bucketed:
    store = MemoryStore()
    put_all(store, KEYS)
    mirrored = Bucketed(empty_catalog, tmp_path, store)
    mirrored.settings = settings
    mirrored.run()
    return mirrored


def stored(mirrored: Bucketed) -> list[str]:
    return sorted(one.key for one in mirrored.library().store.list("packs/"))


def test_a_pass_writes_into_the_bucket_and_the_server_serves_from_it(mirrored: Bucketed, server: S3Stub) -> None:
    assert len(stored(mirrored)) == 1
    packs = [request for request in server.requests if request.method == "PUT" and b"/packs/" in request.key]
    assert len(packs) == 1
    assert not (mirrored.folder / "library").exists()
    assert all(request.bucket == "library" for request in server.requests)
    assert all(request.key.startswith(b"mine/thumbnails/") for request in server.requests if request.key)
    library = LocalLibrary(Resources(mirrored.settings, mirrored.catalog), local_user())
    for asset in mirrored.assets().values():
        assert library.assets.thumbnail(asset.id).startswith(b"RIFF")


def test_lost_and_orphaned_thumbnails_are_found_made_and_removed(mirrored: Bucketed, server: S3Stub) -> None:
    assert (checked(mirrored).lacking, checked(mirrored).left_over, checked(mirrored).thumbnails) == (0, 0, len(KEYS))
    (lost,) = stored(mirrored)
    server.delete("library", f"mine/thumbnails/{lost}")
    assert checked(mirrored).lacking == len(KEYS)
    assert (made(mirrored)[0].made, checked(mirrored).lacking) == (len(KEYS), 0)

    for key in KEYS[:2]:
        mirrored.store.delete(key)  # type: ignore[attr-defined]
    mirrored.run()
    store_factory = OpenedStore(mirrored.store)
    purge_trash(
        mirrored.settings,
        mirrored.catalog,
        mirrored.source.name,
        days=0,
        acknowledged=2,
        requested_by="tester",
        store_factory=lambda _source: store_factory,
    )
    assert checked(mirrored).left_over == 2
    done = cleaned(mirrored)
    assert (done.left_over, done.removed, done.hold) == (2, 2, None)
    assert checked(mirrored).thumbnails == len(KEYS) - 2
    assert (checked(mirrored).lacking, checked(mirrored).left_over) == (0, 0)


def test_a_record_that_is_damaged_in_a_bucket_is_found_and_made_by_reading_whole_packs(mirrored: Bucketed) -> None:
    library, key = mirrored.library().store, KEYS[0]
    found = place(mirrored, key)
    data = bytearray(library.get(pack_key(found.pack)).data)
    data[found.entry.start : found.entry.start + found.entry.size] = bytes(found.entry.size)
    library.put(pack_key(found.pack), bytes(data))
    assert shown(mirrored, key) is None
    assert checked(mirrored).lacking == 0  # its index is intact
    assert (checked(mirrored, whole=True).lacking, checked(mirrored, whole=True).damaged) == (1, 1)
    assert made(mirrored, whole=True)[0].made == 1
    assert shown(mirrored, key) is not None
    assert checked(mirrored, whole=True).clean


def test_a_thumbnail_is_read_by_one_request_for_its_range(mirrored: Bucketed, server: S3Stub) -> None:
    library = LocalLibrary(Resources(mirrored.settings, mirrored.catalog), local_user())
    (asset, *_) = mirrored.assets().values()
    before = len(server.requests)
    data = library.assets.thumbnail(asset.id)
    (request,) = server.requests[before:]
    assert (request.method, request.headers["range"].startswith("bytes=")) == ("GET", True)
    first, _, last = request.headers["range"].removeprefix("bytes=").partition("-")
    assert len(data) < int(last) - int(first) + 1 < len(data) + 64


def test_a_library_that_cannot_be_reached_ends_the_pass_in_a_sentence(mirrored: Bucketed, server: S3Stub) -> None:
    server.fail(error(403, "AccessDenied"), times=1000)
    with pytest.raises(CatalogError, match="may not read or write s3://library/mine/thumbnails/"):
        checked(mirrored)


@pytest.mark.parametrize("value", ["gs://x/y", "s3://B", "memory://", "photos"])
def test_a_store_that_cannot_be_is_refused_by_name(value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Invalid MIRRORLAKE_LIBRARY_STORE"):
        library_store(Settings(home=tmp_path, library_store=value))


def test_without_the_setting_the_folder_stays_where_it_was(tmp_path: Path) -> None:
    library = library_store(Settings(home=tmp_path))
    assert library.store.name == str(tmp_path / "library/thumbnails")
    assert library.access == Access()
