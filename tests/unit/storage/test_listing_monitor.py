"""Ranges that are listed side by side end together."""

from __future__ import annotations

import threading

import pytest
from tests.support.faulty import Faulty

from mirrorlake.core.errors import AccessDenied
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import ListingMonitor, ListingStopped


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=10)
    for number in range(100):
        store.put(f"{number:03}.jpg", b"x")
    return store


def test_every_page_is_reported_once(store: MemoryStore) -> None:
    seen: list[int] = []
    watched = stack_store(store, monitor=ListingMonitor(seen.append))
    assert sum(batch.num_rows for batch in list_range(watched, KeyRange())) == 100
    assert seen == list(range(10, 101, 10))


def test_a_stopped_listing_asks_for_no_further_page(store: MemoryStore) -> None:
    faulty = Faulty(store)
    monitor = ListingMonitor(lambda _: None)
    watched = stack_store(faulty, monitor=monitor)
    faulty.fail("list", at=3, error=AccessDenied("403"))
    threading.Thread(target=monitor.stop).run()
    with pytest.raises(ListingStopped):
        list(list_range(watched, KeyRange()))
    assert not faulty.calls
