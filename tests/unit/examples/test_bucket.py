"""The demo's bucket: repeatable, turned pictures stand upright, broken things are broken."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from examples.demo.bucket import DemoBucket, lay_out, sidecar_of
from PIL import Image, ImageOps


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pictures whose upper left quarter is white: upright is seen at a glance."""
    folder = tmp_path_factory.mktemp("photos")
    paths = []
    for number in range(48):
        picture = Image.effect_noise((320, 200), 40).convert("RGB").point(lambda value: value // 2)
        picture.paste((255, 255, 255), (0, 0, 160, 100))
        paths.append(folder / f"package--folder--photo{number:02d}.jpg")
        picture.save(paths[-1], quality=95)
    return paths


@pytest.fixture(scope="module")
def bucket(photos: list[Path]) -> DemoBucket:
    return lay_out(photos)


def test_two_demos_have_equal_buckets(photos: list[Path], bucket: DemoBucket) -> None:
    assert lay_out(list(reversed(photos))).uploads == bucket.uploads


def test_every_key_is_put_once_and_half_the_photographs_have_a_sidecar(bucket: DemoBucket) -> None:
    keys = [upload.key for upload in bucket.uploads]
    assert len(keys) == len(set(keys))
    assert set(map(sidecar_of, bucket.described)) <= set(keys)
    assert not set(map(sidecar_of, bucket.plain)) & set(keys)
    assert len(bucket.described) == len(bucket.plain) == 24


def test_turned_photographs_are_upright_for_a_reader_that_heeds_the_tag(bucket: DemoBucket) -> None:
    turned = 0
    for upload in bucket.uploads:
        if upload.key not in {*bucket.plain, *bucket.described}:
            continue
        with Image.open(io.BytesIO(upload.body)) as image:
            turned += image.getexif().get(0x0112, 1) != 1
            upright = ImageOps.exif_transpose(image).convert("L")
        assert upright.size == (320, 200)
        assert upright.getpixel((40, 25)) > 240 > upright.getpixel((280, 175))
    assert turned >= 6


def test_the_bomb_is_small_and_asks_for_a_gigapixel(bucket: DemoBucket) -> None:
    bomb = next(upload.body for upload in bucket.uploads if upload.key.endswith("bomb.png"))
    assert len(bomb) < 200_000
    assert int.from_bytes(bomb[16:20]) * int.from_bytes(bomb[20:24]) == 900_000_000


def test_the_bad_sidecar_cannot_be_read_and_the_others_can(bucket: DemoBucket) -> None:
    sidecars = {upload.key: upload.body for upload in bucket.uploads if upload.key.endswith(".json")}
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(sidecars.pop("incoming/bad-sidecar.json"))
    assert all(isinstance(json.loads(body), dict) for body in sidecars.values())
