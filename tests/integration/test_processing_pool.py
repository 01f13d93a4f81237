"""Many objects in worker processes: all looked at once, whatever single ones do to their worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from tests.support.biting import Biting, Unopenable
from tests.support.changes import batch, everything_new
from tests.support.images import encoded, png_of_zeros, scene, text_bomb

from mirrorlake.core.errors import MirrorlakeError, SettingsError
from mirrorlake.formats.registry import RANGED_BYTES
from mirrorlake.model.columns import PROCESSED
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.processing.pool import GATHER_ROWS, Limits, ProcessingPool
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.processing.store_factory import OpenedStore, StoreConfig
from mirrorlake.processing.thumbnails import is_complete
from mirrorlake.storage.providers.folder.store import FolderStore

_ROOT = Path(__file__).resolve().parents[2]
_SOON_S = 20.0  # far more than anything awaited here takes


@pytest.fixture(autouse=True)
def _workers_can_import_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:03}.jpg").write_bytes(encoded(scene(64 + number, 48), "jpeg"))
    (folder / "bad.jpg").write_bytes(b"<html>")
    return folder


def _location(folder: Path) -> Location:
    return Location(provider=Provider.FILE, container=str(folder))


def _all_new(folder: Path) -> pa.RecordBatch:
    return everything_new(FolderStore(_location(folder)))


def _pool(folder: Path, *, processes: int = 2, limits: Limits | None = None) -> ProcessingPool:
    biting = Biting(str(folder), folder.parent / "log")
    return ProcessingPool(biting, processes=processes, limits=limits)


def _rows(batches: Iterable[pa.RecordBatch]) -> dict[str, dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in batches:
        assert one.schema.equals(PROCESSED)
        found += one.to_pylist()
    keys = Counter(str(row["key"]) for row in found)
    assert set(keys.values()) <= {1}, "a row came twice"
    return {str(row["key"]): row for row in found}


def _wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _SOON_S
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _pids(log: Path) -> set[int]:
    return {int(line.split()[0]) for line in log.read_text().splitlines()} if log.exists() else set()


def test_workers_see_what_this_process_would_see(photos: Path):
    changes = _all_new(photos)
    recipe = StoreConfig(location=_location(photos), access=Access())
    with ProcessingPool(recipe, processes=2) as there:
        apart = _rows(there.process([changes]))
    with ProcessingPool(OpenedStore(FolderStore(_location(photos))), processes=0) as here:
        together = _rows(here.process([changes]))
    assert apart == together
    assert len(apart) == 41
    assert there.requests == here.requests
    assert there.requests.get == 41
    assert there.bytes_read == here.bytes_read == sum(path.stat().st_size for path in photos.iterdir())
    assert sum(is_complete(row["thumbnail"] or b"") for row in apart.values()) == 40


def test_one_pool_serves_many_rounds(photos: Path):
    with _pool(photos) as pool:
        assert len(_rows(pool.process([_all_new(photos)]))) == 41
        assert _rows(pool.process([])) == {}
        assert len(_rows(pool.process([_all_new(photos)]))) == 41


@pytest.mark.parametrize(
    ("name", "result", "stage", "said"),
    [
        ("kill-decode.jpg", ResultKind.REFUSED, "decode", "the decoder crashed (signal 11), twice"),
        ("kill-fetch.jpg", ResultKind.FAILED, "fetch", "signal 9"),
        ("hang-decode.jpg", ResultKind.REFUSED, "decode", "did not finish within 2 s, twice"),
    ],
)
def test_an_object_that_ends_its_worker_costs_itself_alone(
    photos: Path, name: str, result: ResultKind, stage: str, said: str
):
    (photos / name).write_bytes(encoded(scene(), "jpeg"))
    with _pool(photos, limits=Limits(decode_s=2.0)) as pool:
        rows = _rows(pool.process([_all_new(photos)]))
    results = Counter(ResultKind(int(str(row["result"]))) for key, row in rows.items() if key != name)
    assert results == {ResultKind.PROCESSED: 40, ResultKind.REFUSED: 1}
    assert (rows[name]["result"], rows[name]["stage"]) == (result, stage)
    assert said in str(rows[name]["reason"])


@pytest.mark.skipif(sys.platform != "linux", reason="2026-11-30: only Linux shows the limits of another process")
def test_the_time_that_a_worker_may_compute_is_limited(photos: Path):
    with _pool(photos, limits=Limits(decode_s=3000.0)) as pool:
        _rows(pool.process([_all_new(photos)]))
        soft = [psutil.Process(pid).rlimit(psutil.RLIMIT_CPU)[0] for pid in _pids(photos.parent / "log")]
    assert soft
    assert all(6000 <= one < 6100 for one in soft)


def test_workers_killed_from_outside_cost_nothing(photos: Path):
    whole, log = _all_new(photos), photos.parent / "log"

    def killing() -> Iterator[pa.RecordBatch]:
        yield whole.slice(0, 20)
        _wait_until(lambda: bool(_pids(log)))
        for pid in _pids(log):
            os.kill(pid, signal.SIGKILL)
        yield whole.slice(20)

    with _pool(photos) as pool:
        rows = _rows(pool.process(killing()))
        for pid in _pids(log):
            if _runs(pid):
                os.kill(pid, signal.SIGKILL)  # now while it waits for more
        again = _rows(pool.process([whole]))
    assert len(rows) == len(again) == 41
    assert {row["result"] for row in rows.values()} == {ResultKind.PROCESSED, ResultKind.REFUSED}


def test_bombs_stay_within_the_memory_of_one_worker(photos: Path):
    (photos / "bomb-claimed.png").write_bytes(png_of_zeros(60_000, 60_000))
    (photos / "bomb-real.png").write_bytes(png_of_zeros(9_000, 9_000, interlaced=True))
    (photos / "bomb-text.png").write_bytes(png_of_zeros(8, 8, extra=[text_bomb(b"zTXt", 400 << 20)]))
    (photos / "bomb-icc.png").write_bytes(png_of_zeros(8, 8, extra=[text_bomb(b"iCCP", 400 << 20)]))
    with _pool(photos, limits=Limits(memory_bytes=250 << 20)) as pool:
        rows = _rows(pool.process([_all_new(photos)]))
    assert rows["bomb-claimed.png"]["stage"] == "probe"
    assert (rows["bomb-real.png"]["result"], rows["bomb-real.png"]["stage"]) == (ResultKind.REFUSED, "decode")
    assert sum(row["result"] == ResultKind.PROCESSED for row in rows.values()) >= 40
    assert not any(row["result"] == ResultKind.FAILED for row in rows.values())


def test_changes_are_drawn_no_further_than_needed(photos: Path):
    drawn = 0
    whole = _all_new(photos)

    def endless() -> Iterator[pa.RecordBatch]:
        nonlocal drawn
        while True:
            drawn += 1
            yield whole

    with _pool(photos, processes=1) as pool:
        looked = pool.process(endless())
        next(looked)
        assert drawn * whole.num_rows < 2 * GATHER_ROWS
        del looked
        assert len(_rows(pool.process([whole]))) == 41


def test_workers_that_were_started_before_do_the_work_and_nobody_forgets_one_that_was_not_wanted(photos: Path):
    prestarter = WorkerPrestarter()
    prestarter.start(5)
    early = {child.pid for child in psutil.Process().children() if "mirrorlake.processing.worker" in child.cmdline()}
    assert len(early) == 2
    biting = Biting(str(photos), photos.parent / "log")
    with ProcessingPool(biting, processes=1, prestarter=prestarter) as pool:
        assert len(_rows(pool.process([_all_new(photos)]))) == 41
    worked = _pids(photos.parent / "log")
    assert len(worked) == 1
    assert worked < early
    assert not any(_runs(pid) for pid in early)


def test_no_worker_starts_early_for_a_pool_that_looks_within_this_process(photos: Path):
    before = set(psutil.Process().children())
    with ProcessingPool(OpenedStore(FolderStore(_location(photos))), processes=0) as pool:
        pool.start_early()
        assert set(psutil.Process().children()) <= before


def test_a_store_that_cannot_be_opened_is_said_once(photos: Path):
    settings = ProcessingPool(Unopenable(on_purpose=True), processes=2)
    with settings, pytest.raises(SettingsError, match="The endpoint is no address"):
        _rows(settings.process([_all_new(photos)]))
    slip = ProcessingPool(Unopenable(on_purpose=False), processes=2)
    with slip, pytest.raises(MirrorlakeError, match="ZeroDivisionError: a slip"):
        _rows(slip.process([_all_new(photos)]))


def test_a_row_that_asks_for_nothing_is_a_mistake_of_the_caller(photos: Path):
    rows = _all_new(photos).to_pylist()
    with _pool(photos) as pool, pytest.raises(ValueError, match="needs no reading"):
        _rows(pool.process([batch({**row, "op": 3} for row in rows)]))


def test_closing_ends_stalled_workers_at_once(photos: Path):
    (photos / "stall.jpg").write_bytes(encoded(scene(), "jpeg"))
    pool = _pool(photos)
    looked = pool.process([_all_new(photos)])
    next(looked)
    pids = _pids(photos.parent / "log")
    pool.close()
    pool.close()
    with pytest.raises(MirrorlakeError, match="was stopped"):
        list(looked)
    assert pids
    _wait_until(lambda: not any(_runs(pid) for pid in pids))


@pytest.mark.skipif(sys.platform != "linux", reason="2026-11-21: reads /proc; other systems have none")
def test_workers_die_with_their_parent_and_leave_ctrl_c_to_it(photos: Path):
    (photos / "stall.jpg").write_bytes(encoded(scene(), "jpeg"))
    log = photos.parent / "log"
    script = (
        "import sys, pathlib\n"
        "from tests.support.biting import Biting\n"
        "from tests.support.changes import everything_new\n"
        "from mirrorlake.processing.pool import ProcessingPool\n"
        "folder, log = sys.argv[1:]\n"
        "biting = Biting(folder, pathlib.Path(log))\n"
        "rows = everything_new(biting.open())\n"
        "for _ in ProcessingPool(biting, processes=1).process([rows]): pass\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(photos), str(log)], cwd=_ROOT)
    try:
        _wait_until(lambda: log.exists() and "stall" in log.read_text())
        (worker,) = _pids(log)
        os.kill(worker, signal.SIGINT)
        assert _runs(worker)
        assert os.getpgid(worker) != os.getpgid(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    _wait_until(lambda: not _runs(worker))


def test_a_row_that_needs_more_room_than_expected_comes_late_and_is_right(photos: Path):
    large = encoded(scene(1600, 1200), "bmp")
    assert len(large) >= RANGED_BYTES
    (photos / "003.mov").write_bytes(large)  # parts of a film would have been enough
    with _pool(photos, processes=1, limits=Limits(bytes_in_flight=1 << 20)) as pool:
        rows = _rows(pool.process([_all_new(photos)]))
    assert len(rows) == 42
    assert (rows["003.mov"]["media_type"], rows["003.mov"]["width"]) == ("image/bmp", 1600)
    assert {rows[f"{number:03}.jpg"]["width"] == 64 + number for number in range(40)} == {True}
