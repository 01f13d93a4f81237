"""The contract of a model: pictures and texts become vectors in one space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mirrorlake.core.errors import UsageError

Vectors = NDArray[np.float32]  # (number, dimensions), each of length 1 or less; similarity is the inner product
Picture = NDArray[np.uint8]  # (height, width, 3), sRGB, upright


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What identifies the vectors of a model, and how similar they must be to be related."""

    name: str  # with what decides the vectors: those of models with other names are never compared
    dimensions: int
    picture_cutoff: float  # similarity of two pictures: below it, they have nothing in common
    text_cutoff: float  # of a text and a picture


class TextEmbedder(Protocol):
    """The part of a model that embeds texts."""

    @property
    def facts(self) -> ModelFacts:
        """The facts of the model."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts, to be compared with those of pictures."""
        ...


class Embedder(TextEmbedder, Protocol):
    """A loaded model. Opening it may take seconds. Used by one thread of a worker process, but for `prepare`."""

    @property
    def together(self) -> int:
        """The pictures that the network computes at once. More of them are given in parts."""
        ...

    def prepare(self, pictures: Sequence[Picture]) -> Any:
        """Pictures of any sizes as the network takes them. Called for some while others are embedded."""
        ...

    def embed_prepared(self, prepared: Any) -> Vectors:
        """The vectors of pictures from `prepare`, in their order."""
        ...

    def embed_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """The vectors of pictures of any sizes, in their order."""
        ...


class ModelUnavailable(UsageError):
    """The model cannot be used: a package is not installed, or there is no such model."""


def normalised(vectors: NDArray[np.floating]) -> Vectors:
    """The vectors with length 1; a vector without a direction stays 0."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
