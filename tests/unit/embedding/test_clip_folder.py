"""The folder of a model of the CLIP family: what it is named, and what is refused before anything of it is loaded."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding import clip_folder, registry
from mirrorlake.embedding.base import ModelUnavailable
from mirrorlake.embedding.clip_folder import CONFIG, WEIGHTS, folder_of, provide, read_facts
from mirrorlake.embedding.registry import check_model, installed_models, model_of_vectors


def _folder(models: Path, name: str, *, config: object = None, **tensors: float) -> Path:
    folder = models / name
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(json.dumps({"model_cfg": {"embed_dim": 16}} if config is None else config))
    save_file(
        {key: np.array([value], np.float32) for key, value in (tensors or {"weight": 1.0}).items()}, folder / WEIGHTS
    )
    return folder


def test_vectors_are_named_by_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "find_spec", lambda _package: True)
    one = read_facts(_folder(tmp_path, "one"), "clip:one")
    other = read_facts(_folder(tmp_path, "other", weight=2.0), "clip:one")
    assert (one.dimensions, one.name.rpartition("-")[0]) == (16, "clip:one")
    assert one.name != other.name
    assert model_of_vectors(one.name, tmp_path) == "clip:one"
    with pytest.raises(ModelUnavailable, match="is installed"):
        model_of_vectors(other.name, tmp_path)


def test_models_are_offered_with_their_packages_and_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("one", "owner/two", "unfinished", "too/deep/down"):
        _folder(tmp_path, name)
    (tmp_path / "unfinished" / CONFIG).unlink()
    here = {"torch", "open_clip", "safetensors"}
    monkeypatch.setattr(registry, "find_spec", lambda package: package in here or None)
    assert installed_models(tmp_path) == ("clip:one", "clip:owner/two")
    here |= {"wordllama", "onnxruntime"}
    assert installed_models(tmp_path) == ("lite", "clip:one", "clip:owner/two")
    here.remove("torch")
    assert installed_models(tmp_path) == ("lite",)
    assert installed_models(tmp_path / "nowhere") == ("lite",)


def test_a_model_with_a_bias_has_the_cutoff_of_its_probabilities(tmp_path: Path):
    facts = read_facts(_folder(tmp_path, "a", logit_scale=math.log(100), logit_bias=-16.0), "clip:a")
    assert 1 / (1 + math.exp(-(100 * facts.text_cutoff - 16))) == pytest.approx(0.001)
    assert read_facts(_folder(tmp_path, "b", logit_scale=4.6), "clip:b").text_cutoff == 0.2


@pytest.mark.parametrize("name", ["clip:", "clip:..", "clip:../a", "clip:/etc", "clip:a/b/c", "clip:a b", "clip:a\0"])
def test_a_name_is_no_way_out_of_the_folder(tmp_path: Path, name: str):
    with pytest.raises(ModelUnavailable, match="names no model"):
        folder_of(tmp_path, name)


@pytest.mark.parametrize(
    ("config", "weights", "reason"),
    [
        ([], b"", "has no `model_cfg`"),
        ({"model_cfg": {}}, b"", "has no `embed_dim`"),
        ({"model_cfg": {"embed_dim": 5000}}, b"", "has no `embed_dim`"),
        ({"model_cfg": {"embed_dim": 16}}, None, "weights in another form are not read"),
        ({"model_cfg": {"embed_dim": 16}}, b"\x80\x02}q\x00.", "cannot be read"),
    ],
)
def test_a_folder_without_safe_weights_is_refused(tmp_path: Path, config: object, weights: bytes | None, reason: str):
    folder = _folder(tmp_path, "a", config=config)
    (folder / "open_clip_pytorch_model.bin").write_bytes(b"\x80\x02}q\x00.")  # a pickle
    (folder / WEIGHTS).unlink()
    if weights is not None:
        (folder / WEIGHTS).write_bytes(weights)
    with pytest.raises(ModelUnavailable, match=reason):
        read_facts(folder, "clip:a")


def test_a_model_in_the_form_of_transformers_names_the_other_form(tmp_path: Path):
    folder = _folder(tmp_path, "a")
    (folder / CONFIG).rename(folder / "config.json")
    (folder / WEIGHTS).rename(folder / "model.safetensors")
    with pytest.raises(ModelUnavailable, match=r"form of transformers.*clip:timm/ViT-B-16-SigLIP2"):
        read_facts(folder, "clip:a")


def test_a_model_is_fetched_whole_and_without_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[str, list[str]]] = []

    def fetch(repository: str, *, local_dir: Path, allow_patterns: list[str]) -> None:
        asked.append((repository, allow_patterns))
        if repository == "org/away":
            raise OSError("no route")
        if repository == "org/a--b":
            raise ValueError("no name of a repository")
        _folder(local_dir.parent, local_dir.name)
        if repository == "org/pickled":
            (local_dir / WEIGHTS).unlink()

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    folder = provide(tmp_path, "clip:org/good")
    assert provide(tmp_path, "clip:org/good") == folder
    assert [name for name, _ in asked] == ["org/good"]
    assert not any(pattern.endswith((".bin", ".pt", ".py", "*")) for pattern in asked[0][1])
    with pytest.raises(ModelUnavailable, match=rf"has no {WEIGHTS}.*clip:timm/ViT-B-16-SigLIP2"):
        provide(tmp_path, "clip:org/pickled")
    for name in ("clip:org/away", "clip:org/a--b"):
        with pytest.raises(MirrorlakeError, match="could not be fetched"):
            provide(tmp_path, name)
    with pytest.raises(ModelUnavailable, match="There is no folder"):
        provide(tmp_path, "clip:none")
    assert sorted(path.name for path in (tmp_path / "org").iterdir()) == ["good"]


def test_searches_and_callers_of_the_api_fetch_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "find_spec", lambda _package: True)
    for ask in (check_model, registry.facts_of, registry.open_embedder):
        with pytest.raises(ModelUnavailable, match="There is no folder"):
            ask("clip:org/away", tmp_path)
    with pytest.raises(ModelUnavailable, match="There is no folder"):
        model_of_vectors("clip:org/away-0", tmp_path)
    check_model("clip:org/away", tmp_path, may_fetch=True)
    with pytest.raises(ModelUnavailable, match="There is no folder"):
        check_model("clip:away", tmp_path, may_fetch=True)
    assert list(tmp_path.iterdir()) == []


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    present: dict[str, Any] = {"torch": True, "open_clip": None}
    monkeypatch.setattr(registry, "find_spec", present.get)
    with pytest.raises(ModelUnavailable, match=r"needs the package open_clip\. Install mirrorlake\[clip\]"):
        check_model("clip:a", tmp_path)
    assert clip_folder.PREFIX == "clip:"
