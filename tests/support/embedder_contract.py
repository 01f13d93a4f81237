"""The laws of every `Embedder`. A test file of a model inherits them, and has the fixture `embedder`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mirrorlake.embedding.base import Embedder, Picture

ALIKE = 1e-4  # the last bits depend on the other pictures of a batch
ALIKE_ON_GPU = 2e-2  # in bfloat16


def some_pictures() -> list[Picture]:
    """Of several sizes and shapes, one of a single pixel."""
    dice = np.random.default_rng(1)
    sides = [(40, 60), (320, 320), (10, 320), (320, 11), (1, 1)]
    return [dice.integers(0, 255, (height, width, 3), dtype=np.uint8) for height, width in sides]


class EmbedderContract:
    """What a model promises to the process that runs it."""

    alike = ALIKE

    def test_facts_name_the_vectors_and_say_what_is_related(self, embedder: Embedder):
        model, _, version = embedder.facts.name.rpartition("-")
        assert model
        assert version
        assert 0 <= embedder.facts.text_cutoff < 1
        assert 0 <= embedder.facts.picture_cutoff < 1
        assert embedder.together >= 1

    def test_each_picture_of_any_size_has_a_vector_of_length_one(self, embedder: Embedder):
        pictures = some_pictures()
        vectors = embedder.embed_pictures(pictures)
        assert vectors.shape == (len(pictures), embedder.facts.dimensions)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)

    def test_a_picture_has_the_same_vector_alone_and_among_others(self, embedder: Embedder):
        pictures = some_pictures()
        together = embedder.embed_pictures(pictures)
        alone = np.concatenate([embedder.embed_pictures([one]) for one in pictures])
        assert together == pytest.approx(alone, abs=self.alike)
        assert embedder.embed_pictures(pictures[::-1]) == pytest.approx(together[::-1], abs=self.alike)

    def test_pictures_are_prepared_in_another_thread_while_others_are_embedded(self, embedder: Embedder):
        pictures = some_pictures()
        expected = embedder.embed_pictures(pictures)
        with ThreadPoolExecutor(1) as ahead:
            prepared = embedder.prepare(pictures)
            for _ in range(3):
                following = ahead.submit(embedder.prepare, pictures)
                assert embedder.embed_prepared(prepared) == pytest.approx(expected, abs=self.alike)
                prepared = following.result()

    def test_texts_have_vectors_in_the_same_space(self, embedder: Embedder):
        texts = ["a red truck", "a cat", "", "word " * 5000, "ein Lkw 🚚"]
        vectors = embedder.embed_texts(texts)
        assert vectors.shape == (len(texts), embedder.facts.dimensions)
        assert np.isfinite(vectors).all()
        assert np.linalg.norm(vectors, axis=1).max() <= 1 + 1e-3
        assert embedder.embed_texts(texts[1:2])[0] == pytest.approx(vectors[1], abs=self.alike)
