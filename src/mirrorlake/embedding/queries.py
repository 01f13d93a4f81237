"""Embeds what searches look for: a process that is started by the first search, and ended when there are none."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mirrorlake.core.errors import TooBusy
from mirrorlake.embedding.process import EmbeddingProcess

IDLE_S = 600.0  # after which a process without work is ended: it holds some 300 MB
ROOM_S = 60.0  # that a search waits for others, the first of which loads the model
ANSWER_S = 120.0  # for one picture, and to load the model before the first one


def _start_process(model: str) -> EmbeddingProcess:
    return EmbeddingProcess(model, answer_s=ANSWER_S)


class QueryEmbedder:
    """Embeds pictures of searches, one at a time. Thread-safe."""

    def __init__(
        self,
        *,
        idle_s: float = IDLE_S,
        room_s: float = ROOM_S,
        start: Callable[[str], EmbeddingProcess] = _start_process,
    ) -> None:
        self._idle_s = idle_s
        self._room_s = room_s
        self._start = start
        self._lock = threading.Lock()  # guards what follows, and the process while it works
        self._process: tuple[str, EmbeddingProcess] | None = None
        self._timer: threading.Timer | None = None

    def picture(self, model: str, thumbnail: bytes) -> NDArray[np.float32] | None:
        """The vector of a thumbnail; None if it cannot be decoded. Raises TooBusy, and what the process raises."""
        if not self._lock.acquire(timeout=self._room_s):
            what = f"Other searches kept the process that embeds pictures busy for {self._room_s:.0f} s."
            raise TooBusy(what, "Try again in a few seconds.")
        try:
            (found,) = self._of(model).embed([thumbnail])
            self._end_later()
        finally:
            self._lock.release()
        return None if found is None or found.vector is None else np.frombuffer(found.vector, np.float32)

    def close(self) -> None:
        """End the process, as soon as it has answered."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._process is not None:
                self._process[1].close()
                self._process = None

    def _of(self, model: str) -> EmbeddingProcess:
        if self._process is None or self._process[0] != model:
            if self._process is not None:
                self._process[1].close()
            self._process = (model, self._start(model))
        return self._process[1]

    def _end_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_s, self.close)
        self._timer.daemon = True
        self._timer.start()
