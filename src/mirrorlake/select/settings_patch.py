"""Change some settings of a datasource and keep the others. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import MirrorSettings
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings import settings_from_document, settings_to_json

_SCHEDULE = ("schedule", "timezone", "runScheduledEvery")  # these depend on each other
_CONFIGS = "mirror_configs"
# What a datasource mirrors from where: its own names in REST, and those of Roboflow's documents.
_ADDRESS = (
    *("uri", "provider", "container", "bucket", "prefix"),
    *("bucket_type", "bucket_name", "region", "endpoint", "require_vpce"),
)


def patch_settings(stored: MirrorSettings, change: Mapping[str, Json]) -> MirrorSettings:
    """Replace those stored settings that `change` names; null resets a setting to its default.

    `change` has the names of a settings file. Its patterns and strategies apply to a datasource with one mirror config;
    `mirror_configs` replaces all of them. Raises SettingsError, PatternError.
    """
    for name in _ADDRESS:
        if name in change:
            raise SettingsError(
                f"{name} is part of the address, which cannot be changed.", "Create another datasource for it."
            )
    kept = settings_to_json(stored)
    if _CONFIGS in change:
        only_config = MirrorSettings(configs=stored.configs)
        kept = {name: value for name, value in kept.items() if name not in settings_to_json(only_config)}
    if any(name in change for name in _SCHEDULE):
        kept = {name: value for name, value in kept.items() if name not in _SCHEDULE}
    merged = {**kept, **change}
    settings, _ = settings_from_document({name: value for name, value in merged.items() if value is not None})
    return settings
