"""Bodies of requests about datasources."""

from __future__ import annotations

from pydantic import ConfigDict, JsonValue, RootModel


class SettingsChange(RootModel[dict[str, JsonValue]]):
    """Settings by their names in a settings file. Settings that are not named are kept; null resets a setting."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"schedule": "0 3 * * *", "timezone": "Europe/Berlin"}]})
