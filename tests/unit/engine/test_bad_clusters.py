"""Processes that are connected to a cluster which has nothing, or does not answer. The module `ray` is played."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.support.changes import everything_new

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.worker import Request
from mirrorlake.engine import ray_pool
from mirrorlake.engine.embedding import open_cluster
from mirrorlake.engine.ray_pool import RayEngine
from mirrorlake.model.looking import LOOK_AT_ALL
from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.providers.folder.store import FolderStore

_PLAYED = """
import os, time
from types import SimpleNamespace
from unittest.mock import MagicMock

act = os.environ["ACT"]
cloudpickle = MagicMock()
exceptions = SimpleNamespace(
    **{name: type(name, (Exception,), {}) for name in
       ("RayError", "RayActorError", "WorkerCrashedError", "NodeDiedError", "ObjectLostError", "OutOfMemoryError")}
)

def init(**_):
    if act == "connect slowly":
        time.sleep(3600)

def remote(**_):
    return MagicMock()

def cluster_resources():
    return {"CPU": 4.0} if act == "be silent" else {"memory": 1e9}

def nodes():
    return []

def wait(refs, num_returns, timeout):
    time.sleep(3600 if act == "be silent" else 0.05)
    return [], refs

def cancel(ref, force):
    pass
"""
_OWNER = """
import subprocess, sys
from mirrorlake.core.messages import write_message
driver = subprocess.Popen(
    [sys.executable, "-m", "mirrorlake.engine.embedding_driver", "ray://auto", "0"],
    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(sys.argv[2], "wb"),
)
write_message(driver.stdin, bytes.fromhex(sys.argv[1]))
print(driver.pid, flush=True)
sys.stdin.read()
"""
_SOON_S = 60.0  # far more than anything awaited here takes


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "ray.py").write_text(_PLAYED)
    monkeypatch.setenv("PYTHONPATH", str(modules))
    return monkeypatch


def _folder(tmp_path: Path) -> StoreConfig:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"x")
    return StoreConfig(location=Location(provider=Provider.FILE, container=str(folder)), access=Access())


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("have no CPU", r"ray://auto has had no CPU for 1 s\. Start a node"),
        ("be silent", r"ray://auto was lost: its process ended with 1 \(the cluster did not answer for 1 s\)"),
    ],
)
def test_a_run_does_not_wait_forever(act: str, expected: str, tmp_path: Path, played: pytest.MonkeyPatch):
    played.setenv("ACT", act)
    factory = _folder(tmp_path)
    pool = RayEngine("ray://auto", few_rows=0, wait_s=1.0).open_pool(factory, LOOK_AT_ALL)
    with pytest.raises(MirrorlakeError, match=expected):
        list(pool.process([everything_new(FolderStore(factory.location))]))
    pool.close()


def test_a_pool_that_had_no_task_for_the_cluster_does_not_wait_for_it(tmp_path: Path, played: pytest.MonkeyPatch):
    played.setenv("ACT", "connect slowly")
    waited: list[object] = []
    played.setattr(ray_pool._DriverProcess, "_wait", waited.append)
    pool = RayEngine("ray://auto").open_pool(_folder(tmp_path), LOOK_AT_ALL)
    pool.start_early()
    assert isinstance(pool, ray_pool.RayPool)
    assert pool._driver is not None
    process = pool._driver._started.process
    pool.close()
    assert process.returncode is not None
    assert waited == []


def test_a_process_that_embeds_there_ends_with_its_job(tmp_path: Path, played: pytest.MonkeyPatch):
    played.setenv("ACT", "have no CPU")
    errors = tmp_path / "errors"
    message = msgspec.msgpack.encode(Request(thumbnails=[b"x"])).hex()
    command = [sys.executable, "-c", _OWNER, message, str(errors)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        driver = int(owner.stdout.readline())
        owner.kill()
    end = time.monotonic() + _SOON_S
    while "mirrorlake: The process of the job has ended." not in errors.read_text():
        assert time.monotonic() < end, f"{driver} runs on: {errors.read_text()}"
        time.sleep(0.05)


def test_why_nothing_can_be_embedded_there_is_told_apart_from_what_libraries_print(
    tmp_path: Path, played: pytest.MonkeyPatch
):
    (tmp_path / "modules" / "ray.py").write_text("raise ImportError('libx is missing')")
    with (
        open_cluster("ray://auto", None, tmp_path) as there,
        pytest.raises(MirrorlakeError, match=r"connected to it ended with code 1 \(ImportError: libx is missing\)\."),
    ):
        there.embed([b"x"])
    (tmp_path / "modules" / "ray.py").write_text("def init(**_): raise ConnectionError('no cluster is here')")
    with (
        open_cluster("ray://auto", None, tmp_path) as there,
        pytest.raises(MirrorlakeError, match=r"on the Ray cluster at ray://auto\. The Ray cluster at .*no cluster is"),
    ):
        there.embed([b"x"])


def test_no_usage_statistics_leave_a_process_that_is_connected():
    code = """
import unittest.mock
with unittest.mock.patch("ray.init"):
    from mirrorlake.engine.cluster import connect
    connect("ray://auto")
from ray._common.usage.usage_lib import usage_stats_enabled
print(usage_stats_enabled())
"""
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
