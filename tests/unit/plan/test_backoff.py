"""When a job that failed is tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.plan.backoff import NEVER, RetryPolicy

POLICY = RetryPolicy(max_attempts=5, first_s=60, factor=4, longest_s=3600)


@given(st.integers(1, 200), st.floats(0, 1))
def test_waits_grow_to_a_limit_and_spread_over_their_second_half(attempt: int, jitter: float):
    wait = min(60 * 4 ** (attempt - 1), 3600)
    assert wait / 2 <= POLICY.delay_s(attempt, jitter) <= wait
    assert POLICY.delay_s(attempt, 0) <= POLICY.delay_s(attempt + 1, 0)


def test_no_job_is_tried_for_ever():
    assert POLICY.allows_another(4)
    assert not POLICY.allows_another(5)


def test_work_in_the_foreground_is_not_tried_again():
    assert not POLICY.allows_another(None)


def test_what_a_person_waits_for_is_not_tried_again_after_a_failure():
    assert not RetryPolicy(after_failure=False).allows_another(1)
    assert not NEVER.allows_another(1)
