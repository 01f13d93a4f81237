"""The models by the names that users choose."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mirrorlake.embedding.base import Embedder, ModelFacts, ModelUnavailable, TextEmbedder

LITE: Final = "lite"
MODELS: Final = (LITE,)


def open_embedder(name: str, *, threads: int = 1) -> Embedder:
    """Load a model. Raises ModelUnavailable."""
    check_model(name)
    try:
        from mirrorlake.embedding.lite import LiteEmbedder  # noqa: PLC0415  loads what runs the network
    except ModuleNotFoundError as error:
        raise _missing(name, error) from error
    return LiteEmbedder(threads)


@lru_cache(maxsize=2)
def open_texts(name: str) -> TextEmbedder:
    """The part of a model that embeds texts, which decodes no pictures. Raises ModelUnavailable."""
    check_model(name)
    try:
        from mirrorlake.embedding.lite_words import LiteWords  # noqa: PLC0415  loads its vectors of words
    except ModuleNotFoundError as error:
        raise _missing(name, error) from error
    return LiteWords()


def facts_of(name: str) -> ModelFacts:
    """The facts of a model. Raises ModelUnavailable if it cannot be loaded here."""
    return open_texts(name).facts


def model_of_vectors(name: str) -> str:
    """The model that made vectors with this name, as users call it: `lite` of `lite-1`.

    Raises ModelUnavailable if the one that is installed makes vectors of another kind.
    """
    model = name.rpartition("-")[0]
    installed = facts_of(model).name
    if installed != name:
        raise ModelUnavailable(
            f"Pictures are embedded with {name}, and {installed} is installed.",
            "A worker embeds them again; until then, like-image: alone works. Queue it: mirrorlake likeness update.",
        )
    return model


def check_model(name: str) -> None:
    """Raise ModelUnavailable for a name that no model has."""
    if name not in MODELS:
        raise ModelUnavailable(f"There is no model {name}.", f"Models are {', '.join(MODELS)}.")


def _missing(name: str, error: ModuleNotFoundError) -> ModelUnavailable:
    return ModelUnavailable(f"The model {name} needs the package {error.name}.", "Install mirrorlake[likeness].")
