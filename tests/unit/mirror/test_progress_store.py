"""Ranges that are listed side by side end together."""

from __future__ import annotations

import threading

import pytest
from tests.support.faulty import Faulty

from mirrorlake.core.errors import AccessDenied
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.progress_store import ListingStopped, ProgressReportingStore
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.memory import MemoryStore


class Told(NullProgress):
    def __init__(self) -> None:
        self.seen: list[int] = []

    def listed(self, objects: int) -> None:
        self.seen.append(objects)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=10)
    for number in range(100):
        store.put(f"{number:03}.jpg", b"x")
    return store


def test_every_page_is_told_once(store: MemoryStore) -> None:
    told = Told()
    assert sum(batch.num_rows for batch in list_range(ProgressReportingStore(store, told), KeyRange())) == 100
    assert told.seen == list(range(10, 101, 10))


def test_a_stopped_listing_asks_for_no_further_page(store: MemoryStore) -> None:
    faulty = Faulty(store)
    watched = ProgressReportingStore(faulty, NullProgress())
    faulty.fail("list", at=3, error=AccessDenied("403"))
    threading.Thread(target=watched.stop).run()
    with pytest.raises(ListingStopped):
        list(list_range(watched, KeyRange()))
    assert not faulty.calls
