"""Read the setting that names the workers of a datasource. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.pool_names import check_pool
from mirrorlake.select.json_reader import Json, read_text


def read_pool(where: str, given: Mapping[str, Json]) -> str:
    """The pool whose workers execute the queued jobs of a datasource. Raises SettingsError."""
    name = read_text(dict(given), "pool", where)
    try:
        return DEFAULT_POOL if name is None else check_pool(name)
    except UsageError as error:
        raise SettingsError(f"{where}pool: {error.message}", error.fix, field="pool") from error
