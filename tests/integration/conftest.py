"""Twelve pictures that were mirrored once. A file that needs others has fixtures of its own with these names."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.passes import TWELVE, Mirrored, put_all

from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put_all(store, TWELVE)
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    return mirrored
