"""The report of a pass: its counts, its requests and its end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mirrorlake.core.text import count_noun
from mirrorlake.model.objects import Requests
from mirrorlake.model.previews import Samples, Would
from mirrorlake.model.runs import Counts, Hold, RunState, confirm_command


def hold_notes(hold: Hold, run_id: int) -> tuple[str, ...]:
    """The sentences for users about held removals."""
    waiting = f"{count_noun(hold.count, 'removal waits', 'removals wait')} for confirmation. " if hold.count else ""
    return f"{waiting}{hold.reason}", f"To confirm: {confirm_command(run_id)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The results of one pass. `run` is None for a dry run, which stores nothing."""

    run: int | None
    datasource: str
    state: RunState
    counts: Counts = field(default_factory=Counts)
    requests: Requests = field(default_factory=Requests)
    bytes_read: int = 0
    seconds: float = 0.0
    hold: Hold | None = None
    would: Would | None = None
    server: str | None = None  # the server of the source, and what specifies it
    error: str | None = None
    limited: bool = False  # whether new objects were left out because of a limit of the workspace
    limited_by: str | None = None  # that limit
    samples: Samples | None = None  # of a dry run that made a plan
    notes: tuple[str, ...] = ()  # sentences for people: not in the JSON, see cli.documents

    def completed(self, *, requests: Requests, seconds: float, server: str | None) -> Report:
        """The same report with its requests, its duration and the server of the source."""
        return replace(self, requests=requests, seconds=seconds, server=server)
