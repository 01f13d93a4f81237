"""Read the setting that names the kinds of media that a datasource selects. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.media import MediaKind
from mirrorlake.model.sources import DEFAULT_MEDIA
from mirrorlake.select.json_reader import Json, join_choices, quote, read_texts


def read_media(where: str, given: Mapping[str, Json]) -> tuple[MediaKind, ...]:
    """The kinds of media, in the order of MediaKind; images without the setting. Raises SettingsError."""
    if given.get("media") is None:
        return DEFAULT_MEDIA
    named = set(read_texts(dict(given), "media", where))
    if not named or not named <= set(MediaKind):
        raise SettingsError(
            f"{where}media is {quote(given['media'])}.",
            f"It can be a list of one or more of {join_choices([one.value for one in MediaKind])}.",
        )
    return tuple(kind for kind in MediaKind if kind in named)
