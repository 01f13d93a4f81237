"""Change what a datasource mirrors, and when; its address stays."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.catalog import datasources
from mirrorlake.model.access import Context
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings_patch import patch_settings


def change_settings(catalog: Catalog, name: str, change: Mapping[str, Json], *, by: Context) -> None:
    """Set what `change` names, as a settings file does, and keep the rest. The next pass goes by it.

    Raises NotFound, and SettingsError or PatternError for what cannot be set.
    """
    datasources.change_settings(catalog, name, lambda stored: patch_settings(stored, change), by=by)
