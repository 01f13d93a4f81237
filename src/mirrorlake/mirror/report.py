"""The report of a pass: what was counted, what it cost, how it ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from mirrorlake.core.text import count_noun
from mirrorlake.model.objects import Requests
from mirrorlake.model.previews import Samples, Would
from mirrorlake.model.runs import Counts, Hold, RunState
from mirrorlake.model.serialization import confirm_command, hold_to_json


def hold_notes(hold: Hold, run_id: int) -> tuple[str, ...]:
    """What a person is told of held removals."""
    waiting = f"{count_noun(hold.count, 'removal waits', 'removals wait')} for your consent. " if hold.count else ""
    return f"{waiting}{hold.reason}", f"If that is right: {confirm_command(run_id)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One pass, told in numbers. `run` is None for a dry run, which stores nothing."""

    run: int | None
    datasource: str
    state: RunState
    counts: Counts = field(default_factory=Counts)
    requests: Requests = field(default_factory=Requests)
    bytes_read: int = 0
    seconds: float = 0.0
    hold: Hold | None = None
    would: Would | None = None
    error: str | None = None
    samples: Samples | None = None  # of a dry run that came to a plan
    notes: tuple[str, ...] = ()  # sentences for people: not in the JSON

    def completed(self, *, requests: Requests, seconds: float) -> Report:
        """The same report with what making it took."""
        return replace(self, requests=requests, seconds=seconds)

    def as_json(self) -> dict[str, object]:
        """The public shape: scripts rely on these names and their order."""
        told: dict[str, object] = {
            "run": self.run,
            "datasource": self.datasource,
            "state": self.state.value,
            **asdict(self.counts),
            "requests": asdict(self.requests),
            "bytes_read": self.bytes_read,
            "seconds": round(self.seconds, 3),
            "hold": None if self.hold is None else hold_to_json(self.hold, self.run),
            "would": None if self.would is None else asdict(self.would),
            "error": self.error,
        }
        if self.samples is not None:
            told["samples"] = {kind: [one.as_json() for one in some] for kind, some in self.samples.items()}
        return told
