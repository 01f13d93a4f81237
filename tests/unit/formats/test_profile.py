"""The name of a colour profile: of real profiles of both versions, and of hostile ones."""

from __future__ import annotations

import io
import random
import struct

import pytest
from PIL import ImageCms
from tests.support.images import encoded, scene
from tests.support.profiles import cmyk_profile, rgb_profile

from mirrorlake.formats.profile import MAX_NAME, profile_name
from mirrorlake.processing.process import process_bytes


def _with_text(text: bytes) -> bytes:
    """A profile whose only tag is this description."""
    table = struct.pack(">I4sII", 1, b"desc", 144, len(text))
    return bytes(36) + b"acsp" + bytes(88) + table + text


def _in_languages(*texts: tuple[bytes, str]) -> bytes:
    records, body = b"", b""
    for language, text in texts:
        data = text.encode("utf-16-be")
        records += language + struct.pack(">II", len(data), 16 + 12 * len(texts) + len(body))
        body += data
    return _with_text(b"mluc" + bytes(4) + struct.pack(">II", len(texts), 12) + records + body)


def _stored(profile: bytes) -> str:
    """As littlecms reads it."""
    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()


@pytest.mark.parametrize("profile", [rgb_profile("p3"), cmyk_profile()], ids=["rgb", "cmyk"])
def test_the_name_is_the_one_that_littlecms_reads(profile: bytes):
    assert profile_name(profile) == _stored(profile) != ""


def test_a_profile_of_littlecms_has_its_name():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile_name(profile) == _stored(profile) == "sRGB built-in"


def test_of_several_languages_english_counts_then_the_first():
    assert profile_name(_in_languages((b"deDE", "Farben"), (b"enUS", "Colours"))) == "Colours"
    assert profile_name(_in_languages((b"deDE", "Farben"), (b"frFR", "Couleurs"))) == "Farben"


@pytest.mark.parametrize("encoder", ["jpeg", "png", "webp", "tiff", "avif"])
def test_an_image_has_the_name_of_its_profile_as_a_fact(encoder: str):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = process_bytes(encoded(scene(40, 30), encoder, icc_profile=profile), "a")
    assert (found.facts.has_icc, found.facts.colour_profile) == (True, "sRGB built-in")
    plain = process_bytes(encoded(scene(40, 30), encoder), "a")
    assert (plain.facts.has_icc, plain.facts.colour_profile) == (False, None)


def test_hostile_profiles_have_a_short_name_or_none():
    assert profile_name(None) is None
    assert profile_name(b"") is None
    assert profile_name(bytes(200)) is None
    assert profile_name(_with_text(b"desc" + bytes(4) + b"\xff" * 4 + b"a" * 100_000)) == "a" * MAX_NAME
    assert profile_name(_with_text(b"desc" + bytes(4) + struct.pack(">I", 4) + b"a\1\x1bb")) == "ab"
    assert profile_name(_with_text(b"mluc" + bytes(4) + b"\xff" * 12)) is None
    assert profile_name(_with_text(b"mluc" + b"\xff" * 40)) is None
    dice = random.Random(3)  # noqa: S311  damage, no secret
    profile = _in_languages((b"enUS", "Colours"))
    for _ in range(300):
        broken = bytearray(profile)
        for _ in range(4):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        name = profile_name(bytes(broken[: dice.randrange(len(broken))]))
        assert name is None or (len(name) <= MAX_NAME and name.isprintable())
