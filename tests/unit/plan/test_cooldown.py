"""When a person may have a datasource mirrored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mirrorlake.core.errors import CoolingDown, PassRunning
from mirrorlake.model.runs import Counts, Run, RunState
from mirrorlake.plan.cooldown import check_cooldown, cooldown_minutes

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ended(minutes_ago: float, state: RunState = RunState.SUCCEEDED, **counts: int) -> Run:
    finished = NOW - timedelta(minutes=minutes_ago)
    return Run(
        id=7,
        datasource="d",
        trigger="schedule",
        state=state,
        started=finished - timedelta(hours=5),
        finished=finished,
        counts=Counts(**counts),
    )


@pytest.mark.parametrize(
    ("last", "minutes"),
    [
        (None, 0),
        (ended(0, new=1), 60),
        (ended(0.5, changed=1), 60),
        (ended(18, metadata_changed=3), 42),
        (ended(59.9, labels_changed=1), 1),
        (ended(60, new=1), 0),
        (ended(-300, new=1), 60),  # clocks were put back
        (ended(1, unchanged=9, missing=4, moved=2), 0),  # nothing was brought in
        (ended(1, failed=9), 0),  # all of them failed
        (ended(1, failed=9, new=1), 59),
        (ended(1, RunState.FAILED, new=1), 0),
        (ended(1, RunState.CANCELLED, new=1), 0),
        (ended(1, RunState.HELD, new=1), 0),
    ],
)
def test_cooldown_counts_from_the_end_of_a_pass_that_imported_something(last, minutes):
    assert cooldown_minutes(last, NOW) == minutes
    refused = check_cooldown("d", None, last, NOW)
    if minutes == 0:
        assert refused is None
    else:
        assert isinstance(refused, CoolingDown)
        assert refused.minutes == minutes
        assert f" {minutes} minute" in refused.message


def test_what_is_at_work_is_named_before_any_cooldown():
    for state, word in (
        (RunState.RUNNING, "Run 8 of datasource d is running"),
        (RunState.QUEUED, "Run 8 .* is queued"),
    ):
        busy = Run(id=8, datasource="d", trigger="mirror", state=state, started=NOW, finished=None)
        refused = check_cooldown("d", busy, ended(1, new=1), NOW)
        assert isinstance(refused, PassRunning)
        with pytest.raises(PassRunning, match=word):
            raise refused
