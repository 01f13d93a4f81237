"""Many assets are restored, and nothing of them is computed again: 100,000 in `make soak`, fewer in `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.place import listing_server
from benchmarks.seed import know_synthetic
from tests.support.buckets import picture
from tests.support.cli import Cli
from tests.support.postgres import Server, address_of
from tests.support.served import serving
from tests.support.soak import sized

from mirrorlake.client import Client
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.postgres.pool import open_catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.packs import PACK_THUMBNAILS

pytestmark = pytest.mark.long

NAME = "bench"
SAMPLE = 20
WRITERS = 8
PICTURE = picture("red", kind="WEBP")


def seed(cli: Cli, endpoint: str, assets: int) -> None:
    """A library that knows every second object of the listing as an asset, and has a thumbnail of each."""
    settings = Settings(home=cli.home, database_url=cli.environ["MIRRORLAKE_DATABASE_URL"])
    with open_catalog(settings) as catalog:
        know_synthetic(catalog, name=NAME, endpoint=endpoint, objects=2 * assets)
        with catalog.read() as connection:
            digests = [bytes(digest) for (digest,) in connection.execute("SELECT digest FROM asset ORDER BY id")]
        thumbnails = ThumbnailWriter(catalog, LibraryStore.in_folder(settings.thumbnails).store)
        for start in range(0, len(digests), PACK_THUMBNAILS):
            thumbnails.add([(digest, thumbnail_of(digest)) for digest in digests[start : start + PACK_THUMBNAILS]])


def thumbnail_of(digest: bytes) -> bytes:
    """A WebP of its own for each digest."""
    whole = PICTURE + b"XMP " + len(digest).to_bytes(4, "little") + digest
    return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def test_nothing_of_many_assets_is_computed_again(cli: Cli, tmp_path: Path, postgres_server: Server) -> None:
    assets, path = sized(2_000, 100_000), tmp_path / "library.backup"
    target = cli.with_environ(
        MIRRORLAKE_HOME=str(tmp_path / "restored"),
        MIRRORLAKE_DATABASE_URL=address_of(postgres_server.new_database()),
    )
    with listing_server(2 * assets, tmp_path) as endpoint:
        seed(cli, endpoint, assets)
        made = cli.run("backup", path, "--json")
        assert (made.code, made.json["assets"], made.json["thumbnails"], made.json["missing"]) == (0, assets, assets, 0)

        restored = target.run("restore", path, "--json")
        assert restored.code == 0, restored.err
        assert (restored.json["assets"], restored.json["rows"]) == (assets, made.json["rows"])

        report = target.mirror("s3://bench/", "--name", NAME)
        assert (report["unchanged"], report["new"], report["changed"]) == (assets, 0, 0)
        assert (report["requests"]["get"], report["requests"]["head"]) == (0, 0)
    checked = target.run("thumbnails", "check", "--json").json
    assert (checked["thumbnails"], checked["lacking"], checked["left_over"]) == (assets, 0, 0)
    with serving(target, tmp_path / "nobody") as served, Client(served.address, api_key=served.token) as client:
        for shown in target.run("search", "", "--json", "--limit", str(SAMPLE)).lines:
            detail = client.assets.get(shown["id"])
            assert client.assets.thumbnail(shown["id"]) == thumbnail_of(bytes.fromhex(detail.digest))
