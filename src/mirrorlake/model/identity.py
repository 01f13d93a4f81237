"""What distinguishes a source from another at the same address: another disk mounted there, a bucket made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Facts = Mapping[str, str]  # by name; a fact that could not be read is absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known about the identity of a source."""

    facts: Facts = field(default_factory=dict[str, str])
    """These never change: a source with another value is another source."""
    hints: Facts | None = None
    """These may change in the same source, so that its contents decide too. None: the contents prove nothing."""
    mounts: Mapping[str, Facts] | None = None
    """The file systems that are mounted below a folder: the facts of each, by the prefix of its keys. None: unknown."""
    requests: int = 0
    """To the source, for reading this."""

    def to_json(self) -> dict[str, object]:
        """The document that the catalog stores."""
        return {"facts": self.facts, "hints": self.hints, "mounts": self.mounts}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Identity:
        """The reverse of `to_json`."""
        return cls(facts=document["facts"], hints=document["hints"], mounts=document["mounts"])


def merge(before: Identity | None, now: Identity) -> Identity:
    """What is known of one source: what was read now, and what was known before and could not be read now."""
    if before is None:
        return now
    return Identity(
        facts={**before.facts, **now.facts},
        hints=before.hints if now.hints is None else {**(before.hints or {}), **now.hints},
        mounts=before.mounts if now.mounts is None else now.mounts,
    )
