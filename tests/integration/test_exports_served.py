"""Exports and datasets over HTTP, of a bucket: addresses, downloads, and files written back to a bucket."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pyarrow import parquet
from tests.support.bucket_library import connect, loopback_settings, mirror_bucket, served_here
from tests.support.buckets import picture_no
from tests.support.postgres import Server
from tests.support.s3stub import ACCESS_KEY, REGION, SECRET_KEY, S3Stub

from mirrorlake import AssetDataset, ExportFormat, ExportOptions, ExportScope, Mirrorlake
from mirrorlake.catalog import queue
from mirrorlake.client.dataset_sources import ServerSource
from mirrorlake.core.errors import MirrorlakeError, NotFound, ObjectChanged, ObjectGone, QueryError, UsageError
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.progress import Reporter
from mirrorlake.model.asset_columns import ASSETS
from mirrorlake.model.jobs import Job, JobKind, JobState
from mirrorlake.services.base import Resources, open_resources

BUCKET, TOKEN = "lake", "a-token-of-this-test"
KEYS = ("a.png", "sub/b c.png", "sub/ü.png")


@dataclass
class Lake:
    """A mirrored bucket, its library on a server, and a client."""

    stub: S3Stub
    resources: Resources
    address: str
    client: Mirrorlake

    def export(self, **options: object) -> Job:
        """Export as a client and a worker do."""
        job = self.client.exports.start(ExportOptions(**options))  # type: ignore[arg-type]
        lease = queue.claim(self.resources.catalog, [JobKind.ASSETS_EXPORT])
        assert lease is not None
        context = JobContext(
            settings=self.resources.settings, catalog=self.resources.catalog, lease=lease, reporter=Reporter(lease)
        )
        with lease, suppress(MirrorlakeError):  # the job has it
            execute(context)
        return self.client.jobs.get(job.id)


@pytest.fixture(scope="module")
def lake(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    settings = loopback_settings(tmp_path_factory.mktemp("lake"), postgres_server)
    with S3Stub() as stub, open_resources(settings) as resources:
        stub.create_bucket(BUCKET)
        for number, key in enumerate(KEYS):
            stub.put(BUCKET, key, picture_no(number))
        access = {"endpoint": stub.endpoint, "region": REGION}
        connect(resources, BUCKET, access, key=ACCESS_KEY, secret=SECRET_KEY)
        assert mirror_bucket(resources, BUCKET).counts.new == len(KEYS)
        with served_here(resources, TOKEN) as address, Mirrorlake(address, TOKEN) as client:
            yield Lake(stub, resources, address, client)


def test_the_addresses_of_a_manifest_give_the_bytes(lake: Lake, tmp_path: Path) -> None:
    job = lake.export(format=ExportFormat.MANIFEST, query="sort:key", url_life_s=600)
    lake.client.exports.save(job, tmp_path / "m.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert [row["key"] for row in rows] == list(KEYS)
    assert [httpx.get(row["url"]).content for row in rows] == [picture_no(number) for number in range(len(KEYS))]
    assert all("X-Amz-Expires=600" in row["url"] and row["expires"].endswith("Z") for row in rows)


def test_what_is_missing_has_no_address_and_is_counted_in_every_format(lake: Lake, tmp_path: Path) -> None:
    gone, unselected = KEYS[1:]
    with lake.resources.catalog.write() as connection:
        connection.execute("UPDATE asset SET state = 1 WHERE key = ANY(%s)", ([gone, unselected],))
        assert connection.execute("SELECT count(*) FROM asset WHERE state = 1").fetchone() == (2,)
    object_of = lake.stub._buckets[BUCKET].pop(gone.encode())
    try:
        job = lake.export(format=ExportFormat.MANIFEST, query="sort:key")
        result = lake.client.exports.save(job, tmp_path / "missing.jsonl")
        rows = {row["key"]: row for row in map(json.loads, (tmp_path / "missing.jsonl").read_text().splitlines())}
        assert [key for key, row in rows.items() if row["url"] is None] == [gone]
        assert httpx.get(rows[unselected]["url"]).is_success  # no pattern selects it, but its bytes are there
        assert (result.assets, result.missing, result.left_out_count) == (3, 2, 1)
        assert result.left_out[0].startswith(f"s3://{BUCKET}/sub/b%20c.png: ")
        for chosen in (ExportFormat.LIST, ExportFormat.PARQUET):
            exported = lake.export(format=chosen).result or {}
            assert (exported["assets"], exported["missing"], exported["left_out_count"]) == (3, 2, 0)
        assert (lake.export(format=ExportFormat.LIST, query="state:present").result or {})["missing"] == 0
    finally:
        lake.stub._buckets[BUCKET][gone.encode()] = object_of
        with lake.resources.catalog.write() as connection:
            connection.execute("UPDATE asset SET state = 0")


def test_a_download_is_the_file_and_its_job_names_it(lake: Lake, tmp_path: Path) -> None:
    job = lake.export(format=ExportFormat.PARQUET, fields=("key", "size"))
    result = lake.client.exports.save(job, tmp_path / "all.parquet")
    assert parquet.read_table(tmp_path / "all.parquet").column_names == ["key", "size"]
    assert (result.assets, result.files[0].name) == (len(KEYS), "assets.parquet")
    with pytest.raises(UsageError):
        lake.client.exports.save(job, tmp_path / "all.parquet")  # never replaced
    with pytest.raises(NotFound):
        lake.client.exports.download(job.id, "token")


def test_an_original_is_at_the_bucket_or_sent_by_the_server_where_that_is_asked_for(lake: Lake) -> None:
    (asset,) = lake.client.assets.find(f"path:{KEYS[0]}")
    address, mine = f"{lake.address}/api/v1/assets/{asset.id}/original", {"Authorization": f"Bearer {TOKEN}"}
    elsewhere = httpx.get(address, headers=mine)
    assert (elsewhere.status_code, elsewhere.headers["location"].startswith(lake.stub.endpoint)) == (303, True)
    sent = httpx.get(address, headers=mine, params={"direct": True})
    assert (sent.status_code, sent.content) == (200, picture_no(0))
    assert sent.headers["content-disposition"].startswith("attachment")
    part = httpx.get(address, headers=mine | {"Range": "bytes=1-3"}, params={"direct": True})
    assert (part.status_code, part.content) == (206, picture_no(0)[1:4])
    known = mine | {"If-None-Match": sent.headers["etag"]}
    assert httpx.get(address, headers=known, params={"direct": True}).status_code == 304


def test_an_export_goes_to_a_bucket_through_its_connection(lake: Lake) -> None:
    lake.stub.create_bucket("out")
    job = lake.export(format=ExportFormat.CSV, fields=("key",), path="s3://out/x/all.csv", connection=BUCKET)
    assert job.state is JobState.SUCCEEDED, job.error
    lines = lake.stub._buckets["out"][b"x/all.csv"].data.decode().splitlines()
    assert lines == [f'"{text}"' for text in ("key", *KEYS)]
    again = lake.export(format=ExportFormat.CSV, path="s3://out/x/all.csv", connection=BUCKET)
    assert again.state is JobState.FAILED
    assert "exists" in (again.error or "")


def test_shards_go_to_a_folder_of_a_bucket(lake: Lake) -> None:
    lake.stub.create_bucket("shards")
    job = lake.export(format=ExportFormat.WEBDATASET, path="s3://shards/set", connection=BUCKET)
    assert job.state is JobState.SUCCEEDED, job.error
    assert list(lake.stub._buckets["shards"]) == [b"set/shard-000000.tar"]
    with pytest.raises(NotFound):
        lake.client.exports.download(job.id, "shard-000000.tar")  # it is in the bucket


def test_a_table_comes_in_one_stream(lake: Lake) -> None:
    table = lake.client.exports.table(ExportScope(query="sort:-key"), ("key", "uri"))
    assert table.column("key").to_pylist() == sorted(KEYS, reverse=True)
    assert lake.client.exports.table(ExportScope(query="tag:nothing")).schema.equals(ASSETS, check_metadata=True)
    with pytest.raises(QueryError):
        lake.client.exports.table(ExportScope(query="width:>"))
    with pytest.raises(UsageError):
        lake.client.exports.table(ExportScope(), ("nothing",))


def test_a_dataset_of_a_server_streams_from_the_bucket(lake: Lake) -> None:
    source = ServerSource(lake.address, TOKEN)
    with AssetDataset(source, source.rows(ExportScope(query="sort:key"), tuple(ASSETS.names))) as dataset:
        before = len(lake.stub.requests)
        assert [record.read() for record in dataset] == [picture_no(number) for number in range(len(KEYS))]
        assert len(lake.stub.requests) == before + len(KEYS)
        with pickle.loads(pickle.dumps(dataset)) as copy:  # noqa: S301  our own
            assert copy[1].read() == picture_no(1)
        lake.stub.put(BUCKET, KEYS[1], picture_no(9))
        lake.stub.delete(BUCKET, KEYS[2])
        with pytest.raises(ObjectChanged):
            dataset[1].read()
        with pytest.raises(ObjectGone):
            dataset[2].read()
