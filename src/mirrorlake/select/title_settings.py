"""Read the title and description of a datasource. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mirrorlake.core.errors import SettingsError
from mirrorlake.select.json_reader import Json, quote

TEXT_LIMITS: Mapping[str, int] = MappingProxyType({"title": 200, "description": 5000})  # characters


def read_title(given: Mapping[str, Json], name: str) -> str | None:
    """A text for users; None without one. Line ends are allowed in a description. Raises SettingsError."""
    text = given.get(name)
    if text is None:
        return None
    limit = TEXT_LIMITS[name]
    shown = text.replace("\n", "") if isinstance(text, str) and name == "description" else text
    if not isinstance(text, str) or not isinstance(shown, str) or not text.strip() or len(text) > limit:
        raise SettingsError(f"{name} is {quote(text)[:100]}.", f"Write 1 to {limit} characters.", field=name)
    if not shown.isprintable():
        raise SettingsError(f"{name} contains control characters.", "Remove them.", field=name)
    return text
