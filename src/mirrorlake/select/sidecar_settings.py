"""Read the settings of what is a sidecar. Pure."""

from __future__ import annotations

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import MirrorSettings
from mirrorlake.select.json_reader import Json, is_key, quote

SUFFIX_LIMIT = 128  # characters of a sidecar suffix


def read_suffix(given: dict[str, Json], where: str) -> str | None:
    """What sidecars append to the whole key of their object. Raises SettingsError."""
    suffix = given.get("metadataSidecarSuffix")
    if suffix is None:
        return None
    if not isinstance(suffix, str) or not 0 < len(suffix) <= SUFFIX_LIMIT or not is_key(suffix):
        raise SettingsError(
            f"{where}metadataSidecarSuffix is {quote(suffix)}.",
            f'Write 1 to {SUFFIX_LIMIT} characters, such as ".metadata.json"; null means only the base name.',
            field=f"{where}metadataSidecarSuffix",
        )
    return suffix


def sidecars_to_json(settings: MirrorSettings) -> dict[str, Json]:
    """These settings as in a settings file, without those with their default value."""
    found: dict[str, Json] = {}
    if settings.sidecar_suffix is not None:
        found["metadataSidecarSuffix"] = settings.sidecar_suffix
    if not settings.base_name_sidecars:
        found["baseNameSidecars"] = False
    return found
