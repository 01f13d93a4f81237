"""Read what cameras and people wrote into the container of a video, under the names that images use. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from mirrorlake.core.text import printable
from mirrorlake.model.media import Fact

MAX_TEXT = 200  # characters kept of a text fact

_APPLE = "com.apple.quicktime."
_ANDROID = "com.android."
# fact, and the keys that may have it, as FFmpeg names them in lower case; the first one with a value counts
_TEXTS = (
    ("camera_make", (f"{_APPLE}make", "make", f"{_ANDROID}manufacturer")),
    ("camera_model", (f"{_APPLE}model", "model", f"{_ANDROID}model")),
    ("software", (f"{_APPLE}software",)),
    ("title", (f"{_APPLE}title", "title")),
)
# The moment of recording, with the offset of the place; the one at which the file was begun, which is in UTC.
_TIMES = (f"{_APPLE}creationdate", "date_recorded", "creation_time", "date")
_PLACES = (f"{_APPLE}location.iso6709", "location")
_FIRST_YEAR = 1971  # a clock that was never set shows the first moment of 1904, or that of 1970

_NUMBER = r"([+-]\d{2,7}(?:\.\d*)?)"
_ISO_6709 = re.compile(rf"{_NUMBER}{_NUMBER}([+-]\d+(?:\.\d*)?)?(?:CRS[^/]*)?/?")
_SHORT_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def read_video_tags(tags: Mapping[str, str]) -> dict[str, Fact]:
    """The facts of a container's tags, without absent or unreadable ones. Never raises."""
    values = {key.lower(): value for key, value in tags.items()}
    facts: dict[str, Fact] = {}
    for name, keys in _TEXTS:
        found = (printable(values.get(key, "")[: 2 * MAX_TEXT], MAX_TEXT) for key in keys)
        text = next((one for one in found if one is not None), None)
        if text is not None:
            facts[name] = text
    moment = next((one for one in (_moment(values.get(key, "")) for key in _TIMES) if one is not None), None)
    if moment is not None:
        facts["taken_at"] = moment
    place = next((one for one in (_place(values.get(key, "")) for key in _PLACES) if one), None)
    return facts if place is None else facts | place


def _moment(text: str) -> str | None:
    """A time of ISO 8601, with an offset only if the file has one; None for a day alone, and for a clock never set."""
    stamp = _SHORT_OFFSET.sub(r"\1:\2", text.strip().replace("Z", "+00:00"))
    if "T" not in stamp and " " not in stamp:
        return None
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found.replace(microsecond=0).isoformat() if found.year >= _FIRST_YEAR else None


def _place(text: str) -> dict[str, Fact]:
    """Degrees, and the altitude if there is one, of a place in ISO 6709; none for what is no place on Earth."""
    found = _ISO_6709.fullmatch(text.strip())
    if found is None:
        return {}
    latitude, longitude = _degrees(found[1], 2), _degrees(found[2], 3)
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004  degrees
        return {}
    altitude = None if found[3] is None else float(found[3])
    facts: dict[str, Fact] = {"latitude": round(latitude, 7), "longitude": round(longitude, 7)}
    if altitude is not None and abs(altitude) < 1e6:  # noqa: PLR2004  metres; beyond that it is damage
        facts["altitude_m"] = altitude
    return facts


def _degrees(text: str, digits: int) -> float | None:
    """Degrees of this many digits, or these and minutes, or these and seconds: each further part has two digits."""
    whole, _, fraction = text[1:].partition(".")
    parts, rest = divmod(len(whole) - digits, 2)
    if rest or not 0 <= parts <= 2:  # noqa: PLR2004  minutes and seconds
        return None
    places = [whole[:digits], *(whole[digits + 2 * part : digits + 2 * part + 2] for part in range(parts))]
    numbers = [*map(float, places[:-1]), float(f"{places[-1]}.{fraction or 0}")]
    total = sum(number / 60**place for place, number in enumerate(numbers))
    return -total if text.startswith("-") else total
