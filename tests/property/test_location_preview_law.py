"""The preview of a location counts what a dictionary of the whole bucket counts, in whatever order it is listed."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_pairing_law import pairs, suffixes, with_full_names
from tests.support.listings import Obj, keys, listing

from mirrorlake.mirror import location_preview
from mirrorlake.mirror.cancellation import never_cancelled
from mirrorlake.mirror.location_preview import PreviewContext, preview_location
from mirrorlake.model.explanations import Verdict
from mirrorlake.model.location_previews import LeftOutKind, LocationSummary
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Access, Datasource, Location, MirrorConfig, MirrorSettings, Provider
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.select.explain import explain
from mirrorlake.select.name_tally import NameTally
from mirrorlake.select.reservoir import Reservoir
from mirrorlake.select.rules import compile_rules
from mirrorlake.select.stream import LIBRARY_PREFIX
from mirrorlake.storage.base import ListPage
from mirrorlake.storage.providers.memory.store import MemoryStore

# Kinds of objects that the patterns select, and that would not be read all the same.
SKIPPED = {LeftOutKind.EMPTY, LeftOutKind.ARCHIVED}
globs = st.lists(st.sampled_from(["**", "*", "a*", "**/a*", "*.jpg", "1/**"]), max_size=2).map(tuple)


class ListedStore(MemoryStore):
    """Lists these pages."""

    def __init__(self, pages: Sequence[pa.RecordBatch], *, ordered: bool) -> None:
        super().__init__(ordered=ordered)
        self._pages = pages

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:  # noqa: ARG002  all of it
        place = 0 if cursor is None else cast("int", cursor)
        rest = place + 1 < len(self._pages)
        return ListPage(batch=self._pages[place], cursor=place + 1 if rest else None)


def source(**config: Any) -> Datasource:
    configs = (MirrorConfig(globs=config.get("globs", ()), exclude=config.get("exclude", ())),)
    return Datasource(
        id=0,
        name="a location",
        location=Location(provider=Provider.MEMORY, container=""),
        access=Access(),
        settings=MirrorSettings(configs=configs, sidecar_suffix=config.get("suffix")),
    )


def preview(store: MemoryStore, of: Datasource, reports: list[LocationSummary]) -> LocationSummary:
    with tempfile.TemporaryDirectory() as folder:
        context = PreviewContext(
            catalog=cast("Any", None),  # there is no glob file to be remembered
            workdir=Path(folder),
            processes=1,
            check=never_cancelled,
            report=reports.append,
        )
        return preview_location(of, context, OpenedStore(store))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A bucket, how it is listed, and what is selected."""

    bucket: set[str]
    chosen: set[int]  # of these keys, a sidecar of the full-name form is there
    suffix: str | None
    globs: tuple[str, ...]
    exclude: tuple[str, ...]
    ordered: bool
    cuts: list[int]
    dice: random.Random


cases = st.builds(
    Case,
    bucket=st.sets(keys(), min_size=1, max_size=30),
    chosen=st.sets(st.integers(0, 30)),
    suffix=suffixes,
    globs=globs,
    exclude=globs,
    ordered=st.booleans(),
    cuts=st.lists(st.integers(0, 40), max_size=8),
    dice=st.randoms(use_true_random=False),
)


@settings(max_examples=40)
@given(cases)
def test_a_preview_counts_what_a_dictionary_counts(case: Case) -> None:
    suffix, dice = case.suffix, case.dice
    bucket = {key for key in with_full_names(case.bucket, suffix, case.chosen) if not key.startswith(LIBRARY_PREFIX)}
    objects = {
        key: Obj(size=dice.choice([0, 3, 5]), storage_class=dice.choice(["STANDARD", "GLACIER"]))
        for key in sorted(bucket)
    }
    pages = [page for page in listing(objects, case.cuts) if page.num_rows] or listing(objects)
    if not case.ordered:
        dice.shuffle(pages)
    of = source(globs=case.globs, exclude=case.exclude, suffix=suffix)
    reports: list[LocationSummary] = []
    with patch.object(location_preview, "BATCH_ROWS", 1), patch.object(location_preview, "REPORT_EVERY_S", -1.0):
        told = preview(ListedStore(pages, ordered=case.ordered), of, reports)

    rules = compile_rules(of.settings)
    verdicts = {key: explain(key, rules, None).verdict for key in bucket}
    selected = {key for key, verdict in verdicts.items() if verdict is Verdict.ASSET}
    sidecars = {key for key, verdict in verdicts.items() if verdict is Verdict.SIDECAR}
    unread = {key for key in selected if not objects[key].size or objects[key].storage_class == "GLACIER"}
    served = {key: sidecar for key, sidecar in pairs(bucket, suffix).items() if key in selected and sidecar}
    left = {one.kind: one.objects for one in told.left_out}

    assert told.complete
    assert (told.listed, told.selected) == (len(bucket), len(selected))
    assert told.listed_bytes == sum(one.size for one in objects.values())
    assert sum(number for kind, number in left.items() if kind in SKIPPED) == len(unread)
    assert sum(number for kind, number in left.items() if kind not in SKIPPED) == len(bucket - selected - sidecars)
    assert told.sidecars.found == len(sidecars)
    assert told.sidecars.paired == len(set(served.values()))
    assert told.sidecars.paired + told.sidecars.unpaired == len(sidecars)
    assert set(told.sidecars.samples) <= sidecars - set(served.values())
    read = selected - unread
    assert told.estimate.requests.get == len(read) + sum(key in served for key in read)
    assert {one.key for one in told.samples} <= read
    folders = Counter(key[: key.find("/") + 1] for key in bucket)
    assert {one.folder: one.objects for one in told.folders} == folders
    assert sum(one.selected for one in told.folders) == len(selected)
    # What was reported on the way grows, and is a part of the whole.
    numbers = [one.listed for one in (*reports, told)]
    assert numbers == sorted(numbers)
    assert len(reports) == len(pages)


@settings(max_examples=40)
@given(batches=st.lists(st.integers(0, 50), max_size=20), size=st.integers(1, 8))
def test_a_sample_holds_as_many_of_the_offered_items_as_fit(batches: list[int], size: int) -> None:
    samples = [Reservoir[int](size), Reservoir[int](size)]
    offered = 0
    for count in batches:
        for sample in samples:
            sample.offer(count, lambda place, before=offered: before + place)
        offered += count
    first, second = (sorted(sample.items) for sample in samples)
    assert first == second  # the same stream gives the same sample
    assert len(set(first)) == min(size, offered)
    assert all(0 <= item < offered for item in first)


def test_every_part_of_a_long_stream_is_sampled_alike() -> None:
    size, stream = 500, 100_000
    sample = Reservoir[int](size)
    for start in range(0, stream, 777):
        sample.offer(min(777, stream - start), lambda place, start=start: start + place)
    tenths = Counter(item * 10 // stream for item in sample.items)
    assert len(sample.items) == size
    assert all(20 < tenths[tenth] < 90 for tenth in range(10)), tenths  # 50 each; six standard deviations are 40


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=30), max_size=10), st.integers(2, 8))
def test_dropped_names_are_still_counted_together(batches: list[list[int]], limit: int) -> None:
    tally, total = NameTally(limit), 0
    for numbers in batches:
        names = [None if number == 0 else f"{number:02}" for number in sorted(numbers)]
        sizes = pa.array(numbers, pa.int64())
        tally.add(pa.array(names, pa.string()), sizes, np.ones(len(names), dtype=np.bool_))
        total += len(numbers)
        assert len(tally.names) <= limit
    counted = sum(one.objects for one in tally.names.values())
    assert counted + tally.rest.objects == total
    assert sum(one.selected for one in tally.names.values()) + tally.rest.selected == total
