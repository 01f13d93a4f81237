"""The pictures of pi-heif's own test collection end with facts, or with a reason where they are damaged."""

from __future__ import annotations

import tarfile
from importlib.metadata import version

import pytest
from tests.support.images import pixels
from tests.support.media import fetch_source

from mirrorlake.formats.codec import Probe
from mirrorlake.formats.heic import CODEC
from mirrorlake.formats.image import image_facts
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.processing.process import ProcessedObject, process_bytes

_SUFFIXES = (".heic", ".heif", ".hif")
# 0.2 to 6 s each; of these, only the headers are read.
_SLOW = {
    "200MP.heic",
    "arrow.heic",
    "aux_YCbCr.heic",
    "cat.hif",
    "guitar_cw90.hif",
    "pug.heic",
    "spatial_photo.heic",
    "xiaomi.heic",
}
_BAD = {"corrupted.heic", "corrupted.hif", "empty.heic"}

End = ProcessedObject | Probe | UndecodableObject


@pytest.fixture(scope="module")
def found() -> dict[str, End]:
    ends: dict[str, End] = {}
    with tarfile.open(fetch_source("pi-heif", version("pi-heif"))) as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if "/tests/images/" not in member.name or not name.endswith(_SUFFIXES):
                continue
            file = archive.extractfile(member)
            assert file is not None
            data = file.read()
            try:
                ends[name] = CODEC.probe(data) if name in _SLOW else process_bytes(data, name)
            except UndecodableObject as verdict:
                ends[name] = verdict
    return ends


def test_every_intact_heic_has_facts_and_a_thumbnail(found: dict[str, End]):
    assert len(found) > 30
    assert {name for name, end in found.items() if isinstance(end, UndecodableObject)} == _BAD
    for name, end in found.items():
        if isinstance(end, ProcessedObject):
            assert end.media_type == "image/heic", name
            height, width, _ = pixels(end.rendered.thumbnail).shape
            assert max(width, height) == min(320, max(end.facts.width, end.facts.height)), name


def test_bits_frames_and_camera_are_read(found: dict[str, End]):
    facts = {name: end.facts for name, end in found.items() if not isinstance(end, UndecodableObject)}
    assert facts["RGB_12__128x128.heif"].bit_depth == 12
    assert facts["zPug_3.heic"].frames == 3
    assert facts["RGBA_8__29x100.heif"].has_alpha


def test_exif_and_iptc_of_a_heic_are_facts(found: dict[str, End]):
    end = found["L_exif_xmp_iptc.heic"]
    assert not isinstance(end, UndecodableObject)
    facts = image_facts(end.facts).camera
    assert (facts["camera_make"], facts["camera_model"], facts["lens"]) == ("SONY", "ILCE-7SM3", "FE 24-70mm F2.8 GM")
    assert facts["taken_at"] == "2020-09-14T11:09:34-05:00"
    assert facts["keywords"] == ("HvK", "2006", "summer", "July", "holiday", "Hungary", "Budapest")
    assert (facts["iso"], facts["exposure_s"], facts["white_balance"]) == (80, 0.005, "auto")


def test_the_container_turns_a_picture_and_exif_does_not_turn_it_again(found: dict[str, End]):
    turned = found["guitar_cw90.hif"]
    assert isinstance(turned, Probe)
    assert (turned.facts.width, turned.facts.height, turned.facts.orientation) == (4672, 7008, 1)
