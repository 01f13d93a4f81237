"""Explain a pass that selects nothing, so that a mistyped address or pattern does not look like success. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from mirrorlake.core.columnar import Column
from mirrorlake.core.text import count_noun
from mirrorlake.formats.registry import format_names
from mirrorlake.model.explanations import Origin
from mirrorlake.model.objects import Gap, UnsupportedKey
from mirrorlake.model.sources import Location
from mirrorlake.select.glob_advice import explain_glob, find_correction
from mirrorlake.select.globs import compile_globs
from mirrorlake.select.pattern_use import UnusedPattern
from mirrorlake.select.rules import Rule, Rules

MAX_PATTERNS = 5  # that are explained one by one


class ListedSelection(Protocol):
    """What was selected of a listing; see `mirror.scan.ListingDiff`."""

    @property
    def listed(self) -> int:
        """Every object."""
        ...

    @property
    def selected(self) -> int:
        """Objects that the rules select."""
        ...

    @property
    def supported(self) -> int:
        """Objects that could be assets, whatever the rules select."""
        ...

    @property
    def examples(self) -> Sequence[str]:
        """Some of their keys."""
        ...

    @property
    def unused(self) -> frozenset[UnusedPattern]:
        """Patterns that select nothing."""
        ...

    @property
    def unsupported(self) -> Sequence[UnsupportedKey]:
        """Objects whose keys no catalog can store."""
        ...

    @property
    def gaps(self) -> Sequence[Gap]:
        """What was not listed."""
        ...


def explain_selection(listing: ListedSelection, rules: Rules, location: Location) -> tuple[str, ...]:
    """Sentences about why nothing was selected, or not by every pattern. None if parts could not be listed."""
    if listing.unsupported or listing.gaps:
        return ()
    if not listing.listed:
        return (f"No objects exist below {location.uri}: check the address if you expected some.",)
    if not listing.supported:
        listed = count_noun(listing.listed, "object")
        return (f"0 of {listed} have the suffix of a supported format: {format_names(rules.media)}.",)
    if listing.selected:
        return tuple(_explain_unused(listing, rules))
    return tuple(note for rule in rules.rules for note in _explain_rule(rule, rules.prefix, listing))


def _explain_rule(rule: Rule, prefix: str, listing: ListedSelection) -> Iterator[str]:
    """Why this config selects nothing."""
    examples, objects = _below(prefix, listing.examples), _name_objects(listing)
    if rule.excludes is not None and (rule.includes.everything or rule.includes.match(examples).any()):
        yield f"0 of {objects} are selected: {_quoted(rule.config.exclude)} of `exclude` leaves them out."
        return
    folders = any("/" in key.removeprefix(prefix) for key in listing.examples)
    patterns = (*rule.written[Origin.GLOBS], *rule.written[Origin.GLOB_FILE])
    for pattern in patterns[:MAX_PATTERNS]:
        advice = find_correction(pattern, _match_any(examples), prefix) or explain_glob(pattern, folders=folders)
        yield f"0 of {objects} match `{pattern}`{f'; {advice}' if advice else ''}."
    if len(patterns) > MAX_PATTERNS:
        yield f"0 of {objects} match the other {count_noun(len(patterns) - MAX_PATTERNS, 'pattern')}."
    if rule.config.paths:
        yield f"0 of {objects} are listed in `paths`."


def _explain_unused(listing: ListedSelection, rules: Rules) -> Iterator[str]:
    """Patterns that select nothing while others do. Only if a correction selects more: a folder may still be empty."""
    if not listing.unused or not listing.examples:
        return
    left = rules.governing(pa.array([key.encode() for key in listing.examples], type=pa.binary())) < 0
    examples = _below(rules.prefix, [key for key, is_left in zip(listing.examples, left, strict=True) if is_left])
    for _, pattern in sorted(listing.unused):
        correction = find_correction(pattern, _match_any(examples), rules.prefix)
        if correction is not None:
            yield f"`{pattern}` selects none of {_name_objects(listing)}; {correction}."


def _below(prefix: str, keys: Sequence[str]) -> Column:
    return pa.array([key.removeprefix(prefix).encode() for key in keys], type=pa.binary())


def _match_any(examples: Column) -> Callable[[Sequence[str]], bool]:
    return lambda patterns: bool(compile_globs(patterns).match(examples).any())


def _name_objects(listing: ListedSelection) -> str:
    objects = count_noun(listing.supported, "object")
    return objects if listing.supported == listing.listed else f"{objects} of supported formats"


def _quoted(patterns: Sequence[str]) -> str:
    more = f" and {len(patterns) - MAX_PATTERNS} more" if len(patterns) > MAX_PATTERNS else ""
    return ", ".join(f"`{one}`" for one in patterns[:MAX_PATTERNS]) + more
