"""SigLIP 2 and MobileCLIP, made tiny by the test in the form of their repositories, load from a folder alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.embedder_contract import ALIKE, ALIKE_ON_GPU, EmbedderContract, some_pictures
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from mirrorlake.embedding.base import Embedder
from mirrorlake.embedding.process import open_process
from mirrorlake.embedding.registry import facts_of, open_embedder

torch: Any = pytest.importorskip("torch", reason="2026-11-29: PyTorch is not installed; `make soak` has it")
open_clip: Any = pytest.importorskip("open_clip")
WORDS = ("<pad>", "<eos>", "<unk>", "a", "red", "truck", "cat", "word")
ON_GPU = torch.cuda.is_available()

SIGLIP = {
    "model_cfg": {
        "embed_dim": 32,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {
            "image_size": 32,
            "timm_model_name": "test_vit",
            "timm_model_pretrained": False,
            "timm_pool": "avg",
            "timm_proj": "linear",
        },
        "text_cfg": {
            "context_length": 16,
            "vocab_size": len(WORDS),
            "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2",  # of the hub; the folder has its own
            "tokenizer_kwargs": {"clean": "canonicalize"},
            "width": 32,
            "heads": 2,
            "layers": 1,
            "no_causal_mask": True,
            "proj_bias": True,
            "pool_type": "last",
            "norm_kwargs": {"eps": 1e-6},
            "act_kwargs": {"approximate": "tanh"},
        },
    },
    "preprocess_cfg": {
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "interpolation": "bicubic",
        "resize_mode": "squash",
    },
}
MOBILE = {
    "model_cfg": {
        "embed_dim": 16,
        "custom_text": True,
        "vision_cfg": {
            "image_size": 64,
            "timm_model_name": "test_byobnet",
            "timm_model_pretrained": False,
            "timm_pool": "avg",
            "timm_proj": None,
            "timm_drop": 0.0,
            "timm_drop_path": 0.0,
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 32,
            "heads": 2,
            "layers": 1,
            "no_causal_mask": True,
        },
    },
    "preprocess_cfg": {"mean": [0.0] * 3, "std": [1.0] * 3, "interpolation": "bilinear", "resize_mode": "shortest"},
}
FAMILIES = {"siglip": SIGLIP, "mobileclip": MOBILE}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model of each family."""
    from safetensors.torch import save_file  # noqa: PLC0415  needs PyTorch

    models = tmp_path_factory.mktemp("models")
    torch.manual_seed(1)
    for name, config in FAMILIES.items():
        folder = models / name
        folder.mkdir()
        (folder / "open_clip_config.json").write_text(json.dumps(config))
        network = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
        weights = {key: value.contiguous().clone() for key, value in network.state_dict().items()}
        save_file(weights, folder / "open_clip_model.safetensors")
    _write_tokens(models / "siglip")
    return models


def _write_tokens(folder: Path) -> None:
    """The tokens of a text, as a repository of SigLIP 2 has them."""
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 16, **special})
    )
    (folder / "special_tokens_map.json").write_text(json.dumps(special))


@pytest.fixture(scope="module", params=FAMILIES)
def embedder(request: pytest.FixtureRequest, models: Path) -> Embedder:
    return open_embedder(f"clip:{request.param}", models, threads=2)


class TestFamilies(EmbedderContract):
    alike = ALIKE_ON_GPU if ON_GPU else ALIKE


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_embeds_as_its_network_does(name: str, models: Path):
    pictures = some_pictures()
    network, _, prepare = open_clip.create_model_and_transforms(f"local-dir:{models / name}")
    with torch.inference_mode():
        prepared = torch.stack([prepare(Image.fromarray(one)) for one in pictures])
        expected = network.eval().encode_image(prepared, normalize=True).numpy()
    found = open_embedder(f"clip:{name}", models).embed_pictures(pictures)
    assert found == pytest.approx(expected, abs=ALIKE_ON_GPU if ON_GPU else ALIKE)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_process_reaches_no_hub_for_texts(name: str, models: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing answers there
    monkeypatch.setenv("HF_HOME", str(models / "empty"))
    with open_process(f"clip:{name}", models) as process:
        truck, cat = (np.frombuffer(process.embed_text(text) or b"", np.float32) for text in ("a red truck", "a cat"))
    assert truck.shape == cat.shape == (facts_of(f"clip:{name}", models).dimensions,)
    assert np.abs(truck - cat).max() > 1e-3  # the words are known


def test_the_cutoff_of_a_model_with_a_bias_is_that_of_its_probabilities(models: Path):
    siglip, mobile = (facts_of(f"clip:{name}", models) for name in FAMILIES)
    assert siglip.text_cutoff != mobile.text_cutoff == 0.2
