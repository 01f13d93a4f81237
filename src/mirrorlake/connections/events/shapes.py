"""What all readers of events share: the members of JSON objects, whose types nobody has checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mirrorlake.model.events import ObjectHint


@dataclass(frozen=True, slots=True)
class Unusable:
    """A part of a message that could not be used, and why."""

    reason: str  # one sentence


# A hint, a part that could not be used, or None for a test message.
Found = ObjectHint | Unusable | None


def as_object(value: Any) -> Mapping[str, Any] | None:
    """The value if it is a JSON object."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """The value if it is a JSON list."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def member(document: Mapping[str, Any], *path: str) -> Any:
    """The value at a path of names; None if there is none."""
    found: Any = document
    for name in path:
        here = as_object(found)
        if here is None:
            return None
        found = here.get(name)
    return found


def text_of(document: Mapping[str, Any], *path: str) -> str | None:
    """The text at a path of names; None if there is none."""
    found = member(document, *path)
    return found if isinstance(found, str) else None
