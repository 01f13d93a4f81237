"""The model `lite`, built from its packages: it recognises what a picture shows, and texts find it."""

from __future__ import annotations

import pickle
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image
from tests.support.limits import address_space

from mirrorlake.embedding.base import ModelUnavailable, Picture
from mirrorlake.embedding.lite import LiteEmbedder
from mirrorlake.embedding.process import open_process
from mirrorlake.embedding.registry import facts_of, open_embedder
from mirrorlake.embedding.torch_file import read_tensors
from mirrorlake.embedding.worker import MEMORY_BYTES

PHOTOS = {name: f"{name}.png" for name in ("chelsea", "coffee", "astronaut")} | {"rocket": "rocket.jpg"}


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    folder = Path(skimage.__file__).parent / "data"
    found = {name: Image.open(folder / file).convert("RGB") for name, file in PHOTOS.items()}
    for picture in found.values():
        picture.thumbnail((320, 320))
    return {name: np.asarray(picture) for name, picture in found.items()}


@pytest.fixture(scope="module")
def lite() -> LiteEmbedder:
    return LiteEmbedder()


def _webp(picture: Picture) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=80)
    return file.getvalue()


def test_a_text_finds_the_picture_that_shows_it(lite: LiteEmbedder, pictures: dict[str, Picture]):
    names = list(pictures)
    vectors = lite.embed_pictures(list(pictures.values()))
    wanted = {"a cat": "chelsea", "a cup of coffee": "coffee", "rocket launch": "rocket"}
    for text, name in wanted.items():
        similar = vectors @ lite.embed_texts([text])[0]
        assert names[int(similar.argmax())] == name
        assert similar.max() > lite.facts.text_cutoff


def test_vectors_have_length_one_and_a_changed_copy_is_more_similar_than_others(
    lite: LiteEmbedder, pictures: dict[str, Picture]
):
    copies = [np.ascontiguousarray(picture[10:-10, -10:9:-1]) for picture in pictures.values()]  # mirrored and cropped
    one, other = lite.embed_pictures(list(pictures.values())), lite.embed_pictures(copies)
    assert one.shape == (len(pictures), lite.facts.dimensions)
    assert np.linalg.norm(one, axis=1) == pytest.approx(1, abs=1e-3)
    similar = one @ other.T
    assert similar.argmax(axis=1).tolist() == list(range(len(pictures)))
    assert similar.diagonal().min() > lite.facts.picture_cutoff


def test_an_empty_text_is_like_nothing(lite: LiteEmbedder):
    assert lite.embed_texts([" "]).shape == (1, lite.facts.dimensions)


def test_a_process_embeds_like_the_model_and_a_damaged_picture_fails_alone(
    lite: LiteEmbedder, pictures: dict[str, Picture]
):
    webp = _webp(pictures["coffee"])
    with open_process("lite") as process:
        found = process.embed([webp, b"RIFF", webp[:200], webp])
        again = process.embed([webp])
        assert process._process is not None
        assert address_space(process._process.pid) == MEMORY_BYTES
    first, damaged, cut, last = found
    assert damaged is cut is None
    assert first is not None
    assert last is not None
    assert again[0] is not None
    assert first.hash == last.hash == again[0].hash
    with Image.open(BytesIO(webp)) as picture:
        expected = lite.embed_pictures([np.asarray(picture)])[0]
    assert np.frombuffer(first.vector or b"", np.float32) == pytest.approx(expected, abs=1e-2)


def test_a_process_without_a_model_only_hashes(pictures: dict[str, Picture]):
    with open_process(None) as process:
        (found,) = process.embed([_webp(pictures["coffee"])])
    assert found is not None
    assert found.vector is None
    assert found.hash is not None


def test_a_file_of_tensors_cannot_run_code(tmp_path: Path):
    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1, 2) * 2 + pickle.dumps(Path, 2))
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        read_tensors(file)


def test_a_missing_package_and_an_unknown_model_are_named(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ModelUnavailable, match="There is no model large"):
        facts_of("large")
    monkeypatch.setitem(sys.modules, "mirrorlake.embedding.lite", None)
    with pytest.raises(ModelUnavailable, match=r"needs the package .*\. Install mirrorlake\[likeness\]"):
        open_embedder("lite")
