"""Read and write the setting `policies`: what an object must be to become an asset. Pure."""

from __future__ import annotations

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.policies import NO_POLICIES, DuplicatePolicy, OrientationPolicy, Policies
from mirrorlake.select.json_reader import Json, quote, read_choice, read_object, read_texts

NAME_LIMIT = 40  # characters of a brand or a pixel format, as of the facts that are kept
NAMES_LIMIT = 50  # brands or pixel formats
NUMBER_LIMIT = 1 << 53  # what every reader of JSON keeps exactly
_WHERE = "policies."
_LISTS = {"videoBrands": "video_brands", "pixelFormats": "pixel_formats"}
_NUMBERS = {
    "maxPixels": "max_pixels",
    "maxBytes": "max_bytes",
    "minWidth": "min_width",
    "minHeight": "min_height",
}
POLICY_NAMES = ("orientation", "duplicates", *_LISTS, *_NUMBERS, "maxSeconds")


def read_policies(value: Json) -> Policies:
    """The value of the setting `policies`; None: nothing is rejected. Raises SettingsError."""
    if value is None:
        return NO_POLICIES
    given = read_object(value, "policies")
    for name in given:
        if name not in POLICY_NAMES:
            raise SettingsError(f"Unknown setting {quote(_WHERE + name)}.", f"Known ones: {', '.join(POLICY_NAMES)}.")
    if given.get("orientation") == "bake":
        raise SettingsError(
            f'{_WHERE}orientation is "bake", but mirroring changes no objects.',
            "Use accept, and export copies with --bake-orientation; or use reject.",
        )
    lists = {field: _read_names(given, name) for name, field in _LISTS.items()}
    numbers = {field: _read_number(given, name) for name, field in _NUMBERS.items()}
    return Policies(
        orientation=read_choice(given, "orientation", OrientationPolicy, OrientationPolicy.ACCEPT, _WHERE),
        duplicates=read_choice(given, "duplicates", DuplicatePolicy, DuplicatePolicy.KEEP, _WHERE),
        video_brands=lists["video_brands"],
        pixel_formats=lists["pixel_formats"],
        max_pixels=numbers["max_pixels"],
        max_bytes=numbers["max_bytes"],
        min_width=numbers["min_width"],
        min_height=numbers["min_height"],
        max_seconds=_read_seconds(given),
    )


def policies_to_json(policies: Policies) -> dict[str, Json]:
    """The setting as `read_policies` takes it; values that are the default are omitted."""
    document: dict[str, Json] = {}
    if policies.orientation is not NO_POLICIES.orientation:
        document["orientation"] = policies.orientation.value
    if policies.duplicates is not NO_POLICIES.duplicates:
        document["duplicates"] = policies.duplicates.value
    document |= {name: [*getattr(policies, field)] for name, field in _LISTS.items() if getattr(policies, field)}
    numbers = {**_NUMBERS, "maxSeconds": "max_seconds"}
    return document | {
        name: number for name, field in numbers.items() if (number := getattr(policies, field)) is not None
    }


def _read_names(given: dict[str, Json], name: str) -> tuple[str, ...]:
    names = read_texts(given, name, _WHERE)
    for one in names:
        if not one.strip() or len(one) > NAME_LIMIT or not one.isprintable():
            fix = 'Name them as FFmpeg does: "mp42", "yuv420p".'
            raise SettingsError(f"{_WHERE}{name} contains {quote(one)}.", fix, field=_WHERE + name)
    if len(names) > NAMES_LIMIT:
        raise SettingsError(f"{_WHERE}{name} names {len(names)}.", f"It can name {NAMES_LIMIT}.", field=_WHERE + name)
    return tuple(dict.fromkeys(names))


def _read_number(given: dict[str, Json], name: str) -> int | None:
    value = given.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= NUMBER_LIMIT):
        return value
    raise SettingsError(f"{_WHERE}{name} is {quote(value)}.", "It can be a whole number from 1.", field=_WHERE + name)


def _read_seconds(given: dict[str, Json]) -> float | None:
    value = given.get("maxSeconds")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= NUMBER_LIMIT:
        raise SettingsError(
            f"{_WHERE}maxSeconds is {quote(value)}.",
            "It can be a number of seconds above 0.",
            field=f"{_WHERE}maxSeconds",
        )
    return float(value)
