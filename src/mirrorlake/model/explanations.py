"""What happens to one key of a datasource, and which rule decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mirrorlake.model.public import public_noun


class Verdict(StrEnum):
    """What happens to a key."""

    ASSET = "asset"  # selected
    SKIPPED = "skipped"  # selected, but not read because of a property of its object
    SIDECAR = "sidecar"  # metadata of other objects
    LEFT = "left"  # not selected
    ABSENT = "absent"  # would be selected, but there is no such object and there never was


class Origin(StrEnum):
    """The setting that contains a pattern."""

    GLOBS = "glob_patterns"
    GLOB_FILE = "glob_file_path"
    PATHS = "paths"


@public_noun
class ConfigMatch:
    """The decision of one mirror config on a key: a pattern selects it, unless an exclude matches as well."""

    config: int
    """Its position, from 0."""
    config_id: str | None
    takes: bool
    origin: Origin | None
    """The origin of the pattern; null if the config selects everything, or nothing matches."""
    pattern: str | None
    exclude: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The verdict on a key with its reasons. `judgements` end with the first config that selects it."""

    key: str
    verdict: Verdict
    reason: str  # one or two sentences
    judgements: tuple[ConfigMatch, ...] = ()
    sidecars: tuple[str, ...] = ()  # keys that could hold an asset's metadata; the first that exists wins

    @property
    def config(self) -> ConfigMatch | None:
        """The config that governs the key, None if none does."""
        return next((one for one in self.judgements if one.takes), None)


@public_noun
class Explained:
    """What a run does with one key, and which rule decides it."""

    datasource: str
    key: str
    verdict: Verdict
    reason: str
    object: str
    """`exists`, `gone` (the library knows it), `absent`, or the reason why the source could not be checked."""
    config: int | None
    config_id: str | None
    origin: Origin | None
    pattern: str | None
    sidecars: tuple[str, ...]
    judgements: tuple[ConfigMatch, ...]


def explained(datasource: str, explanation: Explanation, found: str) -> Explained:
    """The public form of an explanation; `found` is the result of the request for the object."""
    governing = explanation.config
    return Explained(
        datasource=datasource,
        key=explanation.key,
        verdict=explanation.verdict,
        reason=explanation.reason,
        object=found,
        config=None if governing is None else governing.config,
        config_id=None if governing is None else governing.config_id,
        origin=None if governing is None else governing.origin,
        pattern=None if governing is None else governing.pattern,
        sidecars=explanation.sidecars,
        judgements=explanation.judgements,
    )
