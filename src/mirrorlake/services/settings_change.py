"""Change the settings of a datasource: what it mirrors, and when."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.catalog import datasources
from mirrorlake.model.access import Context
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings_patch import patch_settings


def change_settings(catalog: Catalog, name: str, change: Mapping[str, Json], *, by: Context) -> None:
    """Set the settings that `change` names, as in a settings file, and keep the others. The next run uses them.

    Raises NotFound, and SettingsError or PatternError for invalid settings.
    """
    datasources.change_settings(catalog, name, lambda stored: patch_settings(stored, change), by=by)
