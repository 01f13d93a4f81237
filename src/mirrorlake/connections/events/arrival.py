"""Decide which hints of messages concern a datasource. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorlake.model.events import EventCounts, ReadEvents
from mirrorlake.model.sources import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What some messages contained, for one datasource."""

    keys: frozenset[str]
    counts: EventCounts
    warning: str | None  # the last one


def sort_arrivals(messages: Iterable[ReadEvents], location: Location) -> Arrival:
    """The keys below this location, and the number of everything else."""
    keys: set[str] = set()
    received = foreign = tests = unreadable = 0
    warning = None
    for message in messages:
        tests += message.tests
        unreadable += len(message.warnings)
        warning = message.warnings[-1] if message.warnings else warning
        for hint in message.hints:
            if _is_of(hint.container, location) and hint.key.startswith(location.prefix):
                received += 1
                keys.add(hint.key)
            else:
                foreign += 1
    counts = EventCounts(received=received, foreign=foreign, tests=tests, unreadable=unreadable)
    return Arrival(keys=frozenset(keys), counts=counts, warning=warning)


def _is_of(container: str | None, location: Location) -> bool:
    """Whether an event names this container. One of an account has its name after that of the account."""
    return container is None or container == location.container or location.container.endswith(f"/{container}")
