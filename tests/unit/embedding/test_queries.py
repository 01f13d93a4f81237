"""The process that embeds pictures of searches: kept while it is used, one search at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from mirrorlake.core.errors import TooBusy
from mirrorlake.embedding import queries
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.embedding.queries import QueryEmbedder


class _Process(EmbeddingProcess):
    """Answers as a process does, once it may."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.may, self.entered, self.closed = threading.Event(), threading.Event(), threading.Event()
        self.may.set()

    def embed(self, thumbnails: Sequence[bytes]) -> list[Embedded | None]:
        self.entered.set()
        assert self.may.wait(60)
        vector = np.array([len(self.model)], np.float32).tobytes()
        return [Embedded(1, vector) if one else None for one in thumbnails]

    def close(self) -> None:
        self.closed.set()


@pytest.fixture(autouse=True)
def _every_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any name is that of a model."""
    monkeypatch.setattr(queries, "model_of_vectors", lambda name, _models: name.rpartition("-")[0])


def test_a_process_is_kept_for_its_model_until_it_is_idle():
    started: list[_Process] = []

    def start(model: str) -> EmbeddingProcess:
        started.append(_Process(model))
        return started[-1]

    embedder = QueryEmbedder(idle_s=3600, start=start)
    assert embedder.picture("lite-1", b"x") == pytest.approx([4])
    assert embedder.picture("lite-1", b"") is None
    assert embedder.picture("other-1", b"x") == pytest.approx([5])
    assert embedder.picture("lite-1", b"x") == pytest.approx([4])
    assert [one.model for one in started] == ["lite", "other"]
    assert [one.closed.is_set() for one in started] == [False, False]
    embedder._idle_s = 0.0
    embedder.picture("other-1", b"x")
    assert started[0].closed.is_set()
    assert started[1].closed.wait(60)
    embedder.close()


def test_the_model_that_was_not_used_for_longest_makes_room():
    started: list[_Process] = []

    def start(model: str) -> EmbeddingProcess:
        started.append(_Process(model))
        return started[-1]

    embedder = QueryEmbedder(kept=2, start=start)
    for name in ("a-1", "b-1", "a-1", "c-1", "a-1"):
        embedder.picture(name, b"x")
    assert [(one.model, one.closed.is_set()) for one in started] == [("a", False), ("b", True), ("c", False)]
    embedder.close()
    assert all(one.closed.is_set() for one in started)


def test_a_search_does_not_wait_forever_for_another_one():
    process = _Process("lite")
    process.may.clear()
    embedder = QueryEmbedder(room_s=0.0, start=lambda _model: process)
    first = threading.Thread(target=embedder.picture, args=("lite-1", b"x"))
    first.start()
    assert process.entered.wait(60)
    with pytest.raises(TooBusy, match="kept the process"):
        embedder.picture("lite-1", b"y")
    full = QueryEmbedder(waiting=1, start=lambda _model: process)
    second = threading.Thread(target=full.picture, args=("lite-1", b"x"))
    process.entered.clear()
    second.start()
    assert process.entered.wait(60)
    with pytest.raises(TooBusy, match="Other searches wait"):
        full.picture("lite-1", b"y")
    process.may.set()
    first.join(60)
    second.join(60)
    embedder.close()
    full.close()
