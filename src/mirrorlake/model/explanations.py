"""What happens to one key of a datasource, and which rule decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What happens to a key."""

    ASSET = "asset"  # selected
    SKIPPED = "skipped"  # selected, but not read because of a property of its object
    SIDECAR = "sidecar"  # metadata of other objects
    LEFT = "left"  # not selected


class Origin(StrEnum):
    """The setting that contains a pattern."""

    GLOBS = "glob_patterns"
    GLOB_FILE = "glob_file_path"
    PATHS = "paths"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The decision of one config about a key: selected by a pattern, unless an exclude matches as well."""

    config: int  # its index, from 0
    id: str | None
    origin: Origin | None  # location of the pattern; None if the config selects everything, or nothing matches
    pattern: str | None
    exclude: str | None
    takes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The verdict on a key with its reasons. `judgements` end with the first config that selects it."""

    key: str
    verdict: Verdict
    reason: str  # one or two sentences
    judgements: tuple[Judgement, ...] = ()
    sidecars: tuple[str, ...] = ()  # keys that could hold an asset's metadata; the first that exists wins

    @property
    def config(self) -> Judgement | None:
        """The config that governs the key, None if none does."""
        return next((one for one in self.judgements if one.takes), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An explanation, and the requests that it needed."""

    datasource: str
    explanation: Explanation
    object: str  # "exists", "gone", or why the source could not be asked

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        told = self.explanation
        governing = told.config
        return {
            "datasource": self.datasource,
            "key": told.key,
            "verdict": told.verdict.value,
            "reason": told.reason,
            "object": self.object,
            "config": None if governing is None else governing.config,
            "config_id": None if governing is None else governing.id,
            "origin": None if governing is None or governing.origin is None else governing.origin.value,
            "pattern": None if governing is None else governing.pattern,
            "sidecars": list(told.sidecars),
            "judgements": [_judgement_to_json(one) for one in told.judgements],
        }


def explained_from_json(data: Mapping[str, Any]) -> Explained:
    """The reverse of `Explained.as_json`."""
    explanation = Explanation(
        key=data["key"],
        verdict=Verdict(data["verdict"]),
        reason=data["reason"],
        judgements=tuple(_judgement_from_json(one) for one in data["judgements"]),
        sidecars=tuple(data["sidecars"]),
    )
    return Explained(datasource=data["datasource"], explanation=explanation, object=data["object"])


def _judgement_to_json(one: Judgement) -> dict[str, object]:
    return {
        "config": one.config,
        "config_id": one.id,
        "takes": one.takes,
        "origin": None if one.origin is None else one.origin.value,
        "pattern": one.pattern,
        "exclude": one.exclude,
    }


def _judgement_from_json(data: Mapping[str, Any]) -> Judgement:
    return Judgement(
        config=data["config"],
        id=data["config_id"],
        origin=None if data["origin"] is None else Origin(data["origin"]),
        pattern=data["pattern"],
        exclude=data["exclude"],
        takes=data["takes"],
    )
