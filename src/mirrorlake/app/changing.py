"""Change what a datasource mirrors, and when; its address stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mirrorlake.catalog import datasources
from mirrorlake.catalog.pool import Catalog
from mirrorlake.select.document import Json
from mirrorlake.select.patching import changed


def change_settings(catalog: Catalog, name: str, change: Mapping[str, Json]) -> None:
    """Set what `change` names, as a settings file does, and keep the rest. The next pass goes by it.

    Raises NotFound, and SettingsError or PatternError for what cannot be set.
    """
    source = datasources.named(catalog, name)
    settings = changed(source.settings, change)
    if settings != source.settings:  # an untouched schedule keeps what it counts from
        datasources.update(catalog, replace(source, settings=settings))
