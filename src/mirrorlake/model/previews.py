"""The plan of a dry run in numbers, with a few keys of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, Hold, RunState
from mirrorlake.model.serialization import hold_from_json, hold_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """The requests and bytes that a run would need, from a dry run."""

    list: int
    get: int
    head: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One object of a plan, with the reason."""

    key: str
    reason: str
    old_key: str | None = None  # previous key of a moved object

    def as_json(self) -> dict[str, object]:
        """The public shape; `old_key` only for a moved object."""
        moved = {} if self.old_key is None else {"old_key": self.old_key}
        return {"key": self.key, "reason": self.reason, **moved}


# By kind: new, changed, metadata_changed, moved, orphaned, skipped.
Samples = Mapping[str, tuple[Sample, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A dry run on a server, running or finished."""

    id: str
    datasource: str
    state: RunState  # running, then succeeded or failed
    counts: Counts
    requests: Requests  # created for the dry run itself
    seconds: float
    hold: Hold | None
    would: Would | None  # None until there is a plan
    samples: Samples | None
    error: str | None

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        samples = None
        if self.samples is not None:
            samples = {kind: [asdict(one) for one in some] for kind, some in self.samples.items()}
        return {
            "id": self.id,
            "datasource": self.datasource,
            "state": self.state.value,
            "counts": asdict(self.counts),
            "requests": asdict(self.requests),
            "seconds": self.seconds,
            "hold": None if self.hold is None else hold_to_json(self.hold, None),
            "would": None if self.would is None else asdict(self.would),
            "samples": samples,
            "error": self.error,
        }


def preview_from_json(data: Mapping[str, Any]) -> Preview:
    """The reverse of `Preview.as_json`."""
    samples = None
    if data["samples"] is not None:
        samples = {kind: tuple(Sample(**one) for one in some) for kind, some in data["samples"].items()}
    return Preview(
        id=data["id"],
        datasource=data["datasource"],
        state=RunState(data["state"]),
        counts=Counts(**data["counts"]),
        requests=Requests(**data["requests"]),
        seconds=data["seconds"],
        hold=None if data["hold"] is None else hold_from_json(data["hold"]),
        would=None if data["would"] is None else Would(**data["would"]),
        samples=samples,
        error=data["error"],
    )
