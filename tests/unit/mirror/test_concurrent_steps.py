"""Steps that run at once: all of them, never too many, and nothing begins after an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mirrorlake.mirror.concurrent_steps import WorkInProgress, run_concurrently

WAIT_S = 10  # at most, for another thread
SHORT_S = 0.2  # for one that should not come


def test_every_item_has_its_step_and_as_many_run_at_once_as_may() -> None:
    together = threading.Barrier(2, timeout=WAIT_S)
    done: list[int] = []

    def step(item: int) -> None:
        together.wait()  # breaks unless two steps run at once
        done.append(item)

    run_concurrently(step, iter(range(6)), at_once=2, exclusive=lambda _: False, name="test-steps")
    assert sorted(done) == [0, 1, 2, 3, 4, 5]
    assert all(not thread.name.startswith("test-steps") for thread in threading.enumerate())


def test_an_exclusive_item_runs_while_no_other_does() -> None:
    begun = [threading.Event() for _ in range(5)]
    beside: dict[int, bool] = {}

    def step(item: int) -> None:
        begun[item].set()
        if item < 4:
            beside[item] = begun[item + 1].wait(SHORT_S if item in (1, 2) else WAIT_S)

    run_concurrently(step, iter(range(5)), at_once=2, exclusive=lambda item: item == 2, name="test-steps")
    assert beside == {0: True, 1: False, 2: False, 3: True}


def test_items_are_drawn_only_when_there_is_room_for_them() -> None:
    drawn: list[int] = []
    begun, go = threading.Semaphore(0), threading.Event()

    def items() -> Iterator[int]:
        for item in range(5):
            drawn.append(item)
            yield item

    def step(_: int) -> None:
        begun.release()
        assert go.wait(WAIT_S)

    caller = threading.Thread(
        target=run_concurrently,
        args=(step, items()),
        kwargs={"at_once": 2, "exclusive": lambda _: False, "name": "test-steps"},
    )
    caller.start()
    assert begun.acquire(timeout=WAIT_S)
    assert begun.acquire(timeout=WAIT_S)
    assert drawn == [0, 1]
    go.set()
    caller.join(WAIT_S)
    assert drawn == [0, 1, 2, 3, 4]


def test_after_an_error_no_step_begins_and_those_that_run_end_first() -> None:
    failed, ended = threading.Event(), threading.Event()
    begun: list[int] = []

    def step(item: int) -> None:
        begun.append(item)
        if item == 0:
            failed.set()
            raise ValueError("the first")
        assert failed.wait(WAIT_S)
        ended.set()
        if item == 1:
            raise KeyError("the second")

    with pytest.raises(ValueError, match="the first"):
        run_concurrently(step, iter(range(9)), at_once=2, exclusive=lambda _: False, name="test-steps")
    assert sorted(begun) == [0, 1]
    assert ended.is_set()


def test_an_exclusive_item_begins_when_all_others_have_ended() -> None:
    work = WorkInProgress()
    order: list[str] = []
    waiting = threading.Event()

    def begin_exclusive() -> None:
        waiting.set()
        assert work.begin(exclusive=True)
        order.append("exclusive")

    with work:
        assert work.begin(exclusive=False)
        assert work.begin(exclusive=False)
        thread = threading.Thread(target=begin_exclusive)
        thread.start()
        assert waiting.wait(WAIT_S)
        order.append("first")
        work.end()
        order.append("second")
        work.end()
        thread.join(WAIT_S)
        assert order == ["first", "second", "exclusive"]
        work.end()
        assert work.begin(exclusive=True)


def test_nobody_waits_for_items_that_never_end() -> None:
    work = WorkInProgress()
    answers: list[bool] = []
    with work:
        assert work.begin(exclusive=False)
        thread = threading.Thread(target=lambda: answers.append(work.begin(exclusive=True)))
        thread.start()
    thread.join(WAIT_S)
    assert answers == [False]
    assert not work.begin(exclusive=False)
