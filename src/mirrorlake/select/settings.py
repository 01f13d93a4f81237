"""Read mirror settings from JSON: a flat object, or a whole Roboflow datasource document. Pure.

Names and values are Roboflow's where it has them. Every name that we are going to keep is known here. Those that
have no effect yet are accepted with the value they have anyway; another value is refused, never ignored.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from mirrorlake.errors import SettingsError
from mirrorlake.model.sources import MirrorSettings, Orphans
from mirrorlake.select.globs import compile_globs

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHint:
    """Where a document says the objects are. None: it does not say."""

    bucket_name: str | None = None
    region: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class _Later:
    """A setting without effect yet: the value that describes what happens anyway, and what else it may become."""

    default: Json
    others: tuple[str, ...] = ()  # the other values of a setting that is a choice; empty: anything


_LATER: Mapping[str, _Later] = MappingProxyType(
    {
        "namingStrategy": _Later("fullPath", ("fileName", "eTag", "metadata")),
        "namingStrategyMetadataKey": _Later(None),
        "updateImageWhenNewer": _Later(default=True),
        "updateImageStrategy": _Later("overwrite"),
        "updateMetadataWhenNewer": _Later(default=True),
        "updateMetadataStrategy": _Later(
            "mergeBucketWins", ("mergeUserWins", "overwrite", "untilFirstChange", "append")
        ),
        "runScheduledEvery": _Later(None),
        "schedule": _Later("off"),
        "timezone": _Later(None),
        "exclude": _Later([]),
        "paths": _Later([]),
        "metadataSidecarSuffix": _Later(None),
        "storage": _Later("reference", ("copy",)),
        "look": _Later("full", ("header", "none")),
        "followSymlinks": _Later(default=False),
    }
)
_REMOVE_NAMES = ("removeOrphanedSourcesFromWorkspace", "removeOrphanedSourcesWhenDisappeared")
_SETTINGS = (*_LATER, *_REMOVE_NAMES, "orphans", "listingOrdered")
_PATTERNS = ("glob_patterns", "glob_file_path")
_FLAT = (*_SETTINGS, *_PATTERNS)
_DOCUMENT = ("bucket_type", "bucket_name", "region", "endpoint", "require_vpce", "mirror_configs")
_CONFIG = ("id", *_PATTERNS, "settings")


def settings_from_json(text: str) -> tuple[MirrorSettings, SourceHint]:
    """Read a settings file. Raises SettingsError (or PatternError) that names the setting and what it may be."""
    document = _object(_parsed(text), "The settings file")
    if document.keys().isdisjoint(_DOCUMENT):
        _check_names(document, _FLAT, "")
        return _mirror_settings(document, document, ""), SourceHint()
    _check_names(document, _DOCUMENT, "")
    _only_as(document, "bucket_type", _Later("s3", ("gcs", "azure")), "")
    _only_as(document, "require_vpce", _Later(default=False), "")
    hint = SourceHint(
        bucket_name=_text(document, "bucket_name"),
        region=_text(document, "region"),
        endpoint=_text(document, "endpoint"),
    )
    configs = _list(document.get("mirror_configs"), "mirror_configs")
    return _one_of(_config(config, f"mirror_configs[{index}]") for index, config in enumerate(configs)), hint


def settings_to_json(settings: MirrorSettings) -> dict[str, Json]:
    """The settings as a flat object that `settings_from_json` reads back; what was not set is left out."""
    flat: dict[str, Json] = {}
    if settings.globs:
        flat["glob_patterns"] = list(settings.globs)
    if settings.listing_ordered is not None:
        flat["listingOrdered"] = settings.listing_ordered
    if settings.orphans != Orphans.TRASH:
        flat["orphans"] = str(settings.orphans)
    return flat


def _parsed(text: str) -> Json:
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_without_twins)
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"The settings are not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            "Correct the file there.",
        ) from error
    except RecursionError as error:
        raise SettingsError("The settings are nested too deeply to be read.", "Use a flat object.") from error


def _without_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise SettingsError(f"The setting {name!r} is there twice.", "Keep the one that you mean.")
        found[name] = value
    return found


def _config(value: Json, where: str) -> MirrorSettings:
    config = _object(value, where)
    _check_names(config, _CONFIG, f"{where}.")
    inner = config.get("settings")
    settings = {} if inner is None else _object(inner, f"{where}.settings")
    _check_names(settings, _SETTINGS, f"{where}.settings.")
    return _mirror_settings(config, settings, f"{where}.")


def _mirror_settings(patterns: dict[str, Json], settings: dict[str, Json], where: str) -> MirrorSettings:
    _only_as(patterns, "glob_file_path", _Later(None), where)
    for name, later in _LATER.items():
        _only_as(settings, name, later, where)
    return MirrorSettings(
        globs=_globs(patterns.get("glob_patterns"), f"{where}glob_patterns"),
        listing_ordered=_flag(settings, "listingOrdered", where),
        orphans=_orphans(settings, where),
    )


def _one_of(configs: Iterable[MirrorSettings]) -> MirrorSettings:
    """Several configs as one: the first whose patterns match would govern an object, and all say the same."""
    every = list(configs) or [MirrorSettings()]
    if len({(each.listing_ordered, each.orphans) for each in every}) > 1:
        raise SettingsError(
            "Several mirror_configs with different settings are not supported yet.",
            "Give them the same settings, or make one datasource for each.",
        )
    everything = any(not each.globs for each in every)
    globs = () if everything else tuple(dict.fromkeys(glob for each in every for glob in each.globs))
    return MirrorSettings(globs=globs, listing_ordered=every[0].listing_ordered, orphans=every[0].orphans)


def _globs(value: Json, where: str) -> tuple[str, ...]:
    patterns = [] if value is None else _list(value, where)
    texts = [pattern for pattern in patterns if isinstance(pattern, str)]
    if len(texts) < len(patterns):
        raise SettingsError(f"{where} holds something that is no text.", 'Write a list of patterns: ["photos/**"].')
    return compile_globs(texts).patterns


def _orphans(settings: dict[str, Json], where: str) -> Orphans:
    chosen = settings.get("orphans", Orphans.TRASH.value)
    if not isinstance(chosen, str) or chosen not in set(Orphans):
        raise SettingsError(
            f"{where}orphans is {_shown(chosen)}.", f"It can be {_either([each.value for each in Orphans])}."
        )
    orphans = Orphans(chosen)
    for name in _REMOVE_NAMES:
        remove = _flag(settings, name, where)
        if remove is not None:
            orphans = Orphans.REMOVE if remove else Orphans.KEEP
    if orphans is Orphans.REMOVE:
        raise SettingsError(
            "Removing assets whose objects are gone is not supported yet.",
            'Leave the setting out, or write "orphans": "keep"; such assets are then marked missing.',
        )
    return orphans


def _only_as(settings: dict[str, Json], name: str, later: _Later, where: str) -> None:
    value = settings.get(name, later.default)
    if value == later.default and isinstance(value, type(later.default)):
        return
    if later.others and value not in later.others:
        choice = [str(later.default), *later.others]
        raise SettingsError(f"{where}{name} is {_shown(value)}.", f"It can be {_either(choice)}.")
    raise SettingsError(
        f"{where}{name} is {_shown(value)}, which is not supported yet.",
        f"Leave it out, or write {_shown(later.default)}.",
    )


def _check_names(settings: dict[str, Json], known: tuple[str, ...], where: str) -> None:
    for name in settings:
        if name in known:
            continue
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
        if close:
            fix = f"Did you mean {_either(close)}?"
        elif name in _FLAT:
            fix = "In a datasource document it belongs into mirror_configs, the strategies into its settings."
        else:
            fix = f"Known are {', '.join(sorted(known))}."
        raise SettingsError(f"There is no setting {_shown(where + name)}.", fix)


def _object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise SettingsError(f"{what} is not a JSON object.", 'Write it as {"glob_patterns": ["photos/**"]}.')
    return value


def _list(value: Json, what: str) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise SettingsError(f"{what} is {_shown(value)}, not a list.", "Put it in square brackets.")
    return value


def _flag(settings: dict[str, Json], name: str, where: str) -> bool | None:
    value = settings.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise SettingsError(f"{where}{name} is {_shown(value)}.", "It can be true or false.")


def _text(settings: dict[str, Json], name: str) -> str | None:
    value = settings.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise SettingsError(f"{name} is {_shown(value)}, not a text.", "Put it in quotes.")


def _shown(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - what fits into a line of a message


def _either(choices: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))
