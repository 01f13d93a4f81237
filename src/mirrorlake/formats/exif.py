"""Read camera facts from an untrusted EXIF block. Pure: no I/O."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from numbers import Real
from typing import cast

from PIL import Image

from mirrorlake.model.assets import Scalar

# JPEG allows 64 KiB; PNG, WebP and AVIF any size. Maker notes and previews stay far below this.
MAX_EXIF_BYTES = 1 << 20
MAX_TEXT = 200  # characters kept of a text fact

_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
_OFFSET_TIME = 0x9011

_Tags = Mapping[int, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """The facts that the camera recorded, without absent or unreadable entries."""

    values: Mapping[str, Scalar]
    warnings: tuple[str, ...] = ()


def read_camera_facts(block: bytes) -> CameraFacts:
    """The facts of an EXIF block (with or without its `Exif` mark). Never raises: damage becomes a warning."""
    if len(block) > MAX_EXIF_BYTES:
        return CameraFacts(values={}, warnings=(f"EXIF of {len(block):,} bytes was not read: over {MAX_EXIF_BYTES:,}",))
    # Recorded, not shown: the parser warns about entries that it cannot read. Only the decoding thread of a process
    # runs this, so replacing the process-wide filters is safe.
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        try:
            values = _read(block)
        except Exception as error:  # noqa: BLE001  a hostile block may break the parser in any way
            return CameraFacts(values={}, warnings=(f"EXIF could not be read: {type(error).__name__}",))
    damage = ("EXIF is damaged; some of it was not read",) if complaints else ()
    return CameraFacts(values=values, warnings=damage)


def _read(block: bytes) -> dict[str, Scalar]:
    exif = Image.Exif()
    exif.load(block)
    main = cast("_Tags", exif)
    camera = cast("_Tags", exif.get_ifd(_EXIF_IFD))
    gps = cast("_Tags", exif.get_ifd(_GPS_IFD))
    facts: dict[str, Scalar] = {}
    for name, place, tag, convert in _FACTS:
        value = convert((main if place == 0 else camera).get(tag))
        if value is not None:
            facts[name] = value
    exposure_time = _read_exposure_time(camera)
    if exposure_time is not None:
        facts["taken_at"] = exposure_time
    facts.update(_read_position(gps))
    return facts


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    # Cameras pad with NUL and blanks; neither NUL nor control characters can be stored or shown.
    kept = "".join(ch for ch in value.partition("\0")[0][: 4 * MAX_TEXT] if ch.isprintable()).strip()
    return kept[:MAX_TEXT] or None


def _first(value: object) -> object:
    return cast("tuple[object, ...]", value)[0] if isinstance(value, tuple) and value else cast("object", value)


def _float(value: object) -> float | None:
    value = _first(value)
    if isinstance(value, (str, bytes, bool)) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return round(number, 6) if math.isfinite(number) else None


def _positive(value: object) -> float | None:
    number = _float(value)
    return number if number is not None and 0 < number < 1e9 else None  # noqa: PLR2004  no camera has larger values


def _whole(value: object) -> int | None:
    number = _positive(value)
    return int(number) if number is not None and number >= 1 else None


def _flash(value: object) -> bool | None:
    value = _first(value)
    return bool(value & 1) if isinstance(value, int) else None


def _white_balance(value: object) -> str | None:
    value = _first(value)
    return {0: "auto", 1: "manual"}.get(value) if isinstance(value, int) else None


# name, where (0 the main directory, 1 the camera's), tag, how it is read
_FACTS: tuple[tuple[str, int, int, Callable[[object], Scalar | None]], ...] = (
    ("camera_make", 0, 0x010F, _text),
    ("camera_model", 0, 0x0110, _text),
    ("software", 0, 0x0131, _text),
    ("lens", 1, 0xA434, _text),
    ("iso", 1, 0x8827, _whole),
    ("aperture", 1, 0x829D, _positive),  # f-number
    ("exposure_s", 1, 0x829A, _positive),
    ("focal_length_mm", 1, 0x920A, _positive),
    ("focal_length_35mm", 1, 0xA405, _positive),
    ("flash", 1, 0x9209, _flash),  # whether it fired
    ("white_balance", 1, 0xA403, _white_balance),
)


def _read_exposure_time(camera: _Tags) -> str | None:
    """The time of exposure as ISO 8601, with an offset only if the camera recorded one."""
    for tag, offset_tag in ((0x9003, _OFFSET_TIME), (0x9004, _OFFSET_TIME + 1)):
        text = _text(camera.get(tag))
        if text is None:
            continue
        offset = _text(camera.get(offset_tag)) or ""
        for stamp, form in ((text + offset, "%Y:%m:%d %H:%M:%S%z"), (text, "%Y:%m:%d %H:%M:%S")):
            try:
                return datetime.strptime(stamp, form).isoformat()  # noqa: DTZ007  many cameras record no time zone
            except ValueError:
                continue
    return None


def _read_position(gps: _Tags) -> dict[str, Scalar]:
    latitude = _degrees(gps.get(2), gps.get(1), "S", 90)
    longitude = _degrees(gps.get(4), gps.get(3), "W", 180)
    if latitude is None or longitude is None:
        return {}
    position: dict[str, Scalar] = {"latitude": latitude, "longitude": longitude}
    altitude = _float(gps.get(6))
    if altitude is not None and abs(altitude) < 1e6:  # noqa: PLR2004  metres; beyond that it is damage
        below = gps.get(5) in (1, b"\x01")
        position["altitude_m"] = -altitude if below else altitude
    return position


def _degrees(value: object, side: object, negative: str, limit: int) -> float | None:
    if not isinstance(value, tuple):
        return None
    parts = [_float(part) for part in cast("tuple[object, ...]", value)]
    if len(parts) != 3 or None in parts:  # noqa: PLR2004  degrees, minutes, seconds
        return None
    degrees, minutes, seconds = (part or 0.0 for part in parts)
    total = degrees + minutes / 60 + seconds / 3600
    if not 0 <= total <= limit:
        return None
    return round(-total if _text(side) == negative else total, 7)
