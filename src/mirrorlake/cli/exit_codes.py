"""The exit codes of commands: 0 for success, and these."""

from __future__ import annotations

from typing import Final

from mirrorlake.model.runs import RunState

FAILED: Final = 1
USAGE: Final = 2  # wrong before any request was made, or a confirmation is missing
CANCELLED: Final = 130  # as a shell reports Ctrl-C


def exit_code_of(state: RunState) -> int:
    """The exit code for a run or job that ended in this state."""
    return {RunState.SUCCEEDED: 0, RunState.CANCELLED: CANCELLED}.get(state, FAILED)
