"""Read mirror settings from JSON: a flat object, or a whole Roboflow datasource document. Pure.

Names and values are Roboflow's if it has them. Every name that we plan to support is known here. Settings without
effect yet are accepted with the value that describes the current behaviour; other values are refused, never ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.looking import Depth
from mirrorlake.model.schedule import OFF, Cron, schedule_to_text
from mirrorlake.model.sources import (
    DEFAULT_MEDIA,
    MetadataStrategy,
    MirrorConfig,
    MirrorSettings,
    NamingStrategy,
)
from mirrorlake.select.config_settings import (
    REMOVE_NAMES,
    read_glob_file,
    read_globs,
    read_id,
    read_orphans,
    read_paths,
)
from mirrorlake.select.inventory_setting import read_inventory
from mirrorlake.select.json_reader import (
    Json,
    join_choices,
    parse_json,
    quote,
    read_bool,
    read_choice,
    read_list,
    read_object,
    read_text,
)
from mirrorlake.select.label_settings import labels_to_json, read_labels
from mirrorlake.select.media_setting import read_media
from mirrorlake.select.policy_settings import policies_to_json, read_policies
from mirrorlake.select.pool_setting import read_pool
from mirrorlake.select.schedule_setting import read_schedule
from mirrorlake.select.sidecar_settings import read_suffix, sidecars_to_json
from mirrorlake.select.title_settings import read_title
from mirrorlake.storage.providers.registry import all_providers


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHint:
    """The location of the objects in a document. None: not given."""

    bucket_type: str | None = None  # of its provider
    bucket_name: str | None = None
    region: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class _ReservedSetting:
    """A setting without effect yet: the value that describes the current behaviour, and its other known values."""

    default: Json
    others: tuple[str, ...] = ()  # the other values of a choice; empty: anything


_RESERVED: Mapping[str, _ReservedSetting] = MappingProxyType(
    {
        "updateImageStrategy": _ReservedSetting("overwrite"),
        "storage": _ReservedSetting("reference", ("copy",)),
        "followSymlinks": _ReservedSetting(default=False),
    }
)
_CONFIG_SETTINGS = (
    "namingStrategy",
    "namingStrategyMetadataKey",
    "updateImageWhenNewer",
    "updateMetadataWhenNewer",
    "updateMetadataStrategy",
    *REMOVE_NAMES,
    "orphans",
)
# Settings of the whole datasource, which must be equal in all configs.
_TEXTS = ("title", "description")
_DATASOURCE_SETTINGS = (
    *_TEXTS,
    "media",
    "look",
    "policies",
    "pictureText",
    "keywordTags",
    "captionTags",
    "pool",
    "metadataSidecarSuffix",
    "baseNameSidecars",
    "listingOrdered",
    "inventory",
    "labels",
    "schedule",
    "timezone",
    "runScheduledEvery",
)
_SELECTION_KEYS = ("exclude", "paths")  # Roboflow has neither; they belong beside the patterns or among the settings
_SETTINGS = (*_CONFIG_SETTINGS, *_DATASOURCE_SETTINGS, *_SELECTION_KEYS, *_RESERVED)
_PATTERNS = ("glob_patterns", "glob_file_path")
_FLAT = (*_SETTINGS, *_PATTERNS)
_DOCUMENT = ("bucket_type", "bucket_name", "region", "endpoint", "require_vpce", "mirror_configs")
_BUCKET_TYPES = ("s3", "gcs", "azure")  # of Roboflow's documents
_CONFIG = ("id", *_PATTERNS, *_SELECTION_KEYS, "settings")

CONFIG_LIMIT = 100  # mirror configs of a datasource; their index is stored in one byte
_PLAIN = MirrorConfig()


def settings_from_json(text: str) -> tuple[MirrorSettings, SourceHint]:
    """Read a settings file. Raises SettingsError or PatternError with the setting and its allowed values."""
    return settings_from_document(parse_json(text))


def settings_from_document(value: Json) -> tuple[MirrorSettings, SourceHint]:
    """Read parsed settings. Raises the same errors as `settings_from_json`."""
    document = read_object(value, "The settings file")
    if document.keys().isdisjoint(_DOCUMENT):
        _check_names(document, _FLAT, "")
        return _datasource_level((_mirror_config(document, ""),), [("", document)]), SourceHint()
    _check_names(document, (*_DOCUMENT, *_DATASOURCE_SETTINGS), "")
    _check_bucket_type(document)
    _check_reserved(document, "require_vpce", _ReservedSetting(default=False), "")
    hint = SourceHint(
        bucket_type=read_text(document, "bucket_type"),
        bucket_name=read_text(document, "bucket_name"),
        region=read_text(document, "region"),
        endpoint=read_text(document, "endpoint"),
    )
    given = [
        (f"mirror_configs[{index}].", _merge_nested_settings(config, f"mirror_configs[{index}]"))
        for index, config in enumerate(read_list(document.get("mirror_configs"), "mirror_configs"))
    ]
    configs = tuple(_mirror_config(each, where) for where, each in given) or (_PLAIN,)
    _check_configs(configs)
    return _datasource_level(configs, [("", document), *given]), hint


def stored_settings(value: Json) -> MirrorSettings:
    """Read settings that `settings_to_json` wrote. Names that only another version knows are ignored."""
    document = _only(read_object(value, "The stored document"), (*_FLAT, *_DOCUMENT))
    if "mirror_configs" in document:
        configs = [
            read_object(one, "A mirror config") for one in read_list(document["mirror_configs"], "mirror_configs")
        ]
        document = _only(document, (*_DATASOURCE_SETTINGS, *_DOCUMENT))
        document["mirror_configs"] = [_drop_unknown(config) for config in configs]
    return settings_from_document(document)[0]


def _drop_unknown(config: dict[str, Json]) -> Json:
    known = _only(config, _CONFIG)
    if "settings" in known:
        known["settings"] = _only(read_object(known["settings"], "settings"), _SETTINGS)
    return known


def _only(given: dict[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    return {name: value for name, value in given.items() if name in names}


def settings_to_json(settings: MirrorSettings) -> dict[str, Json]:
    """The settings as a document for `settings_from_json`; settings with their default value are omitted.

    One config without an id makes a flat object, everything else a list of `mirror_configs`.
    """
    wide: dict[str, Json] = {}
    if settings.title is not None:
        wide["title"] = settings.title
    if settings.description is not None:
        wide["description"] = settings.description
    if settings.media != DEFAULT_MEDIA:
        wide["media"] = list(settings.media)
    if settings.depth is not Depth.FULL:
        wide["look"] = settings.depth.value
    if policies := policies_to_json(settings.policies):
        wide["policies"] = policies
    switches = {
        "pictureText": settings.picture_text,
        "keywordTags": settings.keyword_tags,
        "captionTags": settings.caption_tags,
    }
    wide |= {name: True for name, on in switches.items() if on}
    if settings.pool != DEFAULT_POOL:
        wide["pool"] = settings.pool
    wide |= sidecars_to_json(settings)
    if settings.listing_ordered is not None:
        wide["listingOrdered"] = settings.listing_ordered
    if settings.inventory is not None:
        wide["inventory"] = settings.inventory
    if settings.labels is not None:
        wide["labels"] = labels_to_json(settings.labels)
    if settings.schedule != OFF:
        wide["schedule"] = schedule_to_text(settings.schedule)
    if isinstance(settings.schedule, Cron):
        wide["timezone"] = settings.schedule.timezone
    if len(settings.configs) == 1 and settings.configs[0].id is None:
        return _patterns_to_json(settings.configs[0]) | _choices_to_json(settings.configs[0]) | wide
    configs: list[Json] = []
    for config in settings.configs:
        shown: dict[str, Json] = {} if config.id is None else {"id": config.id}
        shown |= _patterns_to_json(config)
        choices = _choices_to_json(config)
        if choices:
            shown["settings"] = choices
        configs.append(shown)
    return {"mirror_configs": configs, **wide}


def _patterns_to_json(config: MirrorConfig) -> dict[str, Json]:
    given: dict[str, Json] = {
        "glob_patterns": list(config.globs),
        "glob_file_path": config.glob_file,
        "paths": list(config.paths),
        "exclude": list(config.exclude),
    }
    return {name: value for name, value in given.items() if value}


def _choices_to_json(config: MirrorConfig) -> dict[str, Json]:
    choices: dict[str, tuple[Json, Json]] = {
        "namingStrategy": (config.naming.value, _PLAIN.naming.value),
        "namingStrategyMetadataKey": (config.naming_key, None),
        "updateImageWhenNewer": (config.update_image, True),
        "updateMetadataWhenNewer": (config.update_metadata, True),
        "updateMetadataStrategy": (config.metadata_strategy.value, _PLAIN.metadata_strategy.value),
        "orphans": (config.orphans.value, _PLAIN.orphans.value),
    }
    return {name: value for name, (value, default) in choices.items() if value != default}


def _merge_nested_settings(value: Json, where: str) -> dict[str, Json]:
    """A config of a document with its settings merged into its patterns."""
    config = read_object(value, where)
    _check_names(config, _CONFIG, f"{where}.")
    inner = config.get("settings")
    settings = {} if inner is None else read_object(inner, f"{where}.settings")
    _check_names(settings, _SETTINGS, f"{where}.settings.")
    for name in _SELECTION_KEYS:
        if name in config and name in settings:
            raise SettingsError(
                f"Duplicate setting {where}.{name}, also given in {where}.settings.", "Keep one of them."
            )
    return {name: one for name, one in config.items() if name != "settings"} | settings


def _mirror_config(given: dict[str, Json], where: str) -> MirrorConfig:
    for name, later in _RESERVED.items():
        _check_reserved(given, name, later, where)
    naming = read_choice(given, "namingStrategy", NamingStrategy, NamingStrategy.FULL_PATH, where)
    naming_key = read_text(given, "namingStrategyMetadataKey", where)
    if naming is NamingStrategy.METADATA and naming_key is None:
        raise SettingsError(
            f'{where}namingStrategy is "metadata", but namingStrategyMetadataKey is missing.',
            'Add one, such as "namingStrategyMetadataKey": "title".',
            field=f"{where}namingStrategyMetadataKey",
        )
    return MirrorConfig(
        id=read_id(given, where),
        globs=read_globs(given, "glob_patterns", where),
        glob_file=read_glob_file(given, where),
        paths=read_paths(given, where),
        exclude=read_globs(given, "exclude", where),
        naming=naming,
        naming_key=naming_key,
        update_image=read_bool(given, "updateImageWhenNewer", where) is not False,
        update_metadata=read_bool(given, "updateMetadataWhenNewer", where) is not False,
        metadata_strategy=read_choice(
            given, "updateMetadataStrategy", MetadataStrategy, MetadataStrategy.MERGE_BUCKET_WINS, where
        ),
        orphans=read_orphans(given, where),
    )


def _check_configs(configs: tuple[MirrorConfig, ...]) -> None:
    if len(configs) > CONFIG_LIMIT:
        raise SettingsError(
            f"There are {len(configs)} mirror_configs; a datasource can have {CONFIG_LIMIT}.",
            "Combine patterns with the same settings in one config.",
        )
    ids = [config.id for config in configs if config.id is not None]
    for twin in {one for one in ids if ids.count(one) > 1}:
        raise SettingsError(f"Two mirror_configs have the id {quote(twin)}.", "Give each config its own id.")


def _datasource_level(configs: tuple[MirrorConfig, ...], given: list[tuple[str, dict[str, Json]]]) -> MirrorSettings:
    """Copy settings of the whole datasource into every config, wherever the document contains them."""
    for name in _DATASOURCE_SETTINGS:
        values = [(where, one[name]) for where, one in given if name in one]
        for where, value in values[1:]:
            if value != values[0][1]:
                raise SettingsError(
                    f"{where}{name} is {quote(value)}, but {values[0][0]}{name} is {quote(values[0][1])}.",
                    "It applies to the whole datasource. Set it once, or create a datasource for each value.",
                )
    wide = {name: (where, one) for where, one in reversed(given) for name in _DATASOURCE_SETTINGS if name in one}
    nowhere: tuple[str, dict[str, Json]] = ("", {})
    suffix_where, suffix_given = wide.get("metadataSidecarSuffix", nowhere)
    inventory_where, inventory_given = wide.get("inventory", nowhere)
    look_where, look_given = wide.get("look", nowhere)
    ordered_where, ordered_given = wide.get("listingOrdered", nowhere)
    title, description = (read_title(wide.get(name, nowhere)[1], name) for name in _TEXTS)
    return MirrorSettings(
        configs=configs,
        title=title,
        description=description,
        media=read_media(*wide.get("media", nowhere)),
        depth=read_choice(look_given, "look", Depth, Depth.FULL, look_where),
        policies=read_policies(wide.get("policies", nowhere)[1].get("policies")),
        picture_text=_is_on(wide, "pictureText"),
        keyword_tags=_is_on(wide, "keywordTags"),
        caption_tags=_is_on(wide, "captionTags"),
        pool=read_pool(*wide.get("pool", nowhere)),
        sidecar_suffix=read_suffix(suffix_given, suffix_where),
        base_name_sidecars=_is_on(wide, "baseNameSidecars", default=True),
        listing_ordered=read_bool(ordered_given, "listingOrdered", ordered_where),
        inventory=read_inventory(inventory_given, inventory_where),
        labels=read_labels(wide.get("labels", nowhere)[1].get("labels"), suffix_given.get("metadataSidecarSuffix")),
        schedule=read_schedule({name: one[name] for name, (_, one) in wide.items()}),
    )


def _is_on(wide: Mapping[str, tuple[str, dict[str, Json]]], name: str, *, default: bool = False) -> bool:
    where, given = wide.get(name, ("", {}))
    value = read_bool(given, name, where)
    return default if value is None else value


def _check_reserved(settings: dict[str, Json], name: str, later: _ReservedSetting, where: str) -> None:
    value = settings.get(name, later.default)
    if value == later.default and isinstance(value, type(later.default)):
        return
    if later.others and value not in later.others:
        choice = [str(later.default), *later.others]
        raise SettingsError(f"{where}{name} is {quote(value)}.", f"It can be {join_choices(choice)}.")
    raise SettingsError(
        f"{where}{name} is {quote(value)}, which is not supported yet.",
        f"Remove it, or write {quote(later.default)}.",
    )


def _check_bucket_type(document: dict[str, Json]) -> None:
    """A document for buckets that no provider reads is refused, not taken for one of S3."""
    known = [provider.bucket_type for provider in all_providers() if provider.bucket_type is not None]
    value = document.get("bucket_type", known[0])
    if value not in known:
        planned = tuple(name for name in _BUCKET_TYPES if name not in known)
        _check_reserved(document, "bucket_type", _ReservedSetting(known[0], planned), "")


def _check_names(settings: dict[str, Json], known: tuple[str, ...], where: str) -> None:
    for name in settings:
        if name in known:
            continue
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
        if close:
            fix = f"Did you mean {join_choices(close)}?"
        elif name in _FLAT:
            fix = "In a datasource document, patterns belong in mirror_configs and strategies in their settings."
        else:
            fix = f"Known settings: {', '.join(sorted(known))}."
        raise SettingsError(f"Unknown setting {quote(where + name)}.", fix)
