"""Collect the rows of a check within a deadline: one slow server must not hold the one who waits."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

from mirrorlake.connections.checks.abilities import failed_row, untried_row
from mirrorlake.connections.checks.symptom import Ability, Subject
from mirrorlake.core.errors import SourceUnreachable
from mirrorlake.model.connections import AbilityCheck

DEADLINE_S = 25.0  # less than clients of the API wait
_REQUIRED = tuple(ability for ability in Ability if ability not in (Ability.EXTERNAL_ID, Ability.REGION))


def collect(rows: Callable[[], Iterator[AbilityCheck]], subject: Subject, deadline_s: float) -> list[AbilityCheck]:
    """All rows; those that are missing after `deadline_s` seconds are red (the first) or not tried.

    `rows` is iterated in a thread, which ends by the time limits of its own requests. Its errors are raised here.
    """
    made: queue.SimpleQueue[AbilityCheck | BaseException | None] = queue.SimpleQueue()

    def produce() -> None:
        try:
            for row in rows():
                made.put(row)
        except BaseException as error:  # noqa: BLE001  raised in the thread of the caller
            made.put(error)
        else:
            made.put(None)

    threading.Thread(target=produce, name="check", daemon=True).start()
    end = time.monotonic() + deadline_s
    found: list[AbilityCheck] = []
    while True:
        try:
            one = made.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            return [*found, *_late(found, subject, deadline_s)]
        if one is None:
            return found
        if isinstance(one, BaseException):
            raise one
        found.append(one)


def _late(found: list[AbilityCheck], subject: Subject, deadline_s: float) -> Iterator[AbilityCheck]:
    known = {row.check for row in found}
    missing = [ability for ability in _REQUIRED if ability.value not in known]
    slow = SourceUnreachable(f"The server timed out: no response within {deadline_s:g} s.", "Check the network.")
    for place, ability in enumerate(missing):
        yield failed_row(ability, slow, subject) if place == 0 else untried_row(ability, "the check took too long")
