"""Camera facts: read where they are sound, never the reason to lose a picture."""

from __future__ import annotations

import json
import random

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from tests.support.images import encoded, scene

from mirrorlake.formats.exif import MAX_EXIF_BYTES, MAX_TEXT, read_camera_facts
from mirrorlake.processing.process import process_bytes


def _block(camera: dict[int, object] | None = None, gps: dict[int, object] | None = None, **main: object) -> bytes:
    exif = Image.Exif()
    names = {"make": 0x010F, "model": 0x0110, "software": 0x0131, "changed": 0x0132}
    for name, value in main.items():
        exif[names[name]] = value
    exif.get_ifd(0x8769).update(camera or {})
    exif.get_ifd(0x8825).update(gps or {})
    return exif.tobytes()


def test_facts_have_stable_names_and_plain_values():
    block = _block(
        make="Canon\0\0",
        model=" EOS 5D ",
        camera={
            0x8827: 400,
            0x829D: 2.8,
            0x829A: 0.004,
            0x920A: 50.0,
            0x9209: 0x19,
            0xA403: 0,
            0xA434: "EF 50mm",
            0x9003: "2024:05:06 07:08:09",
            0x9011: "+02:00",
        },
        gps={1: "S", 2: (12.0, 30.0, 0.0), 3: "E", 4: (7.0, 15.0, 36.0), 5: b"\1", 6: 10.0},
    )
    facts = read_camera_facts(block)
    assert facts.warnings == ()
    assert facts.values == {
        "camera_make": "Canon",
        "camera_model": "EOS 5D",
        "lens": "EF 50mm",
        "iso": 400,
        "aperture": 2.8,
        "exposure_s": 0.004,
        "focal_length_mm": 50.0,
        "flash": True,
        "white_balance": "auto",
        "taken_at": "2024-05-06T07:08:09+02:00",
        "latitude": -12.5,
        "longitude": 7.26,
        "altitude_m": -10.0,
    }


_SCANNED = "2023:01:02 03:04:05"


@pytest.mark.parametrize(
    ("camera", "taken_at"),
    [
        ({}, "2023-01-02T03:04:05"),
        ({0x9010: "-05:00"}, "2023-01-02T03:04:05-05:00"),
        ({0x9011: "+02:00"}, "2023-01-02T03:04:05"),  # the offset of another time
        ({0x9003: "yesterday"}, "2023-01-02T03:04:05"),
        ({0x9004: "2024:05:06 07:08:09", 0x9010: "-05:00"}, "2024-05-06T07:08:09"),
        ({0x9003: "2024:05:06 07:08:09", 0x9011: "+02:00", 0x9010: "-05:00"}, "2024-05-06T07:08:09+02:00"),
    ],
)
def test_the_last_change_of_the_file_is_its_time_only_where_there_is_no_other(camera: dict[int, str], taken_at: str):
    assert read_camera_facts(_block(camera=dict(camera), changed=_SCANNED)).values["taken_at"] == taken_at


def test_a_scanned_tiff_has_the_time_of_its_scan():
    scanned = Image.Exif()
    scanned[0x0132] = _SCANNED
    found = process_bytes(encoded(scene(40, 30), "tiff", exif=scanned), "scan.tif")
    assert found.facts.camera["taken_at"] == "2023-01-02T03:04:05"


def test_wrong_types_and_impossible_values_cost_only_themselves():
    block = _block(
        make="x" * 100_000,
        model="a\1b\x7f\0secret",
        camera={0x8827: "many", 0x829D: 0.0, 0x9003: "yesterday", 0xA434: "lens"},
        gps={1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (7.0, 0.0, 0.0)},
    )
    values = read_camera_facts(block).values
    assert values == {"camera_make": "x" * MAX_TEXT, "camera_model": "ab", "lens": "lens"}


def position(latitude: object, longitude: object, north: object = "N", east: object = "E") -> bytes:
    gps = {1: north, 2: latitude, 3: east, 4: longitude, 5: b"\0", 6: 250.0}
    return _block(gps={tag: value for tag, value in gps.items() if value is not None})


@pytest.mark.parametrize(
    ("north", "east", "wanted"),
    [
        ("N", "E", (12.5, 7.26)),
        ("S", "W", (-12.5, -7.26)),
        ("South", "West", (-12.5, -7.26)),
        ("NORTH", "east", (12.5, 7.26)),
        (" s ", "w\0\0", (-12.5, -7.26)),
    ],
)
def test_a_hemisphere_may_be_a_letter_or_a_word(north: str, east: str, wanted: tuple[float, float]):
    facts = read_camera_facts(position((12.0, 30.0, 0.0), (7.0, 15.0, 36.0), north, east))
    assert facts.warnings == ()
    assert (facts.values["latitude"], facts.values["longitude"]) == wanted


@pytest.mark.parametrize(
    ("north", "east"), [(None, "E"), ("N", None), ("?", "E"), ("N", "Ouest"), ("", "W"), ("E", "N")]
)
def test_without_a_known_hemisphere_there_is_no_position_but_a_warning(north: str | None, east: str | None):
    facts = read_camera_facts(position((12.0, 30.0, 0.0), (7.0, 15.0, 36.0), north, east))
    assert facts.values == {"altitude_m": 250.0}
    assert "the position was not read" in facts.warnings[0]


@pytest.mark.parametrize(
    ("latitude", "wanted"),
    [((12.0, 30.0, 36.0), 12.51), ((12.0, 30.6), 12.51), ((12.51,), 12.51), (12.51, 12.51), ((0.0, 0.0, 0.0), 0.0)],
)
def test_degrees_may_lack_seconds_and_minutes(latitude: object, wanted: float):
    values = read_camera_facts(position(latitude, (7.5,))).values
    assert (values["latitude"], values["longitude"]) == (pytest.approx(wanted), 7.5)


@pytest.mark.parametrize("latitude", [(99.0, 0.0, 0.0), (90.0, 0.5)])
def test_impossible_degrees_are_no_position_but_a_warning(latitude: tuple[float, ...]):
    facts = read_camera_facts(position(latitude, (7.5,)))
    assert facts.values == {"altitude_m": 250.0}
    assert "the position was not read" in facts.warnings[0]


def test_an_altitude_without_a_position_is_kept():
    assert read_camera_facts(_block(gps={5: b"\1", 6: 12.5})).values == {"altitude_m": -12.5}
    assert read_camera_facts(_block(gps={6: 12.5})).values == {"altitude_m": 12.5}


def test_a_camera_that_did_not_know_its_position_causes_no_warning():
    unknown = (IFDRational(0, 0),) * 3
    facts = read_camera_facts(position(unknown, unknown))
    assert facts.warnings == ()
    assert facts.values == {"altitude_m": 250.0}


def test_a_huge_block_is_not_even_parsed():
    facts = read_camera_facts(b"Exif\0\0" + bytes(MAX_EXIF_BYTES))
    assert facts.values == {}
    assert "was not read" in facts.warnings[0]


def test_a_directory_that_points_to_itself_ends():
    # One entry: the camera's directory stands at offset 8, which is this very directory.
    loop = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"
    assert read_camera_facts(loop).values == {}


def test_damaged_blocks_never_raise_and_stay_json():
    chance = random.Random(7)  # noqa: S311  the same damage every time
    sound = _block(make="Canon", camera={0x8827: 400, 0x829D: 2.8}, gps={1: "N", 2: (1.0, 2.0, 3.0)})
    for _ in range(2_000):
        block = bytearray(sound)
        for _ in range(chance.randint(1, 8)):
            block[chance.randrange(6, len(block))] = chance.randrange(256)
        facts = read_camera_facts(bytes(block[: chance.randint(0, len(block))]))
        text = json.dumps(dict(facts.values), allow_nan=False)
        assert "\\u0000" not in text


def test_a_picture_with_hostile_exif_is_imported_with_a_warning():
    data = encoded(scene(), "jpeg", exif=b"Exif\0\0" + b"MM\0*\xff\xff\xff\xff" + bytes(range(256)) * 20)
    looked = process_bytes(data, "a.jpg")
    assert looked.facts.width == 640
    assert any("EXIF" in warning for warning in looked.warnings)
