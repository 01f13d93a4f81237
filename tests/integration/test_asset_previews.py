"""Previews are made by limited processes, once for each content, and a file that breaks one affects no other file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from tests.support.images import encoded, heic, pdf, pixels, scene
from tests.support.limits import address_space
from tests.support.postgres import Server
from tests.support.recordings import recording

from mirrorlake.core.errors import NoPreview, NotFound, ObjectChanged, ObjectGone, TooBusy
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.model.asset_previews import AssetPreview, PreviewKind, PreviewOptions
from mirrorlake.model.assets import Unchanged
from mirrorlake.model.sources import Access
from mirrorlake.processing import previewer as previewing
from mirrorlake.processing.prestart import StartedWorker, start_process
from mirrorlake.processing.preview_task import PreviewTask
from mirrorlake.processing.previewer import Previewer
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.services.asset_previews import PreviewMaker
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary, open_library
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request
from mirrorlake.storage.providers.folder.provider import folder_location

FILES = {
    "large.tif": encoded(scene(2000, 1500), "tiff"),
    "phone.heic": heic(),
    "report.pdf": pdf(pages=2),
    "clip.mp4": recording("MP4"),
    "voice.mp3": recording("MP3"),
}


@dataclass
class Pictured:
    """A library of files that browsers cannot show."""

    library: LocalLibrary
    folder: Path
    home: Path

    def id(self, name: str) -> str:
        (asset,) = self.library.assets.find(f'"{name}"')
        return asset.id

    def preview(self, name: str, *, kind: PreviewKind = PreviewKind.PICTURE, page: int = 1) -> AssetPreview:
        found = self.library.assets.preview(self.id(name), kind=kind, page=page)
        assert isinstance(found, AssetPreview)
        return found


@pytest.fixture(scope="module")
def pictured(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pictured]:
    root = tmp_path_factory.mktemp("pictured")
    folder = root / "files"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    settings = Settings(home=root / "home", database_url=postgres_server.new_database())
    request = MirrorRequest(uri=folder.as_uri(), media=("image", "video", "audio", "document"), jobs=1)
    mirror(settings, read_request(request), NullProgress())
    with open_library(settings, local_user()) as library:
        yield Pictured(library, folder, settings.home)


def test_a_preview_is_made_once_for_each_content(pictured: Pictured, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pictured.preview("large.tif")
    assert pixels(first.data).shape == (960, 1280, 3)
    monkeypatch.setattr(Previewer, "make", lambda *_, **__: pytest.fail("it was made already"))
    assert pictured.preview("large.tif") == first
    known = pictured.library.assets.preview(pictured.id("large.tif"), known={"another", first.mark})
    assert known == Unchanged(first.mark)


def test_pages_and_strips_are_previews_too(pictured: Pictured) -> None:
    pages = [pictured.preview("report.pdf", page=page) for page in (1, 2)]
    assert pages[0].mark != pages[1].mark
    assert {max(pixels(page.data).shape) for page in pages} == {1200}  # four times the size of the page
    strip = pictured.preview("clip.mp4", kind=PreviewKind.STRIP)
    assert pixels(strip.data).shape == (120, 1600, 3)
    assert strip.mark != pictured.preview("clip.mp4").mark


@pytest.mark.parametrize(
    ("name", "kind", "page", "reason"),
    [
        ("large.tif", PreviewKind.STRIP, 1, "no video, but image/tiff"),
        ("report.pdf", PreviewKind.PICTURE, 3, "no page 3: the last one is 2"),
        ("large.tif", PreviewKind.PICTURE, 2, "no page 2: the last one is 1"),
        ("voice.mp3", PreviewKind.PICTURE, 1, "no larger picture"),
    ],
)
def test_what_an_asset_does_not_have_is_not_found(
    pictured: Pictured, name: str, kind: PreviewKind, page: int, reason: str
) -> None:
    with pytest.raises(NotFound, match=reason):
        pictured.preview(name, kind=kind, page=page)


def test_another_object_under_the_key_is_not_shown_as_the_one_that_is_known(pictured: Pictured) -> None:
    path = pictured.folder / "phone.heic"
    path.write_bytes(encoded(scene(64, 48), "png"))
    with pytest.raises(ObjectChanged):
        pictured.preview("phone.heic")
    path.unlink()
    with pytest.raises(ObjectGone):
        pictured.preview("phone.heic")


def test_whoever_waits_for_the_same_preview_gets_the_same_one(
    pictured: Pictured, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    everybody = threading.Semaphore(0)

    class Empty:
        def get(self, _name: str) -> None:
            everybody.release()

        def put(self, _name: str, _data: bytes) -> None:
            pass

    def make(_self: Previewer, task: PreviewTask, *, owner: str, **_: object) -> bytes:
        made.append(f"{owner}{task.key}")
        for _ in range(8):
            assert everybody.acquire(timeout=30)
        time.sleep(0.2)  # the last ones have yet to wait for it
        return b"a preview"

    monkeypatch.setattr(Previewer, "make", make)
    asset_id = pictured.id("clip.mp4")
    wanted = PreviewOptions(page=1, kind=PreviewKind.PICTURE)
    maker = pictured.library.assets.resources.previews
    monkeypatch.setattr(maker, "_cache", Empty())
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(maker.open, asset_id, wanted, ()) for _ in range(8)]
        found = {one.result().data for one in waiting}  # type: ignore[union-attr]
    assert (made, found) == (["clip.mp4"], {b"a preview"})


def test_what_had_no_preview_is_not_tried_again_at_once(
    pictured: Pictured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def refuse(_self: Previewer, task: PreviewTask, *, owner: str) -> bytes:
        made.append(f"{owner}{task.key}")
        raise NoPreview("It took too long.", "Look at the original.")

    monkeypatch.setattr(Previewer, "make", refuse)
    asset_id = pictured.id("clip.mp4")
    parts = pictured.library.assets.resources
    maker = PreviewMaker(Settings(home=tmp_path), parts.catalog, parts.stores, Previewer())
    for _ in range(2):
        with pytest.raises(NoPreview, match="It took too long") as refused:
            maker.open(asset_id, PreviewOptions(), ())
        assert refused.value.fix == "Look at the original."
    assert made == ["clip.mp4"]


# The processes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def task(folder: Path, name: str, data: bytes) -> PreviewTask:
    path = folder / name
    path.write_bytes(data)
    factory = StoreConfig(location=folder_location(str(folder), str(folder)), access=Access())
    token = factory.open().head(name).token
    return PreviewTask(store_factory=factory, key=name, token=token, size=len(data), wanted=PreviewOptions())


@dataclass
class Started:
    """Starts processes, and remembers them."""

    workers: list[StartedWorker]

    def __call__(self, module: str) -> StartedWorker:
        self.workers.append(start_process(module))
        return self.workers[-1]


def test_damaged_bytes_cost_their_preview_alone_and_no_process(folder: Path) -> None:
    started = Started([])
    previewer = Previewer(processes=1, start=started)
    with pytest.raises(NoPreview, match=r"No preview of a.tif can be made: TIFF"):
        previewer.make(task(folder, "a.tif", FILES["large.tif"][:5000]), owner="")
    bomb = encoded(scene(64, 48), "bmp")
    bomb = bomb[:18] + (60_000).to_bytes(4, "little") * 2 + bomb[26:]
    with pytest.raises(NoPreview, match="and 250 megapixels"):
        previewer.make(task(folder, "bomb.bmp", bomb), owner="")
    assert pixels(previewer.make(task(folder, "b.tif", FILES["large.tif"]), owner="")).shape == (960, 1280, 3)
    assert len(started.workers) == 1
    previewer.make(task(folder, "b.tif", FILES["large.tif"]), owner="another workspace")
    assert len(started.workers) == 2
    previewer.close()
    assert all(worker.process.poll() is not None for worker in started.workers)


def test_a_process_that_dies_or_hangs_costs_one_preview(folder: Path) -> None:
    started = Started([])

    def killed(module: str) -> StartedWorker:
        worker = started(module)
        if len(started.workers) == 1:
            os.kill(worker.process.pid, signal.SIGKILL)
        elif len(started.workers) == 2:
            os.kill(worker.process.pid, signal.SIGSTOP)
        return worker

    previewer = Previewer(processes=1, start=killed, limit_s=20.0)
    wanted = task(folder, "a.tif", FILES["large.tif"])
    with pytest.raises(NoPreview, match="was killed"):
        previewer.make(wanted, owner="")
    previewer._limit_s = 0.2
    with pytest.raises(NoPreview, match="it took longer than"):
        previewer.make(wanted, owner="")
    previewer._limit_s = 60.0
    assert previewer.make(wanted, owner="")
    previewer.close()
    assert all(worker.process.poll() is not None for worker in started.workers)


@pytest.mark.parametrize(
    ("sent", "limit_s", "reason"),
    [
        ((1000).to_bytes(4, "big") + b"{}", 0.5, "it took longer than"),  # the rest of the answer never comes
        ((9).to_bytes(4, "big") + b"[1]\nimage", 60.0, "sent no valid answer"),
        ((11).to_bytes(4, "big") + b'{"error":1}', 60.0, "sent no valid answer"),
        ((27).to_bytes(4, "big") + b'{"requests":-1,"bytes":0}\nx', 60.0, "sent no valid answer"),
    ],
    ids=["cut", "no head", "no message", "no cost"],
)
def test_an_answer_that_is_cut_or_forged_is_none(folder: Path, sent: bytes, limit_s: float, reason: str) -> None:
    workers: list[StartedWorker] = []

    def forged(_module: str) -> StartedWorker:
        ours, theirs = socket.socketpair()
        code = f"import os, time; os.write({theirs.fileno()}, {sent!r}); time.sleep(600)"
        with theirs:
            process = subprocess.Popen([sys.executable, "-c", code], pass_fds=[theirs.fileno()])
        files = (tempfile.TemporaryFile(buffering=0) for _ in range(2))  # noqa: SIM115  closed with the process
        connection = Connection(ours.detach())
        workers.append(StartedWorker(process=process, connection=connection, status=next(files), errors=next(files)))
        return workers[-1]

    previewer = Previewer(processes=1, start=forged, limit_s=limit_s)
    with pytest.raises(NoPreview, match=reason):
        previewer.make(task(folder, "a.tif", FILES["large.tif"]), owner="")
    assert workers[0].process.poll() is not None


def test_idle_processes_end(folder: Path) -> None:
    started = Started([])
    previewer = Previewer(processes=1, start=started, idle_s=0.0)
    previewer.make(task(folder, "a.tif", FILES["large.tif"]), owner="")
    assert started.workers[0].process.wait(30) is not None


def test_a_process_that_was_killed_while_idle_costs_no_preview(folder: Path) -> None:
    started = Started([])
    previewer = Previewer(processes=1, start=started)
    wanted = task(folder, "a.tif", FILES["large.tif"])
    first = previewer.make(wanted, owner="")
    started.workers[0].process.kill()
    started.workers[0].process.wait()
    assert previewer.make(wanted, owner="") == first
    previewer.close()


def test_no_more_wait_than_there_is_room_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "MAX_WAITING", 1)
    entered, leave = threading.Event(), threading.Event()

    def blocked(module: str) -> StartedWorker:
        entered.set()
        leave.wait(30)
        return start_process(module)

    previewer = Previewer(processes=1, start=blocked)
    wanted = task(folder, "a.tif", FILES["large.tif"])
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(previewer.make, wanted, owner="")
        assert entered.wait(30)
        with pytest.raises(TooBusy, match="1 previews are waiting"):
            previewer.make(wanted, owner="")
        with pytest.raises(TooBusy, match="1 previews are waiting"):
            previewer.join(Future())
        leave.set()
        assert first.result()
    previewer.close()


def test_nobody_waits_for_ever(folder: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def blocked(module: str) -> StartedWorker:
        entered.set()
        leave.wait(30)
        return start_process(module)

    previewer = Previewer(processes=1, start=blocked, room_s=0.1)
    wanted = task(folder, "a.tif", FILES["large.tif"])
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(previewer.make, wanted, owner="")
        assert entered.wait(30)
        with pytest.raises(TooBusy, match=r"No process .* became free"):
            previewer.make(wanted, owner="")
        leave.set()
        assert first.result()
    previewer.close()
    with pytest.raises(TooBusy, match="being made for another request"):
        Previewer(room_s=0.1, limit_s=0.1).join(Future())


def test_the_address_space_of_the_process_is_limited() -> None:
    worker = start_process(previewing.MODULE)
    try:
        worker.connection.send_bytes(b"no task")
        worker.connection.recv_bytes()  # by now it has loaded and limited itself
        assert address_space(worker.process.pid) is not None
    finally:
        worker.end()
