"""The script of each frame of a browser's trace."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.browser_trace import frames_of


def event(name: str, start: float, ms: float, *, thread: int = 1, cpu: float | None = None) -> dict[str, Any]:
    made = {"name": name, "ph": "X", "pid": 7, "tid": thread, "ts": start * 1000, "dur": ms * 1000}
    return made if cpu is None else {**made, "tdur": cpu * 1000}


def test_a_frame_counts_script_once_and_since_the_frame_before_it() -> None:
    found = frames_of(
        [
            {"name": "thread_name", "ph": "M", "pid": 7, "tid": 1, "ts": 0},
            event("EventDispatch", 1, 2, cpu=0.5),
            event("FunctionCall", 1.5, 1),  # inside of the event
            event("FireAnimationFrame", 5, 4, cpu=3),
            event("FunctionCall", 6, 2),  # inside of the frame
            event("Layout", 9.5, 50),  # no script
            event("FireAnimationFrame", 20, 1, cpu=1),
            event("FireAnimationFrame", 8, 9, thread=2),  # of another page
            event("TimerFire", 30, 5),  # after the last frame
        ]
    )
    assert found.wall == (6, 1)
    assert found.cpu == (3.5, 1)


def test_a_trace_without_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no animation frame"):
        frames_of([event("FunctionCall", 1, 2)])
