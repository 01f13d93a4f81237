"""A preview names what the next pass does, and why; its counts are those of that pass."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.two import Two

from mirrorlake.catalog import jobs, runs
from mirrorlake.cli.documents import report_document
from mirrorlake.core.errors import AccessDenied, MirrorlakeError, RunCancelled
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import execute, new_job
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.handlers.location_preview import LocationArgs
from mirrorlake.jobs.progress import Reporter
from mirrorlake.mirror import location_preview
from mirrorlake.mirror.cancellation import never_cancelled
from mirrorlake.mirror.location_preview import PreviewContext, preview_location
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.location_previews import LeftOutKind, LocationSummary
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import OutcomeKind, RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.location_previews import show_location_preview
from mirrorlake.storage.providers.memory.store import MemoryStore


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    store = MemoryStore()
    put_all(store, [f"{number:02}.png" for number in range(40)])
    store.put("broken.png", b"no picture")
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    return mirrored


def keys(mirrored: Mirrored, kind: OutcomeKind) -> set[str]:
    newest = runs.list_runs(mirrored.catalog, limit=1)[0].id
    return {outcome.key for outcome in runs.outcomes(mirrored.catalog, newest, limit=100, kind=kind)}


def test_samples_name_what_the_next_pass_does(mirrored: Mirrored) -> None:
    store = mirrored.store
    assert isinstance(store, MemoryStore)
    for number in range(12):
        store.put(f"new-{number:02}.png", picture(100 + number))
    store.put("01.png", picture(201))
    store.put("02.json", b'{"site": "hall"}')
    store.put("moved.png", picture(3))
    store.delete("03.png")
    store.delete("04.png")
    store.put("05.png", b"")

    told = mirrored.preview()
    assert mirrored.preview().samples == told.samples  # it stored nothing
    done = mirrored.run()

    shown = told.samples
    assert shown is not None
    assert told.counts == done.counts
    assert [one.key for one in shown["new"]] == [f"new-{number:02}.png" for number in range(10)]
    for kind in ("changed", "metadata_changed", "moved", "skipped"):
        assert {one.key for one in shown[kind]} == keys(mirrored, OutcomeKind(kind)), kind
    assert {one.key for one in shown["orphaned"]} == keys(mirrored, OutcomeKind.REMOVED) == {"04.png"}
    (moved,) = shown["moved"]
    assert (moved.key, moved.old_key) == ("moved.png", "03.png")
    reasons = {one.key: one.reason for some in shown.values() for one in some}
    assert "02.json" in reasons["02.png"]
    assert reasons["05.png"] == "empty object"
    assert "could not be decoded before" in reasons["broken.png"]
    assert "trash" in reasons["04.png"]
    assert set(report_document(told)) - set(report_document(done)) == {"samples"}
    assert told.samples is not None
    assert told.samples["moved"][0].old_key == "03.png"


def test_a_location_shows_before_the_datasource_exists_what_its_first_pass_needs(
    empty_catalog: Catalog, tmp_path: Path
) -> None:
    store = MemoryStore(page_rows=16)
    put_all(store, [f"{folder}/{number:02}.png" for folder in "ab" for number in range(20)])
    for key in ("a/01.json", "a/02.json", "b/03.json", "b/lonely.json", "notes.txt", "a/"):
        store.put(key, b"{}")
    store.put("b/empty.png", b"")
    mirrored = Mirrored(empty_catalog, tmp_path, store, globs=("a/**", "b/0*", "b/e*"))
    context = PreviewContext(
        catalog=empty_catalog, workdir=tmp_path, processes=1, check=never_cancelled, report=lambda _: None
    )

    told = preview_location(mirrored.source, context, OpenedStore(store))

    first = mirrored.preview()
    assert first.would is not None
    assert (told.listed, told.selected) == (first.counts.listed, first.counts.selected)
    assert {one.kind: one.objects for one in told.left_out} == {
        LeftOutKind.FOLDER_MARKER: 1, LeftOutKind.UNSUPPORTED: 1, LeftOutKind.NO_PATTERN: 10, LeftOutKind.EMPTY: 1
    }  # fmt: skip
    needed = told.estimate.requests
    assert (needed.list, needed.get, needed.head) == (first.would.list, first.would.get, first.would.head)
    assert told.estimate.bytes == first.would.bytes
    assert (told.sidecars.paired, told.sidecars.samples) == (3, ("b/lonely.json",))


def test_a_listing_that_breaks_off_leaves_what_was_found_until_then(empty_catalog: Catalog, tmp_path: Path) -> None:
    store = MemoryStore(page_rows=5)
    put_all(store, [f"{number:02}.png" for number in range(20)])
    asked: list[object] = []
    reports: list[LocationSummary] = []

    def broken(times: int) -> LocationSummary:
        def check() -> None:
            asked.append(None)
            if len(asked) > times:
                raise AccessDenied("The credentials have expired.", "Renew them.")

        asked.clear()
        context = PreviewContext(
            catalog=empty_catalog, workdir=tmp_path, processes=1, check=check, report=reports.append
        )
        return preview_location(Mirrored(empty_catalog, tmp_path, store).source, context, OpenedStore(store))

    told = broken(2)
    assert (told.complete, told.listed, told.error) == (False, 10, "The credentials have expired. Renew them.")
    with pytest.raises(AccessDenied):
        broken(0)


def test_a_cancelled_preview_of_a_location_shows_what_it_found(empty_catalog: Catalog, tmp_path: Path) -> None:
    store = MemoryStore(page_rows=5)
    put_all(store, [f"{number:02}.png" for number in range(40)])
    source = Mirrored(empty_catalog, tmp_path, store).source
    lease = jobs.begin(empty_catalog, new_job(JobKind.LOCATION_PREVIEW, LocationArgs.of(source), subject="memory"))

    def cancel_at_ten(summary: LocationSummary) -> None:
        if summary.listed >= 10:
            lease.mark_cancelled("ada")

    context = JobContext(
        settings=Settings(home=tmp_path),
        catalog=empty_catalog,
        lease=lease,
        reporter=Reporter(lease),
        processes=1,
        item=cancel_at_ten,
        store_factory=lambda _: OpenedStore(store),
    )
    pages = patch.object(location_preview, "BATCH_ROWS", 1), patch.object(location_preview, "REPORT_EVERY_S", -1.0)
    with pages[0], pages[1], lease, pytest.raises(RunCancelled):
        execute(context)

    told = show_location_preview(empty_catalog, str(lease.job_id))
    assert (told.state, told.error) == (RunState.CANCELLED, f"Job {lease.job_id} was cancelled by ada.")
    assert told.summary is not None
    assert not told.summary.complete
    assert 10 <= told.summary.listed < 40
    assert told.summary.formats[0].objects == told.summary.listed


def test_orphans_are_shown_as_held_or_as_no_longer_taken(mirrored: Mirrored) -> None:
    store = mirrored.store
    assert isinstance(store, MemoryStore)
    mirrored.change(globs=("*.png",), exclude=("00.png",))
    shown = mirrored.preview().samples
    assert shown is not None
    (left,) = shown["orphaned"]
    assert (left.key, left.reason.startswith("no pattern selects it any more")) == ("00.png", True)
    for number in range(35):
        store.delete(f"{number:02}.png")
    held = mirrored.preview().samples
    assert held is not None
    assert len(held["orphaned"]) == 10
    assert all("wait for confirmation" in one.reason for one in held["orphaned"])


def test_a_preview_that_nobody_awaits_any_more_asks_nothing_more(mirrored: Mirrored) -> None:
    def ended() -> None:
        raise MirrorlakeError("The server ended.")

    told = mirrored.preview(check=ended)
    assert (told.state, told.error, told.requests) == (RunState.FAILED, "The server ended.", Requests())


@pytest.mark.parametrize("gone", [1, 12])
def test_an_orphan_that_another_datasource_shows_counts_as_the_pass_counts_it(
    empty_catalog: Catalog, tmp_path: Path, gone: int
) -> None:
    two = Two(empty_catalog, tmp_path)
    alone = [f"b/{number:02}.png" for number in range(12)]
    put_all(two.store, [f"a/{number:02}.png" for number in range(12)] + alone)
    for each in (two.older, two.younger):
        each.run()
    for number in range(gone):
        two.store.delete(f"a/{number:02}.png")
    two.store.delete(alone[0])
    for each in (two.older, two.younger):
        told, done = each.preview(), each.run()
        assert told.counts == done.counts
        assert told.state is RunState.SUCCEEDED
        assert done.state is (RunState.HELD if gone == 12 else RunState.SUCCEEDED)
    assert done.counts.removed == (0 if gone == 12 else 1)
