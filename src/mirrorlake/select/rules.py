"""Find the mirror config that governs an object: the first config that selects it. Pure, columns only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, Column, as_binary, column, columns, cut, filled, keep
from mirrorlake.core.errors import PatternError, SettingsError
from mirrorlake.formats.registry import opt_in_suffixes_of
from mirrorlake.model.columns import CANDIDATES, LISTING
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.explanations import Origin
from mirrorlake.model.media import MediaKind
from mirrorlake.model.sources import MirrorConfig, MirrorSettings
from mirrorlake.select.globs import Globs, compile_globs
from mirrorlake.select.label_names import LabelNames, compile_label_names
from mirrorlake.select.suffix_match import SuffixMatcher

_TAKEN: list[pa.Field[Any]] = [*LISTING, CANDIDATES.field("config")]
TAKEN = pa.schema(_TAKEN)  # listed objects that a config selects, with the index of that config

_NO_CONFIG = -1  # besides the indexes of configs
_OPT_IN_SUFFIXES = opt_in_suffixes_of(tuple(MediaKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One mirror config, compiled."""

    config: MirrorConfig
    includes: Globs  # its globs, paths and glob file together
    excludes: Globs | None  # None: nothing is excluded
    opt_ins: Globs | None  # those of `includes` that end with an opt-in suffix, such as `**/*.json`; None: none does
    written: Mapping[Origin, tuple[str, ...]]  # the same patterns as written by the user


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All configs of a datasource in order. Create it with `compile_rules`."""

    rules: tuple[Rule, ...]
    prefix: str  # of the datasource: patterns match what follows it
    media: tuple[MediaKind, ...]  # the kinds of which objects are selected
    suffixes: Mapping[str, str]  # the full-name suffix of each companion role that has one, by the role's name
    labels: LabelNames | None = None  # label files, which are no assets; None: they are not read
    by_stem: bool = True  # whether `a.json` is the sidecar of `a.jpg`

    def stem_suffix(self, role: CompanionRole) -> str | None:
        """The suffix by which companions of this role are named like the stem of their assets; None: none are."""
        return role.stem_suffix if self.by_stem else None

    def opted_in(self, keys: Column, endings: SuffixMatcher) -> BoolMask:
        """Which whole keys could be assets only because the datasource opts in to their suffix: `.json` files.

        It opts in by a pattern that ends with the suffix, or by reading no sidecars of that name. What such a pattern
        matches also stays the sidecar of its base name: nobody loses metadata by selecting more. `endings` are of these
        keys.
        """
        suffixes = opt_in_suffixes_of(self.media)
        if not suffixes or (self.by_stem and not self._any_opt_in):
            return np.zeros(len(keys), dtype=np.bool_)
        named = endings.match_any(suffixes)
        if self.by_stem and named.any():
            below = cut(as_binary(keys), len(self.prefix.encode()))
            named &= np.logical_or.reduce(
                [rule.opt_ins.match(below) for rule in self.rules if rule.opt_ins is not None]
            )
        return named

    @property
    def _any_opt_in(self) -> bool:
        return any(rule.opt_ins is not None for rule in self.rules)

    def taken(self, objects: pa.RecordBatch) -> pa.RecordBatch:
        """The objects (LISTING) that a config selects, as TAKEN."""
        first = self.rules[0]
        if first.includes.everything and first.excludes is None and not (self.by_stem and self._any_opt_in):
            return _select_rows(objects, filled(objects.num_rows, 0, pa.int8()))
        places = self._governing(cut(as_binary(column(objects, "key")), len(self.prefix.encode())))
        governed = places != _NO_CONFIG
        if not governed.all():
            objects, places = keep(objects, governed), places[governed]
        return _select_rows(objects, pa.array(places))

    def governing(self, keys: Column) -> npt.NDArray[np.int8]:
        """The index of the config that governs each whole key, -1 if none selects it."""
        return self._governing(cut(as_binary(keys), len(self.prefix.encode())))

    def _governing(self, keys: Column) -> npt.NDArray[np.int8]:
        """The index of the config that governs each key, -1 for none. Keys are relative to the prefix."""
        places = np.full(len(keys), _NO_CONFIG, dtype=np.int8)
        always = ~SuffixMatcher(keys).match_any(_OPT_IN_SUFFIXES) if self.by_stem else None
        for place, rule in enumerate(self.rules):
            free = places == _NO_CONFIG
            if not free.any():
                break
            mask = free & rule.includes.match(keys)
            if always is not None:
                mask &= always if rule.opt_ins is None else always | rule.opt_ins.match(keys)
            if rule.excludes is not None:
                mask &= ~rule.excludes.match(keys)
            places[mask] = place
        return places


def compile_rules(
    settings: MirrorSettings, *, prefix: str = "", glob_files: Mapping[str, str] = MappingProxyType({})
) -> Rules:
    """Compile the configs of a datasource. `glob_files` maps the glob files that configs name to their texts.

    Raises PatternError for an invalid pattern, SettingsError for a glob file without patterns.
    """
    return Rules(
        rules=tuple(_compile_rule(config, prefix, glob_files) for config in settings.configs),
        prefix=prefix,
        media=settings.media,
        suffixes={role.name: suffix for role in ROLES if (suffix := role.full_name_suffix(settings)) is not None},
        labels=None if settings.labels is None else compile_label_names(settings.labels, prefix),
        by_stem=settings.base_name_sidecars,
    )


def path_pattern(path: str, prefix: str) -> str:
    """The pattern of one of `paths`: a whole key, or a key relative to the prefix if it does not start with it."""
    return f'"{path.removeprefix(prefix)}"'


def _compile_rule(config: MirrorConfig, prefix: str, glob_files: Mapping[str, str]) -> Rule:
    lines = () if config.glob_file is None else _read_lines(config.glob_file, glob_files[config.glob_file])
    if config.glob_file is not None and not (lines or config.globs or config.paths):
        # No pattern selects everything. The author of an empty file meant neither that nor that everything is gone.
        raise SettingsError(
            f"The glob file {config.glob_file!r} contains no pattern.",
            "Write one pattern per line; ** selects everything. No objects were processed.",
        )
    literals = tuple(path_pattern(path, prefix) for path in config.paths)
    patterns = (*config.globs, *lines, *literals)
    opting_in = tuple(pattern for pattern in patterns if pattern.removesuffix('"').lower().endswith(_OPT_IN_SUFFIXES))
    return Rule(
        config=config,
        includes=compile_globs(patterns),
        excludes=compile_globs(config.exclude) if config.exclude else None,
        opt_ins=compile_globs(opting_in) if opting_in else None,
        written={Origin.GLOBS: config.globs, Origin.GLOB_FILE: lines, Origin.PATHS: config.paths},
    )


def _read_lines(key: str, text: str) -> tuple[str, ...]:
    """The patterns of a glob file, one per line; blank lines and lines that start with # are ignored."""
    patterns: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        pattern = line.strip(" \t\r")
        if not pattern or pattern.startswith("#"):
            continue
        try:
            compile_globs((pattern,))
        except PatternError as error:
            raise PatternError(
                f"Line {number} of the glob file {key!r}: {error.message}",
                error.fix,
                text=error.text,
                position=error.position,
            ) from error
        patterns.append(pattern)
    return tuple(patterns)


def _select_rows(objects: pa.RecordBatch, places: Column) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*columns(objects), places], schema=TAKEN)
