"""What a trace of a browser says about the script of each frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CATEGORIES = ("devtools.timeline", "v8", "__metadata")
_FRAME = "FireAnimationFrame"
# Script, and what the engine does for it. Those inside of another are part of it.
_SCRIPT = frozenset({
    _FRAME, "EventDispatch", "FunctionCall", "TimerFire", "RunMicrotasks", "EvaluateScript", "V8.GC_SCAVENGER",
    "MinorGC", "MajorGC",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frames:
    """The script of the frames in which an animation frame was asked for, in milliseconds each."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]


def frames_of(events: Iterable[Mapping[str, Any]]) -> Frames:
    """The script of each frame of the page that drew the most, from the events of a trace.

    Raises ValueError if no page drew anything.
    """
    complete = [one for one in events if one.get("ph") == "X" and one["name"] in _SCRIPT]
    drawn = Counter((one["pid"], one["tid"]) for one in complete if one["name"] == _FRAME)
    if not drawn:
        raise ValueError("the trace has no animation frame")
    ((thread, _),) = drawn.most_common(1)
    return _by_frame([one for one in _outermost(complete) if (one["pid"], one["tid"]) == thread])


def _outermost(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that are not inside of another one of their thread, in the order of their starts."""
    found: list[Mapping[str, Any]] = []
    ends: dict[tuple[int, int], float] = {}
    for one in sorted(events, key=lambda each: (each["ts"], -each["dur"])):
        thread = one["pid"], one["tid"]
        if one["ts"] >= ends.get(thread, 0.0):
            found.append(one)
            ends[thread] = one["ts"] + one["dur"]
    return found


def _by_frame(events: Sequence[Mapping[str, Any]]) -> Frames:
    """A frame is all script from the animation frame before it, to the end of its own."""
    wall: list[float] = []
    cpu: list[float] = []
    spent = worked = 0.0
    for one in events:
        spent += one["dur"] / 1000
        worked += one.get("tdur", one["dur"]) / 1000
        if one["name"] == _FRAME:
            wall.append(spent)
            cpu.append(worked)
            spent = worked = 0.0
    return Frames(tuple(wall), tuple(cpu))
