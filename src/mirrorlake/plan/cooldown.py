"""Whether a manual run of a datasource is allowed now, and the remaining cooldown. Pure.

Does not apply to scheduled passes and `mirrorlake mirror`, and users can override it. Only the pass that ended last
counts: if it succeeded and imported something, the cooldown starts at its end. After one that failed, was cancelled,
holds removals or imported nothing, a manual run is allowed immediately.
"""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from math import ceil

from mirrorlake.core.errors import CoolingDown, MirrorlakeError, PassRunning
from mirrorlake.core.text import count_noun
from mirrorlake.model.runs import Run, RunState

COOLDOWN = timedelta(hours=1)  # after a pass that imported something
MINUTE = timedelta(minutes=1)


def cooldown_minutes(last: Run | None, now: datetime) -> int:
    """The remaining minutes, rounded up; 0 means now. `last` is the pass that ended last."""
    if last is None or last.finished is None or last.state is not RunState.SUCCEEDED or not last.counts.imported:
        return 0
    # A clock that was put back must not lengthen it.
    left = min(last.finished + COOLDOWN - now, COOLDOWN)
    return max(0, ceil(left / MINUTE))


def check_cooldown(name: str, at_work: Run | None, last: Run | None, now: datetime) -> MirrorlakeError | None:
    """The error for a manual run that is not allowed, else None. `at_work` is queued or running, `last` ended last."""
    if at_work is not None:
        return refused_by(name, at_work)
    minutes = cooldown_minutes(last, now)
    if last is not None and minutes:
        return CoolingDown(
            f"Run {last.id} mirrored datasource {name} less than an hour ago. The next manual run is possible in"
            f" {count_noun(minutes, 'minute')}.",
            "Wait, or leave it to its schedule. To run it now, use Run anyway on its page, or:"
            f" mirrorlake datasource run {shlex.quote(name)} --force",
            minutes=minutes,
        )
    return None


def refused_by(name: str, at_work: Run) -> PassRunning:
    """The refusal of a run because `at_work`, of the same datasource, is queued or running."""
    doing = "is queued" if at_work.state is RunState.QUEUED else "is running"
    if at_work.waiting is not None and at_work.waiting.stuck:
        return PassRunning(
            f"Run {at_work.id} of datasource {name} is already queued: {at_work.waiting.reason}.",
            f"Cancel it on its page, or with: mirrorlake runs cancel {at_work.id}",
        )
    return PassRunning(
        f"Run {at_work.id} of datasource {name} {doing} already.",
        f"Wait for it. Its progress is on its page, and in: mirrorlake runs show {at_work.id}",
    )
