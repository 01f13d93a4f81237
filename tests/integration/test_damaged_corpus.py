"""A source of damaged files: each has an outcome, its intact neighbours are imported, and no worker takes too much."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from blake3 import blake3
from tests.support.damaged import damaged, intact, suffix_of
from tests.support.soak import report_progress, seed, sized

from mirrorlake.catalog import assets, datasources, runs
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.media import MediaKind, facts_to_json
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, Location, MirrorConfig, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.process import process_bytes
from mirrorlake.search import run as search

LEAST = 2_000  # files of the whole corpus
PEAK_BYTES = 2 << 30  # resident, of one worker: an image of the largest size decoded whole, and its libraries
ENDS = {OutcomeKind.NEW, OutcomeKind.FAILED, OutcomeKind.SKIPPED}


class _Peak(threading.Thread):
    """The largest resident size that any child of this process had."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            for child in psutil.Process().children():
                with suppress(OSError, psutil.Error):
                    status = Path(f"/proc/{child.pid}/status").read_text()
                    if "VmHWM:" in status and "worker" in " ".join(child.cmdline()):
                        self.bytes = max(self.bytes, int(status.partition("VmHWM:")[2].split()[0]) << 10)

    def end(self) -> None:
        self._ended.set()
        self.join()


@contextmanager
def _watched() -> Generator[_Peak]:
    peak = _Peak()
    peak.start()
    try:
        yield peak
    finally:
        peak.end()


def _workers() -> list[int]:
    return [one.pid for one in psutil.Process().children() if "processing.worker" in " ".join(one.cmdline())]


def _digests(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): blake3(path.read_bytes()).digest() for path in files}


def test_each_damaged_file_has_an_outcome_and_costs_nothing_else(empty_catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    corpus = list(damaged(seed()))
    assert len(corpus) >= LEAST
    chosen = corpus[:: sized(len(corpus) // 100, 1)]
    neighbours = {f"{place:02}{suffix_of(name)}": data for place, (name, data) in enumerate(intact().items())}
    for path, data in [*chosen, *((f"intact/{name}", data) for name, data in neighbours.items())]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    before = _digests(folder)
    source = datasources.create(
        empty_catalog,
        name=None,
        location=Location(provider=Provider.FILE, container=str(folder)),
        access=Access(),
        settings=MirrorSettings(configs=(MirrorConfig(),), media=tuple(MediaKind)),
    )
    work = tmp_path / "work"
    work.mkdir()
    context = RunContext(
        catalog=empty_catalog,
        thumbnails=LibraryStore.in_folder(tmp_path / "thumbnails"),
        workdir=work,
        processes=2,
        ranges=1,
    )
    with _watched() as peak:
        report = run_pass(source, context, NullProgress())

    assert report.state is RunState.SUCCEEDED, report.error
    assert report.run is not None
    found = {one.key: one for one in runs.outcomes(empty_catalog, report.run, limit=len(before) + 1)}
    assert set(found) == set(before)
    counts = Counter(one.kind for one in found.values())
    assert set(counts) <= ENDS
    assert all(one.reason for one in found.values() if one.kind is not OutcomeKind.NEW)
    internal = [f"{one.key}: {one.reason}" for one in found.values() if "unexpected error" in (one.reason or "")]
    assert internal == []
    by_key = {one.key: one for one in search.stream(empty_catalog, "")}
    for name, data in neighbours.items():
        expected = process_bytes(data, name)
        detail = assets.get_asset_detail(empty_catalog, by_key[f"intact/{name}"].id)
        assert found[f"intact/{name}"].kind is OutcomeKind.NEW
        assert (detail.asset.media_type, detail.digest) == (expected.media_type, blake3(data).hexdigest())
        assert detail.facts == facts_to_json(expected.facts)
    assert _digests(folder) == before
    assert _workers() == []
    assert 0 < peak.bytes < PEAK_BYTES
    report_progress(f"{len(found)} files: {dict(counts)}, at most {peak.bytes >> 20} MiB in a worker")
