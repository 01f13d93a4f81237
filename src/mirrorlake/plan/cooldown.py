"""Whether a person may have a datasource mirrored now, or how long they wait. Pure.

Scheduled passes and `mirrorlake mirror` are not asked. The pass that ended last decides alone: only where it succeeded
and imported something does the cooldown hold, and it counts from its end. After one that failed, was cancelled, holds
removals or brought nothing in, a person may try again at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from mirrorlake.core.errors import CoolingDown, MirrorlakeError, PassRunning
from mirrorlake.core.text import count_noun
from mirrorlake.model.runs import Run, RunState

COOLDOWN = timedelta(hours=1)  # after a pass that imported something
MINUTE = timedelta(minutes=1)


def cooldown_minutes(last: Run | None, now: datetime) -> int:
    """Minutes until a person may ask again, a begun one counted whole; 0: now. `last` is the pass that ended last."""
    if last is None or last.finished is None or last.state is not RunState.SUCCEEDED or not last.counts.imported:
        return 0
    # A clock that was put back must not lengthen it.
    left = min(last.finished + COOLDOWN - now, COOLDOWN)
    return max(0, ceil(left / MINUTE))


def check_cooldown(name: str, at_work: Run | None, last: Run | None, now: datetime) -> MirrorlakeError | None:
    """Why a pass that a person asks for is refused; None: it is not. `at_work` waits or runs, `last` ended last."""
    if at_work is not None:
        return refused_by(name, at_work)
    minutes = cooldown_minutes(last, now)
    if last is not None and minutes:
        return CoolingDown(
            f"Run {last.id} mirrored datasource {name} less than an hour ago; it can be asked for again in"
            f" {count_noun(minutes, 'minute')}.",
            "Wait, or leave it to its schedule. `mirrorlake mirror` with its address runs a pass at once.",
            minutes=minutes,
        )
    return None


def refused_by(name: str, at_work: Run) -> PassRunning:
    """The refusal of a run because `at_work`, of the same datasource, is queued or running."""
    doing = "waits for a worker" if at_work.state is RunState.QUEUED else "is at work"
    if at_work.waiting is not None and at_work.waiting.stuck:
        return PassRunning(
            f"Run {at_work.id} of datasource {name} waits already, and {at_work.waiting.reason}.",
            f"It begins then, unless you end it: mirrorlake runs cancel {at_work.id}",
        )
    return PassRunning(
        f"Run {at_work.id} of datasource {name} {doing} already.",
        f"Wait for it: mirrorlake runs show {at_work.id} tells how far it is.",
    )
