"""A step that runs ahead gives the same items, the same errors, and nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mirrorlake.mirror.prefetch import prefetch


def threads() -> int:
    return sum(thread.name == "test-ahead" for thread in threading.enumerate())


def test_items_come_in_order_and_complete() -> None:
    assert list(prefetch(range(1000), name="test-ahead")) == list(range(1000))
    assert threads() == 0


def test_an_error_arrives_after_what_came_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    items = prefetch(broken(), name="test-ahead")
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(items)
    assert threads() == 0


def test_a_consumer_that_stops_early_ends_the_producer() -> None:
    drawn: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            drawn.append(len(drawn))
            yield drawn[-1]

    items = prefetch(endless(), depth=2, name="test-ahead")
    assert next(items) == 0
    items.close()
    assert threads() == 0
    assert len(drawn) < 10
