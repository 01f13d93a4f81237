"""A Ray actor that embeds pictures, in a limited process of its own. It travels as code, see `ray_task`."""

from __future__ import annotations

from typing import Any

from mirrorlake.engine.ray_task import different


class EmbeddingActor:
    """Answers messages of `embedding.worker`."""

    def __init__(self, expected: dict[str, str | None], model: str | None, models: str, threads: int) -> None:
        self._expected = expected
        self._model, self._models, self._threads = model, models, threads
        self._process: Any = None  # a NodeEmbedding, started with the first message

    def ready(self) -> None:
        """Answered once the actor has a place on a node."""

    def answer(self, message: bytes) -> tuple[str, bytes]:
        """Why this node cannot embed, or an empty text and the answer."""
        fatal = different(self._expected)
        if fatal is not None:
            return fatal["message"], b""
        from mirrorlake.engine.node_embedding import NodeEmbedding  # noqa: PLC0415  see `ray_task`

        if self._process is None:
            self._process = NodeEmbedding(self._model, self._models, self._threads)
        return self._process.answer(message)
