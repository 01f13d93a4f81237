"""The setting `policies` is read completely or refused, and written as it is read."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.policies import NO_POLICIES, DuplicatePolicy, OrientationPolicy, Policies
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings import settings_from_document, settings_to_json

EVERYTHING: dict[str, Json] = {
    "orientation": "reject",
    "duplicates": "link",
    "videoBrands": ["mp42"],
    "pixelFormats": ["yuv420p", "yuvj420p"],
    "maxPixels": 50_000_000,
    "maxBytes": 1_000_000,
    "minWidth": 640,
    "minHeight": 480,
    "maxSeconds": 90.5,
}


def test_policies_are_written_as_they_are_read() -> None:
    settings, _ = settings_from_document({"policies": EVERYTHING})
    assert settings.policies == Policies(
        orientation=OrientationPolicy.REJECT, duplicates=DuplicatePolicy.LINK,
        video_brands=("mp42",), pixel_formats=("yuv420p", "yuvj420p"),
        max_pixels=50_000_000, max_bytes=1_000_000, min_width=640, min_height=480, max_seconds=90.5,
    )  # fmt: skip
    assert settings_to_json(settings) == {"policies": EVERYTHING}
    assert settings.looking.policies == settings.policies


@pytest.mark.parametrize("value", [None, {}, {"orientation": "accept", "videoBrands": [], "maxPixels": None}])
def test_without_limits_nothing_is_stored(value: Json) -> None:
    settings, _ = settings_from_document({"policies": value})
    assert settings.policies == NO_POLICIES
    assert settings_to_json(settings) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "policies"),
        ({"maxPixel": 1}, 'Unknown setting "policies.maxPixel"'),
        ({"orientation": "turn"}, "accept or reject"),
        ({"orientation": "bake"}, "mirroring changes no objects"),
        ({"duplicates": True}, "keep, skip or link"),
        ({"maxPixels": 0}, "policies.maxPixels is 0"),
        ({"maxBytes": True}, "policies.maxBytes is true"),
        ({"minWidth": 1.5}, "policies.minWidth is 1.5"),
        ({"maxBytes": 1 << 60}, "policies.maxBytes"),
        ({"maxSeconds": 0}, "policies.maxSeconds is 0"),
        ({"maxSeconds": float("inf")}, "policies.maxSeconds"),
        ({"maxSeconds": float("nan")}, "policies.maxSeconds"),
        ({"videoBrands": "mp42"}, "policies.videoBrands"),
        ({"videoBrands": ["mp42\n"]}, "policies.videoBrands contains"),
        ({"pixelFormats": ["x" * 41]}, "policies.pixelFormats contains"),
        ({"pixelFormats": [f"x{number}" for number in range(51)]}, "policies.pixelFormats names 51"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(value: Json, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        settings_from_document({"policies": value})
    assert refused.value.fix
