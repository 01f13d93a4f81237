"""The model `lite` keeps the contract of embedders. Those of the CLIP family do so in `tests/clip`."""

from __future__ import annotations

import pytest
from tests.support.embedder_contract import EmbedderContract

from mirrorlake.embedding.base import Embedder
from mirrorlake.embedding.registry import open_embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("lite")


class TestLite(EmbedderContract):
    """All of it."""
