"""Read orientation and camera facts from an untrusted EXIF block. Pure: no I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from mirrorlake.core.text import printable
from mirrorlake.formats.tiff import TIFF_MARKS, Directory, TiffBlock, Value
from mirrorlake.model.assets import Scalar

# JPEG allows 64 KiB; PNG, WebP and AVIF any size. Maker notes and previews stay far below this.
MAX_EXIF_BYTES = 1 << 20
MAX_TEXT = 200  # characters kept of a text fact

MARK = b"Exif\0\0"  # precedes the block in JPEG, and in the files of many programs elsewhere

_ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825

_Tags = Mapping[int, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """The facts that the camera recorded, without absent or unreadable entries."""

    values: Mapping[str, Scalar]
    orientation: int = 1  # 1 to 8; 1 if there is none, or an impossible one
    warnings: tuple[str, ...] = ()


NO_FACTS = CameraFacts(values={})


def is_readable(block: bytes) -> bool:
    """Whether the block begins as EXIF must."""
    return block.removeprefix(MARK).startswith(TIFF_MARKS)


def read_camera_facts(block: bytes) -> CameraFacts:
    """The facts of an EXIF block (with or without its `Exif` mark). Never raises: damage becomes a warning."""
    if len(block) > MAX_EXIF_BYTES:
        return CameraFacts(values={}, warnings=(f"EXIF of {len(block):,} bytes was not read: over {MAX_EXIF_BYTES:,}",))
    try:
        tiff = TiffBlock(block.removeprefix(MARK))
    except ValueError as error:
        return CameraFacts(values={}, warnings=(f"EXIF could not be read: {error}",))
    return _read_facts(tiff)


def read_tiff_facts(data: bytes) -> CameraFacts:
    """The facts of a TIFF, which has the tags of EXIF among its own. Never raises: damage becomes a warning."""
    try:
        return _read_facts(TiffBlock(data))
    except ValueError as error:
        return CameraFacts(values={}, warnings=(f"EXIF could not be read: {error}",))


def _read_facts(tiff: TiffBlock) -> CameraFacts:
    main = tiff.read(tiff.first, _MAIN_TAGS)
    camera = _read_below(tiff, main.values.get(_EXIF_IFD), _CAMERA_TAGS)
    gps = _read_below(tiff, main.values.get(_GPS_IFD), _GPS_TAGS)
    facts: dict[str, Scalar] = {}
    for name, in_main, tag, convert in _FACTS:
        value = convert((main.values if in_main else camera.values).get(tag))
        if value is not None:
            facts[name] = value
    exposure_time = _read_exposure_time({**main.values, **camera.values})
    if exposure_time is not None:
        facts["taken_at"] = exposure_time
    position, warnings = _read_position(gps.values)
    facts.update(position)
    if main.damaged or camera.damaged or gps.damaged:
        warnings = ("EXIF is damaged; some of it was not read", *warnings)
    return CameraFacts(values=facts, orientation=_orientation(main.values.get(_ORIENTATION)), warnings=warnings)


def _read_below(tiff: TiffBlock, pointer: Value | None, wanted: Collection[int]) -> Directory:
    """The directory that a tag points to; an empty one without the tag."""
    offset = _first(pointer)
    return tiff.read(offset, wanted) if isinstance(offset, int) else Directory({})


def _text(value: Value | None) -> str | None:
    if not isinstance(value, bytes):
        return None
    # Cameras pad with NUL and blanks.
    return printable(value.partition(b"\0")[0].decode("utf-8", "replace"), MAX_TEXT)


def _first(value: Value | None) -> int | float | None:
    return value[0] if value else None


def _float(value: Value | None) -> float | None:
    number = None if isinstance(value, bytes) else _first(value)
    return round(float(number), 6) if number is not None and math.isfinite(number) else None


def _positive(value: Value | None) -> float | None:
    number = _float(value)
    return number if number is not None and 0 < number < 1e9 else None  # noqa: PLR2004  no camera has larger values


def _whole(value: Value | None) -> int | None:
    number = _positive(value)
    return int(number) if number is not None and number >= 1 else None


def _flash(value: Value | None) -> bool | None:
    flags = _first(value)
    return bool(flags & 1) if isinstance(flags, int) else None


def _white_balance(value: Value | None) -> str | None:
    mode = _first(value)
    return {0: "auto", 1: "manual"}.get(mode) if isinstance(mode, int) else None


def _orientation(value: Value | None) -> int:
    number = _first(value)
    return number if isinstance(number, int) and 1 <= number <= 8 else 1  # noqa: PLR2004  EXIF defines eight


# name, whether in the main directory (otherwise the camera's), tag, how it is read
_FACTS: tuple[tuple[str, bool, int, Callable[[Value | None], Scalar | None]], ...] = (
    ("camera_make", True, 0x010F, _text),
    ("camera_model", True, 0x0110, _text),
    ("software", True, 0x0131, _text),
    ("lens", False, 0xA434, _text),
    ("iso", False, 0x8827, _whole),
    ("aperture", False, 0x829D, _positive),  # f-number
    ("exposure_s", False, 0x829A, _positive),
    ("focal_length_mm", False, 0x920A, _positive),
    ("focal_length_35mm", False, 0xA405, _positive),
    ("flash", False, 0x9209, _flash),  # whether it fired
    ("white_balance", False, 0xA403, _white_balance),
)
# Of the moment of exposure, of making a digital image of it, and of the last change of the file, which is all that
# scanners record: tag, tag of its offset from UTC.
_CHANGED = 0x0132
_TIMES = ((0x9003, 0x9011), (0x9004, 0x9012), (_CHANGED, 0x9010))

_MAIN_TAGS = frozenset(
    {_ORIENTATION, _EXIF_IFD, _GPS_IFD, _CHANGED, *(tag for _, in_main, tag, _ in _FACTS if in_main)}
)
_CAMERA_TAGS = frozenset(
    {
        *(tag for _, in_main, tag, _ in _FACTS if not in_main),
        *(tag for pair in _TIMES for tag in pair if tag != _CHANGED),
    }
)
_GPS_TAGS = frozenset(range(1, 7))  # latitude, longitude and altitude, each after its reference


def _read_exposure_time(tags: _Tags) -> str | None:
    """The time of exposure as ISO 8601, with an offset only if the camera recorded one."""
    for tag, offset_tag in _TIMES:
        text = _text(tags.get(tag))
        if text is None:
            continue
        offset = _text(tags.get(offset_tag))
        forms = [(text, "%Y:%m:%d %H:%M:%S")]
        if offset is not None:
            forms.insert(0, (text + offset, "%Y:%m:%d %H:%M:%S%z"))
        for stamp, form in forms:
            try:
                return datetime.strptime(stamp, form).isoformat()  # noqa: DTZ007  many cameras record no time zone
            except ValueError:
                continue
    return None


def _read_position(gps: _Tags) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Position and altitude, each only if it can be trusted, with warnings about a position that cannot."""
    facts = _read_altitude(gps)
    latitude, longitude = _degrees(gps.get(2)), _degrees(gps.get(4))
    if latitude is None or longitude is None:
        return facts, ()
    north, east = _sign(gps.get(1), "NS"), _sign(gps.get(3), "EW")
    if north is None or east is None:
        missing = "north or south" if north is None else "east or west"
        return facts, (f"the position was not read: its EXIF has no sign for {missing}",)
    if not (0 <= latitude <= 90 and 0 <= longitude <= 180):  # noqa: PLR2004  degrees
        return facts, ("the position was not read: no place on Earth has the degrees of its EXIF",)
    return {"latitude": round(north * latitude, 7), "longitude": round(east * longitude, 7)} | facts, ()


def _read_altitude(gps: _Tags) -> dict[str, Scalar]:
    altitude = _float(gps.get(6))
    if altitude is None or abs(altitude) >= 1e6:  # noqa: PLR2004  metres; beyond that it is damage
        return {}
    below = _first(gps.get(5)) in (1, 3)  # below sea level, below the ellipsoid
    return {"altitude_m": -altitude if below else altitude}


def _degrees(value: Value | None) -> float | None:
    """Degrees, or degrees and minutes, or these and seconds; all may have fractions."""
    if not value or isinstance(value, bytes) or len(value) > 3:  # noqa: PLR2004
        return None
    total = 0.0
    for number, per_degree in zip(value, (1, 60, 3600), strict=False):
        if number is None or not math.isfinite(number):
            return None
        total += number / per_degree
    return total


def _sign(value: Value | None, letters: str) -> int | None:
    """1 or -1 for the first or the second letter, at the start of a reference such as `S` or `South`."""
    text = _text(value)
    place = letters.find(text[0].upper()) if text else -1
    return None if place < 0 else (1, -1)[place]
