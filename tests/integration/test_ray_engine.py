"""The engine `ray` on a cluster of two nodes: it finds what this machine finds, whatever happens to nodes."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.support import seaweed
from tests.support.biting import Biting
from tests.support.changes import everything_new
from tests.support.images import encoded, scene
from tests.support.ray_cluster import RayCluster

from mirrorlake.catalog import datasources
from mirrorlake.catalog.assets import get_asset_detail
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.process import open_process
from mirrorlake.engine.base import Engine, LocalEngine, Pool
from mirrorlake.engine.embedding import open_cluster
from mirrorlake.engine.ray_pool import RayEngine
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.columns import PROCESSED
from mirrorlake.model.credentials import AwsKeys
from mirrorlake.model.looking import LOOK_AT_ALL
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory
from mirrorlake.search import run as search
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.s3.access import S3Access

PHOTOS = 120
_SOON_S = 120.0  # starting the processes of a node takes half a minute on a busy machine


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with RayCluster() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _on_a_node(cluster: RayCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(PHOTOS):
        (folder / f"{number:03}.jpg").write_bytes(encoded(scene(64 + number, 48), "jpeg"))
    (folder / "bad.jpg").write_bytes(b"<html>")
    return folder


def _location(folder: Path) -> Location:
    return Location(provider=Provider.FILE, container=str(folder))


def _rows(batches: Iterable[pa.RecordBatch]) -> dict[str, dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in batches:
        assert one.schema.equals(PROCESSED)
        found += one.to_pylist()
    assert set(Counter(str(row["key"]) for row in found).values()) <= {1}, "a row came twice"
    return {str(row["key"]): row for row in found}


def _pool(factory: StoreFactory, address: str = "ray://auto") -> Pool:
    return RayEngine(address, few_rows=0).open_pool(factory, LOOK_AT_ALL)


def _biting(photos: Path, tmp_path: Path, number: int = PHOTOS, **files: bytes) -> tuple[Biting, pa.RecordBatch, Path]:
    """A folder of its own with some photographs and files that bite, the rows of all, and who reads what."""
    folder = tmp_path / "biting"
    folder.mkdir()
    for path in sorted(photos.iterdir())[:number]:
        os.link(path, folder / path.name)
    for name, data in files.items():
        (folder / f"{name.replace('_', '-')}.jpg").write_bytes(data)
    log = tmp_path / "log"
    return Biting(str(folder), log), everything_new(FolderStore(_location(folder))), log


def _pids(log: Path) -> set[int]:
    return {int(line.split()[0]) for line in log.read_text().splitlines()} if log.exists() else set()


def _wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _SOON_S
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nodes_find_in_a_folder_what_this_machine_finds(cluster: RayCluster, photos: Path):
    changes = everything_new(FolderStore(_location(photos)))
    factory = StoreConfig(location=_location(photos), access=Access())
    there = _pool(factory, cluster.address)
    found = _rows(there.process([changes]))
    again = _rows(there.process([changes.slice(0, 5)]))
    there.close()
    here = LocalEngine(2).open_pool(factory, LOOK_AT_ALL)
    assert found == _rows(here.process([changes]))
    here.close()
    assert again == {key: found[key] for key in again}
    assert len(found) == PHOTOS + 1
    assert there.requests.get == here.requests.get + 5
    assert there.bytes_read > here.bytes_read > 0


def test_a_pass_that_reaches_no_cluster_reports_why_and_can_be_run_again(
    photos: Path, empty_catalog: Catalog, tmp_path: Path
):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    factory = StoreConfig(location=_location(photos), access=Access())
    report, kept = _mirror(empty_catalog, tmp_path, "there", factory, RayEngine(f"ray://127.0.0.1:{port}", few_rows=0))
    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.startswith(f"The Ray cluster at ray://127.0.0.1:{port} cannot be reached: ")
    assert kept == {}
    source = datasources.by_name(empty_catalog, "there")
    again = run_pass(source, _context(empty_catalog, tmp_path, "again", LocalEngine(1)), NullProgress())
    assert (again.error, again.counts.new) == (None, PHOTOS)


def _mirror(
    catalog: Catalog, folder: Path, name: str, factory: StoreConfig, engine: Engine
) -> tuple[Report, dict[str, object]]:
    """A first pass into the catalog: its report, and what is stored of each object."""
    source = datasources.create(
        catalog, name=name, location=factory.location, access=factory.access, settings=MirrorSettings()
    )
    report = run_pass(source, _context(catalog, folder, name, engine), NullProgress(), store_factory=factory)
    details = [get_asset_detail(catalog, asset.id) for asset in search.stream(catalog, f"datasource:{name}")]
    return report, {
        one.asset.key: (one.digest, one.asset.media_type, one.asset.width, one.facts, one.warnings) for one in details
    }


def _context(catalog: Catalog, folder: Path, name: str, engine: Engine) -> RunContext:
    workdir = folder / name
    workdir.mkdir()
    return RunContext(
        catalog=catalog,
        thumbnails=LibraryStore.in_folder(folder / f"thumbnails of {name}"),
        workdir=workdir,
        processes=1,
        ranges=1,
        engine=engine,
    )


def test_a_pass_over_a_bucket_stores_the_same_and_leaves_no_key_on_the_cluster(
    cluster: RayCluster, photos: Path, empty_catalog: Catalog, tmp_path: Path
):
    with seaweed.Seaweed() as server:
        client = server.client()
        factories: list[StoreConfig] = []
        for bucket in ("one", "two"):
            client.create_bucket(Bucket=bucket)
            for path in photos.iterdir():
                client.put_object(Bucket=bucket, Key=path.name, Body=path.read_bytes())
            factories.append(
                StoreConfig(
                    location=Location(provider=Provider.S3, container=bucket),
                    access=S3Access(endpoint=server.endpoint, region="us-east-1"),
                    credentials=AwsKeys(access_key_id=seaweed.ACCESS_KEY, secret_access_key=seaweed.SECRET_KEY),
                )
            )
        client.close()
        here, local = _mirror(empty_catalog, tmp_path, "here", factories[0], LocalEngine(1))
        there, remote = _mirror(empty_catalog, tmp_path, "there", factories[1], RayEngine(cluster.address, few_rows=0))
    assert there.error is None
    assert remote == local
    assert len(local) == PHOTOS
    assert (there.counts, there.requests.get, there.bytes_read) == (here.counts, here.requests.get, here.bytes_read)
    assert (there.counts.new, there.counts.failed) == (PHOTOS, 1)
    kept = cluster.contents()
    assert kept
    assert not [path for path, data in kept.items() if seaweed.SECRET_KEY.encode() in data]


def test_a_node_that_is_killed_loses_nothing(cluster: RayCluster, photos: Path, tmp_path: Path):
    biting, changes, log = _biting(photos, tmp_path, PHOTOS + 1)

    def killing() -> Iterator[pa.RecordBatch]:
        yield changes.slice(0, 60)
        _wait_until(lambda: bool(_pids(log) & cluster.second_pids()))
        cluster.kill_second()
        yield changes.slice(60)

    pool = _pool(biting)
    rows = _rows(pool.process(killing()))
    pool.close()
    cluster.start_second()
    results = Counter(ResultKind(int(str(row["result"]))) for row in rows.values())
    assert results == {ResultKind.PROCESSED: PHOTOS, ResultKind.REFUSED: 1}


def test_an_object_that_ends_its_process_is_recorded_and_costs_itself_alone(photos: Path, tmp_path: Path):
    picture = encoded(scene(), "jpeg")
    biting, changes, log = _biting(photos, tmp_path, 4, kill_decode=picture, kill_owner=picture)
    here = LocalEngine(1).open_pool(biting, LOOK_AT_ALL)
    there = _pool(biting)
    ends = pc.equal(changes["key"], "kill-owner.jpg")
    bad, others = changes.filter(ends), changes.filter(pc.invert(ends))
    expected = _rows(here.process([others]))
    here.close()
    log.unlink()
    rows = _rows(there.process([others]))
    # With few others: a task is repeated as a whole.
    owners = pa.Table.from_batches([others.slice(0, 2), bad]).combine_chunks().to_batches()[0]
    again = _rows(there.process([owners]))
    there.close()
    owner = again.pop("kill-owner.jpg")
    assert rows == expected
    assert again == {key: rows[key] for key in again}
    assert len(again) == 2
    assert rows["kill-decode.jpg"]["reason"] == "the decoder crashed (signal 11), twice"
    # A task that ends with its own process: three times with others, three times alone.
    assert (owner["result"], owner["stage"]) == (ResultKind.FAILED, "decode")
    assert "ended with its process or node, 3 times" in str(owner["reason"])
    assert sum(line.endswith(" kill-owner.jpg") for line in log.read_text().splitlines()) == 6


def test_closing_ends_the_tasks(photos: Path, tmp_path: Path):
    biting, changes, log = _biting(photos, tmp_path, stall=encoded(scene(), "jpeg"))
    pool = _pool(biting)
    looked = pool.process([changes])
    next(looked)
    pids = _pids(log)
    pool.close()
    pool.close()
    with pytest.raises(MirrorlakeError, match="was stopped"):
        list(looked)
    assert pids
    _wait_until(lambda: not any(_runs(pid) for pid in pids))


def test_actors_find_in_pictures_what_a_process_finds(tmp_path: Path):
    thumbnails = [encoded(scene(64 + number, 48), "webp") for number in range(40)]
    thumbnails.insert(7, b"RIFF no picture")
    with open_process("lite") as process:
        expected = process.embed(thumbnails)
    with open_cluster("ray://auto", "lite", tmp_path) as there:
        found = there.embed(thumbnails)
        strip = there.embed_strip(encoded(scene(640, 64), "webp"), 10)
    assert [one and one.hash for one in found] == [one and one.hash for one in expected]
    pairs = [(one.vector, other.vector) for one, other in zip(found, expected, strict=True) if one and other]
    assert len(pairs) == 40
    for one, other in pairs:  # the last bit depends on the other pictures of a batch
        np.testing.assert_allclose(np.frombuffer(one or b"", "f4"), np.frombuffer(other or b"", "f4"), atol=1e-5)
    assert [place for place, one in enumerate(found) if one is None] == [7]
    assert len(strip) == 10
    assert all(strip)


def test_pictures_of_a_node_that_is_killed_are_embedded_by_the_others(cluster: RayCluster, tmp_path: Path):
    some = [encoded(scene(64 + number, 48), "webp") for number in range(40)]
    thumbnails = some * 12
    with open_process("lite") as process:
        expected = [one and one.hash for one in process.embed(some)] * 12
    with open_cluster("ray://auto", "lite", tmp_path) as there, ThreadPoolExecutor(1) as threads:
        _wait_until(lambda: bool(there.embed(some)) and bool(_embedding(cluster.second_pids())))
        (second,) = _embedding(cluster.second_pids())
        before = second.cpu_times().user
        embedding = threads.submit(there.embed, thumbnails)
        _wait_until(lambda: second.cpu_times().user > before + 0.2)  # it has some of them
        cluster.kill_second()  # and the other node has no room for its actor
        found = embedding.result(_SOON_S)
    cluster.start_second()
    assert [one and one.hash for one in found] == expected


def _embedding(pids: set[int]) -> list[psutil.Process]:
    """Those of these processes that embed."""
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if one.pid in pids and "mirrorlake.embedding.worker" in (one.info["cmdline"] or ())]
