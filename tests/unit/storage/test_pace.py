"""The time limits of one request, by a clock that the tests turn."""

from __future__ import annotations

import pytest

from mirrorlake.storage import pace
from mirrorlake.storage.http import REQUEST_S, SLOWEST_BYTES_S, deadline_of
from mirrorlake.storage.pace import RATE_BYTES_S, RATE_S, SILENCE_S, Pace, TooSlow


class Clock:
    """Seconds that pass on command."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    return made


def receive(limits: Pace, clock: Clock, *, every_s: float, count: int, seconds: float) -> None:
    """`count` bytes each `every_s` seconds, for `seconds`."""
    end = clock.now + seconds
    while clock.now < end:
        limits.wait_s()
        clock.now += every_s
        limits.received(count)


def test_a_byte_every_two_seconds_ends_with_the_first_measurement(clock: Clock) -> None:
    limits = Pace(deadline_s=6 * 3600)
    with pytest.raises(TooSlow, match="less than"):
        receive(limits, clock, every_s=2, count=1, seconds=3600)
    assert clock.now <= RATE_S + 4


def test_a_response_that_becomes_slow_ends_too(clock: Clock) -> None:
    limits = Pace(deadline_s=6 * 3600)
    receive(limits, clock, every_s=1, count=1 << 20, seconds=300)
    with pytest.raises(TooSlow, match="less than"):
        receive(limits, clock, every_s=2, count=1, seconds=3600)
    assert clock.now <= 300 + 2 * RATE_S + 4


def test_a_slow_but_steady_response_may_take_its_time(clock: Clock) -> None:
    limits = Pace(deadline_s=3600)
    receive(limits, clock, every_s=30, count=30 * 2 * RATE_BYTES_S, seconds=3500)
    assert limits.failure is None


def test_a_pause_within_a_fast_response_does_no_harm(clock: Clock) -> None:
    limits = Pace(deadline_s=3600)
    receive(limits, clock, every_s=1, count=1 << 20, seconds=30)
    clock.now += SILENCE_S - 1
    receive(limits, clock, every_s=1, count=1 << 20, seconds=30)
    assert limits.failure is None


def test_the_first_byte_may_be_late_and_the_end_is_no_slow_byte(clock: Clock) -> None:
    limits = Pace(deadline_s=3600)
    clock.now = SILENCE_S - 1
    limits.received(200)
    clock.now += RATE_S + 1
    limits.received(0)
    assert limits.failure is None


def test_no_wait_goes_beyond_the_deadline(clock: Clock) -> None:
    limits = Pace(deadline_s=100)
    assert limits.wait_s() == SILENCE_S
    clock.now = 99
    assert limits.wait_s() == 1
    clock.now = 100
    with pytest.raises(TooSlow, match="more than 100 s"):
        limits.wait_s()
    assert limits.failure == "its response took more than 100 s"


def test_a_deadline_fits_the_size() -> None:
    assert deadline_of(0) == REQUEST_S
    assert deadline_of(64 << 20) == REQUEST_S + (64 << 20) / SLOWEST_BYTES_S
