"""Exports of snapshots read the frozen versions of a versioned bucket, and name what the bucket does not keep."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.bucket_library import connect, loopback_settings, mirror_bucket, served_here
from tests.support.buckets import picture_no
from tests.support.moto_server import KEY, REGION, Moto
from tests.support.postgres import Server

import mirrorlake
from mirrorlake import Mirrorlake
from mirrorlake.catalog import projects
from mirrorlake.client.dataset import AssetDataset
from mirrorlake.client.dataset_sources import LocalSource
from mirrorlake.core.errors import AccessDenied, MirrorlakeError, NotFound, ObjectChanged, ObjectGone
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.library.original_reader import OriginalReader
from mirrorlake.library.snapshot_reading import object_of
from mirrorlake.library.snapshots import freeze
from mirrorlake.model.asset_columns import ASSETS
from mirrorlake.model.exports import AssetExport, ExportFormat, ExportOptions, ExportScope
from mirrorlake.model.jobs import JobKind
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary

BUCKET, TOKEN, SNAPSHOT = "lake", "a-token-of-this-test", "traps@1"
# What happens to each object after it was frozen: nothing, another one takes its place, it is deleted, or the frozen
# version itself is deleted too.
SAME, REPLACED, DELETED, PURGED = "a same.png", "b+replaced.png", "c/deleted.png", "d/purged.png"
KEYS = (SAME, REPLACED, DELETED, PURGED)
FROZEN = {key: picture_no(number) for number, key in enumerate(KEYS)}


@dataclass
class Lake:
    """A versioned bucket whose objects were frozen and changed, the library of it, and its address."""

    moto: Moto
    resources: Resources
    address: str
    ids: dict[str, str]

    def export(self, chosen: ExportFormat, path: Path, **options: Any) -> AssetExport:
        made = ExportOptions(path=str(path), format=chosen, snapshot=SNAPSHOT, **options)
        return run_here(self.resources.settings, self.resources.catalog, new_job(JobKind.ASSETS_EXPORT, made))


@pytest.fixture(scope="module")
def lake(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    settings = loopback_settings(tmp_path_factory.mktemp("versions"), postgres_server)
    with Moto() as moto, open_resources(settings) as resources:
        s3 = moto.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        versions = {key: s3.put_object(Bucket=BUCKET, Key=key, Body=data)["VersionId"] for key, data in FROZEN.items()}
        connect(resources, BUCKET, {"endpoint": moto.endpoint, "region": REGION}, key=KEY, secret=KEY)
        assert mirror_bucket(resources, BUCKET).counts.new == len(KEYS)
        with resources.catalog.read() as connection:
            ids = {key: str(number) for key, number in connection.execute("SELECT key, id FROM asset")}
            kept = dict(connection.execute("SELECT key, version FROM asset").fetchall())
        assert kept == versions
        projects.add(resources.catalog, "traps", list(ids.values()), by=local_user())
        freeze(resources.catalog, "traps", lambda _step, _done, _total: None, note="", by=local_user())
        s3.put_object(Bucket=BUCKET, Key=REPLACED, Body=picture_no(77))
        s3.delete_object(Bucket=BUCKET, Key=DELETED)
        s3.delete_object(Bucket=BUCKET, Key=PURGED, VersionId=versions[PURGED])
        assert mirror_bucket(resources, BUCKET).counts.changed == 1
        with served_here(resources, TOKEN) as address:
            yield Lake(moto, resources, address, ids)


def test_shards_of_a_snapshot_have_the_frozen_bytes_and_name_what_is_gone(lake: Lake, tmp_path: Path) -> None:
    found = lake.export(ExportFormat.WEBDATASET, tmp_path / "shards")
    read: dict[str, bytes] = {}
    with tarfile.open(tmp_path / "shards/shard-000000.tar") as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            read[member.name] = file.read()
    assert read.pop("000000000000000001.json")
    pictures = {name.lstrip("0").split(".")[0]: data for name, data in read.items() if name.endswith(".png")}
    assert pictures == {lake.ids[key]: FROZEN[key] for key in (SAME, REPLACED, DELETED)}
    (report,) = [json.loads(line) for line in (tmp_path / "shards/not-exported.jsonl").read_text().splitlines()]
    assert (report["id"], report["uri"]) == (lake.ids[PURGED], f"s3://{BUCKET}/{PURGED}")
    assert (found.assets, found.left_out_count) == (4, 1)


def test_addresses_of_a_manifest_are_those_of_frozen_versions(lake: Lake, tmp_path: Path) -> None:
    found = lake.export(ExportFormat.MANIFEST, tmp_path / "manifest.jsonl")
    rows = {row["key"]: row for row in map(json.loads, (tmp_path / "manifest.jsonl").read_text().splitlines())}
    urls = {key: row["url"] for key, row in rows.items()}
    assert urls.pop(PURGED) is None
    assert {key: httpx.get(url).content for key, url in urls.items()} == {
        key: FROZEN[key] for key in (SAME, REPLACED, DELETED)
    }
    assert ["versionId=" in urls[key] for key in (SAME, REPLACED, DELETED)] == [False, True, True]
    assert found.left_out_count == 1


@pytest.mark.parametrize("over", ["rest", "here"])
def test_a_dataset_of_a_snapshot_streams_the_frozen_bytes(lake: Lake, over: str) -> None:
    if over == "rest":
        dataset = mirrorlake.open(SNAPSHOT, url=lake.address, api_key=TOKEN)
    else:
        source = LocalSource(lake.resources.settings)
        dataset = AssetDataset(source, source.rows(ExportScope(snapshot=SNAPSHOT), tuple(ASSETS.names)))
    with dataset:
        by_key = {record.key: record for record in (dataset.record(at) for at in range(len(dataset)))}
        assert {key: by_key[key].read() for key in (SAME, REPLACED, DELETED)} == {
            key: FROZEN[key] for key in (SAME, REPLACED, DELETED)
        }
        with pytest.raises((ObjectGone, ObjectChanged)):
            by_key[PURGED].read()


def test_a_server_gives_the_frozen_bytes_of_one_asset(lake: Lake) -> None:
    with Mirrorlake(lake.address, TOKEN) as client:
        for key in (SAME, REPLACED, DELETED):
            found = client.snapshots.original(SNAPSHOT, lake.ids[key])
            assert found.url is not None
            assert httpx.get(found.url).content == FROZEN[key]
        for asset in (lake.ids[PURGED], "999999"):
            with pytest.raises(NotFound):
                client.snapshots.original(SNAPSHOT, asset)


def test_a_missing_permission_for_versions_is_named(lake: Lake) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}],
    }
    access_key, secret = lake.moto.user("reader", policy)
    library = LocalLibrary(lake.resources, local_user())
    library.connections.change(BUCKET, secrets={"access_key_id": access_key, "secret_access_key": secret})
    lake.moto.enforce()
    try:
        with OriginalReader(lake.resources.catalog, lake.resources.stores) as reader:
            row = next(one for one in library.snapshots.assets(SNAPSHOT) if one.key == DELETED)
            error = reader.read(object_of(row))
    finally:
        lake.moto.enforce(enforced=False)
        library.connections.change(BUCKET, secrets={"access_key_id": KEY, "secret_access_key": KEY})
    assert isinstance(error, MirrorlakeError)
    assert isinstance(error, AccessDenied)
    assert "s3:GetObjectVersion" in error.message + error.fix
