"""A model of the CLIP family embeds pictures and texts, from a folder that the test makes, with random weights.

2026-11-29: PyTorch takes 3 GB and minutes to install, so that `make test` leaves this out; `make soak` installs it.
"""

from __future__ import annotations

import json
import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mirrorlake.embedding.base import ModelUnavailable
from mirrorlake.embedding.process import open_process
from mirrorlake.embedding.queries import QueryEmbedder
from mirrorlake.embedding.registry import facts_of, open_embedder

torch: Any = pytest.importorskip("torch", reason="2026-11-29: PyTorch is not installed; `make soak` has it")
open_clip: Any = pytest.importorskip("open_clip")
NAME, DIMENSIONS = "clip:tiny", 16
ARCHITECTURE = {
    "embed_dim": DIMENSIONS,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model `tiny`."""
    from safetensors.torch import save_file  # noqa: PLC0415  needs PyTorch

    models = tmp_path_factory.mktemp("models")
    torch.manual_seed(1)
    weights = open_clip.CLIP(**ARCHITECTURE).state_dict()
    (models / "tiny").mkdir()
    save_file(
        {key: value.contiguous() for key, value in weights.items()}, models / "tiny" / "open_clip_model.safetensors"
    )
    config = {"model_cfg": ARCHITECTURE, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (models / "tiny" / "open_clip_config.json").write_text(json.dumps(config))
    return models


def _pictures() -> list[np.ndarray]:
    dice = np.random.default_rng(1)
    return [dice.integers(0, 255, (40 + 10 * number, 60, 3), dtype=np.uint8) for number in range(5)]


def test_pictures_and_texts_are_embedded_as_the_network_does(models: Path):
    embedder = open_embedder(NAME, models, threads=2)
    pictures = _pictures()
    found = embedder.embed_pictures(pictures)
    model, _, prepare = open_clip.create_model_and_transforms(f"local-dir:{models / 'tiny'}")
    with torch.inference_mode():
        prepared = torch.stack([prepare(Image.fromarray(one)) for one in pictures])
        expected = model.eval().encode_image(prepared, normalize=True).numpy()
        text = model.encode_text(open_clip.get_tokenizer("ViT-B-32")(["a red truck"]), normalize=True).numpy()
    tolerance = 1e-4 if not torch.cuda.is_available() else 2e-2
    assert found == pytest.approx(expected, abs=tolerance)
    assert embedder.embed_texts(["a red truck"]) == pytest.approx(text, abs=tolerance)
    assert embedder.facts == facts_of(NAME, models)
    assert embedder.embed_texts(["word " * 5000]).shape == (1, DIMENSIONS)


def test_a_process_embeds_pictures_and_texts_of_searches(models: Path):
    files = []
    for picture in _pictures():
        file = BytesIO()
        Image.fromarray(picture).save(file, "WEBP", lossless=True)
        files.append(file.getvalue())
    with open_process(NAME, models, threads=2) as process:
        found = process.embed([*files, b"RIFF"])
    assert found[-1] is None
    vectors = np.stack([np.frombuffer(one.vector or b"", np.float32) for one in found[:-1] if one is not None])
    expected = open_embedder(NAME, models).embed_pictures(_pictures())
    assert vectors == pytest.approx(expected, abs=2e-2)
    searches, name = QueryEmbedder(models), facts_of(NAME, models).name
    assert searches.picture(name, files[0]) == pytest.approx(vectors[0], abs=2e-2)
    assert searches.text(name, "a red truck") == pytest.approx(
        open_embedder(NAME, models).embed_texts(["a red truck"])[0], abs=2e-2
    )
    searches.close()


def test_weights_of_another_architecture_are_refused(models: Path, tmp_path: Path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name in ("open_clip_model.safetensors", "open_clip_config.json"):
        (folder / name).write_bytes((models / "tiny" / name).read_bytes())
    config = {"model_cfg": ARCHITECTURE | {"embed_dim": 8}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        open_embedder(NAME, tmp_path)
    (folder / "open_clip_model.safetensors").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        open_embedder(NAME, tmp_path)
