"""What is said where a cluster cannot be used, before and after a connection."""

from __future__ import annotations

import json
import pickle
import socket
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.biting import Unopenable
from tests.support.changes import everything_new
from tests.support.images import encoded, scene
from tests.support.ray_cluster import ROOT

from mirrorlake.core.errors import MirrorlakeError, SettingsError
from mirrorlake.core.settings import read_settings
from mirrorlake.engine import choice, cluster
from mirrorlake.engine.actor_layout import ActorLayout, layout_of
from mirrorlake.engine.base import LocalEngine
from mirrorlake.engine.choice import choose_engine
from mirrorlake.engine.cluster import Node, connect
from mirrorlake.engine.messages import ClusterSetup, NodeSetup, pack_slots, unpack_slots
from mirrorlake.engine.node import answer_task, check_folder
from mirrorlake.engine.ray_pool import RayEngine
from mirrorlake.engine.ray_task import installed, run_task
from mirrorlake.engine.same_folder import check_gone
from mirrorlake.model.looking import LOOK_AT_ALL
from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.processing.channel import pack_ready, pack_task, unpack_answer
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.processing.store_factory import OpenedStore, StoreConfig
from mirrorlake.services import doctor
from mirrorlake.storage.listing_batches import joined
from mirrorlake.storage.providers.folder.store import FolderStore


def _setup(folder: Path, inode: str) -> NodeSetup:
    factory = StoreConfig(location=Location(provider=Provider.FILE, container=str(folder)), access=Access())
    return NodeSetup(store_factory=factory, looking=LOOK_AT_ALL, folder=factory.location, inode=inode)


@pytest.mark.parametrize("address", ["local", "ray://auto", "ray://head.example:10001", "ray://[::1]:10001"])
def test_engines_are_local_or_a_cluster(address: str):
    assert read_settings({"MIRRORLAKE_ENGINE": address, "MIRRORLAKE_HOME": "/h"}).engine == address


@pytest.mark.parametrize("address", ["ray", "ray://head", "http://head:10001", "ray://a:1/x", "ray://u@h:1", "auto"])
def test_other_words_are_no_engine(address: str):
    with pytest.raises(SettingsError, match="MIRRORLAKE_ENGINE is not an engine"):
        read_settings({"MIRRORLAKE_ENGINE": address, "MIRRORLAKE_HOME": "/h"})


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch):
    assert choose_engine("local", 3) == LocalEngine(3)
    assert choose_engine("ray://auto", 3) == RayEngine("ray://auto", 3)
    monkeypatch.setattr(choice, "find_spec", lambda _package: None)
    assert choose_engine("local", 3) == LocalEngine(3)
    with pytest.raises(SettingsError, match=r"package ray is not installed\. Install mirrorlake\[ray\]"):
        choose_engine("ray://auto", None)


def test_a_cluster_that_does_not_answer_is_named_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(MirrorlakeError, match=rf"ray://127\.0\.0\.1:{port} cannot be reached: Connection refused\."):
        connect(f"ray://127.0.0.1:{port}")


def test_doctor_asks_whether_the_cluster_answers():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings = read_settings({"MIRRORLAKE_ENGINE": f"ray://127.0.0.1:{port}", "MIRRORLAKE_HOME": "/h"})
        assert doctor._engine(settings) == f"objects are processed on the Ray cluster at ray://127.0.0.1:{port}"
    with pytest.raises(MirrorlakeError, match=rf"ray://127\.0\.0\.1:{port} cannot be reached"):
        doctor._engine(settings)


_VERSIONS = (
    "Version mismatch: The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.12.1\nThis process on Ray Client …"
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError(_VERSIONS), "has other versions than this machine: Version mismatch: The cluster was started"),
        (RuntimeError("Authentication failed: wrong token"), "Give this machine the token of the cluster"),
        (ConnectionError("Could not find any running Ray instance."), "For ray://auto, it must be a node"),
    ],
)
def test_what_ray_reports_becomes_a_sentence_with_what_to_do(error: Exception, expected: str):
    assert expected in str(cluster._translate("ray://auto", error))


@pytest.mark.parametrize("package", ["mirrorlake", "mirrorlake[video]"])
def test_a_node_with_something_else_says_what(package: str):
    answer, gets, read = run_task({**installed(), package: "0.0.7"}, b"", b"")
    assert (gets, read) == (0, 0)
    with pytest.raises(SettingsError, match="Install the same versions") as raised:
        unpack_answer(answer)
    assert f"{package} is " in raised.value.message
    assert "here, it is 0.0.7" in raised.value.message


def test_a_folder_that_a_node_does_not_have_is_not_read_there(tmp_path: Path):
    inode = str(tmp_path.stat().st_ino)
    check_folder(_setup(tmp_path, inode))
    with pytest.raises(SettingsError, match="does not have the folder"):
        check_folder(_setup(tmp_path, inode + "1"))
    with pytest.raises(SettingsError, match="Mount it on every node"):
        check_folder(_setup(tmp_path / "gone", inode))


def test_a_folder_with_the_same_inode_and_other_files_is_noticed(tmp_path: Path):
    here, there = (FolderStore(Location(provider=Provider.FILE, container=str(tmp_path / name))) for name in "ab")
    for name, files in (("a", "123"), ("b", "3")):
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / f"{file}.jpg").write_bytes(encoded(scene(), "jpeg"))
    changes = everything_new(here)

    def found(store: FolderStore, rows: pa.RecordBatch) -> pa.RecordBatch:
        with ProcessingPool(OpenedStore(store), processes=0) as pool:
            return joined(list(pool.process([rows])))

    with pytest.raises(SettingsError, match=r"another folder in the place of that of this machine: '1\.jpg' is here"):
        check_gone(found(there, changes), here)
    check_gone(found(here, changes), here)
    (tmp_path / "a" / "1.jpg").unlink()
    (tmp_path / "a" / "2.jpg").write_bytes(b"another")
    check_gone(found(here, changes), here)
    check_gone(found(here, changes.slice(0, 2)), here)


@pytest.mark.parametrize(
    ("model", "nodes", "expected"),
    [
        ("lite", [], ActorLayout(1)),
        (None, [Node(0), Node(8, gpus=1), Node(1)], ActorLayout(8)),
        ("clip:a/b", [Node(0)], ActorLayout(1)),
        ("clip:a/b", [Node(1), Node(1)], ActorLayout(2)),
        ("clip:a/b", [Node(2)] * 8, ActorLayout(8)),  # an actor with more threads would fit on none of them
        ("clip:a/b", [Node(4)], ActorLayout(1, threads=3)),
        ("clip:a/b", [Node(8)], ActorLayout(2, threads=3)),
        ("clip:a/b", [Node(17), Node(9), Node(0)], ActorLayout(6, threads=4)),
        ("clip:a/b", [Node(16, gpus=2), Node(2, gpus=4), Node(64)], ActorLayout(4, gpu=True)),
        ("clip:a/b", [Node(16, gpus=1), Node(32, gpus=4), Node(64)], ActorLayout(5, threads=7, gpu=True)),
        ("clip:a/b", [Node(0, gpus=1), Node(2)], ActorLayout(1)),
    ],
)
def test_actors_fit_on_their_nodes_and_leave_cpus_to_runs(model: str | None, nodes: list[Node], expected: ActorLayout):
    assert layout_of(nodes, model) == expected


@pytest.mark.parametrize(
    ("model", "nodes", "jobs", "expected"),
    [
        ("lite", [Node(8)], 3, ActorLayout(3)),
        ("lite", [Node(8)], 30, ActorLayout(7)),
        ("clip:a/b", [Node(8)], 4, ActorLayout(1, threads=3)),
        ("clip:a/b", [Node(8)], 2, ActorLayout(1, threads=2)),
        ("clip:a/b", [Node(32, gpus=4)], 15, ActorLayout(2, threads=7, gpu=True)),
        ("clip:a/b", [Node(32, gpus=4)], 4, ActorLayout(1, threads=4, gpu=True)),
    ],
)
def test_actors_have_no_more_threads_than_the_job_may_use(
    model: str, nodes: list[Node], jobs: int, expected: ActorLayout
):
    assert layout_of(nodes, model, jobs) == expected


def test_no_credentials_are_in_the_text_of_a_setup():
    assert "secret" not in repr(ClusterSetup(address="ray://auto", node_setup=b"secret"))


def test_a_source_that_a_node_cannot_open_ends_the_run_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "a.jpg").write_bytes(b"x")
    changes = everything_new(FolderStore(Location(provider=Provider.FILE, container=str(tmp_path))))
    setup = NodeSetup(store_factory=Unopenable(on_purpose=True), looking=LOOK_AT_ALL)
    answer, _, _ = answer_task(pickle.dumps(setup), pack_task(1, changes))
    with pytest.raises(SettingsError, match="The endpoint is no address"):
        unpack_answer(answer)


def test_the_number_of_slots_is_a_frame_of_its_own():
    assert json.loads(pack_slots(4)) == {"slots": 4}
    assert unpack_slots(pack_slots(4)) == 4
    assert unpack_slots(pack_ready()) is None
