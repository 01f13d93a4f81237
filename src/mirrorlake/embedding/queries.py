"""Embeds what searches look for: processes that are started by the first search, and ended when there are none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mirrorlake.core.errors import MirrorlakeError, TooBusy
from mirrorlake.embedding.base import Vectors
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.embedding.registry import LITE, model_of_vectors, open_texts

IDLE_S = 600.0  # after which a process without work is ended: it holds some 300 MB, or a large model
KEPT = 3  # processes: workspaces may have different models, which take seconds to load
ROOM_S = 60.0  # that a search waits for others, the first of which loads the model
MAX_WAITING = 8  # searches, one of which is embedded; each holds a thread of the server, and a picture
SEARCH_THREADS = 4  # of a model of the CLIP family without a GPU
ANSWER_S = 120.0  # for one picture, and to load the model before the first one


class QueryEmbedder:
    """Embeds pictures and texts of searches, one at a time. Thread-safe."""

    def __init__(
        self,
        models: Path | None = None,
        *,
        idle_s: float = IDLE_S,
        room_s: float = ROOM_S,
        waiting: int = MAX_WAITING,
        kept: int = KEPT,
        start: Callable[[str], EmbeddingProcess] | None = None,
    ) -> None:
        """Models of the CLIP family are in the folder `models`."""
        self._models = models
        self._idle_s = idle_s
        self._room_s = room_s
        self._room = threading.BoundedSemaphore(waiting)
        self._kept = kept
        self._start = start or self._start_process
        self._lock = threading.Lock()  # guards what follows, and a process while it works
        self._processes = dict[str, tuple[EmbeddingProcess, float]]()  # by model, with the time of its last search
        self._timer: threading.Timer | None = None

    def picture(self, vectors: str, thumbnail: bytes) -> Vectors | None:
        """The vector of a thumbnail, like those with this name; None if it cannot be decoded.

        Raises ModelUnavailable, TooBusy, and what the process raises.
        """
        with self._turn(model_of_vectors(vectors, self._models)) as process:
            (found,) = process.embed([thumbnail])
        return None if found is None or found.vector is None else np.frombuffer(found.vector, np.float32)

    def text(self, vectors: str, text: str) -> Vectors:
        """The vector of a text, like those with this name. `lite` needs no process for it. Raises as `picture`."""
        model = model_of_vectors(vectors, self._models)
        if model == LITE:
            return open_texts(model).embed_texts([text])[0]
        with self._turn(model) as process:
            found = process.embed_text(text)
        if found is None:
            raise MirrorlakeError(f"The process that embeds texts with {model} ended.", "Search again.")
        return np.frombuffer(found, np.float32)

    def close(self) -> None:
        """End the processes, as soon as they have answered."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            for model in list(self._processes):
                self._end(model)

    def _start_process(self, model: str) -> EmbeddingProcess:
        return EmbeddingProcess(model, self._models, threads=1 if model == LITE else SEARCH_THREADS, answer_s=ANSWER_S)

    @contextmanager
    def _turn(self, model: str) -> Generator[EmbeddingProcess]:
        if not self._room.acquire(blocking=False):
            raise TooBusy("Other searches wait for the process that embeds them.", "Try again in a few seconds.")
        try:
            if not self._lock.acquire(timeout=self._room_s):
                what = f"Other searches kept the process that embeds them busy for {self._room_s:.0f} s."
                raise TooBusy(what, "Try again in a few seconds.")
            try:
                yield self._of(model)
                self._end_later(model)
            finally:
                self._lock.release()
        finally:
            self._room.release()

    def _of(self, model: str) -> EmbeddingProcess:
        if model not in self._processes:
            if len(self._processes) == self._kept:
                self._end(min(self._processes, key=lambda other: self._processes[other][1]))
            self._processes[model] = (self._start(model), time.monotonic())
        return self._processes[model][0]

    def _end(self, model: str) -> None:
        self._processes.pop(model)[0].close()

    def _end_later(self, model: str) -> None:
        now = time.monotonic()
        self._processes[model] = (self._processes[model][0], now)
        for other in [other for other, (_, used) in self._processes.items() if now - used > self._idle_s]:
            self._end(other)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_s, self.close)
        self._timer.daemon = True
        self._timer.start()
