"""What an actor does on a node: answer requests by a process that decodes and embeds, as a job of this machine does."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.embedding.registry import ModelUnavailable, check_model
from mirrorlake.embedding.worker import Request


class NodeEmbedding:
    """A process with a model of this node."""

    def __init__(self, model: str | None, models: str, threads: int) -> None:
        self._model, self._models = model, Path(models)
        self._process = EmbeddingProcess(model, self._models, threads=threads)

    def answer(self, message: bytes) -> tuple[str, bytes]:
        """Why nothing can be embedded here, or an empty text and the answer."""
        request = msgspec.msgpack.decode(message, type=Request)
        try:
            if self._model is not None:
                check_model(self._model, self._models)
            found = self._embed(request)
        except ModelUnavailable as error:
            return f"The node {socket.gethostname()} lacks the model: {error}", b""
        except MirrorlakeError as error:
            return f"The node {socket.gethostname()} cannot embed: {error.message}", b""
        return "", msgspec.msgpack.encode(found)

    def _embed(self, request: Request) -> list[Embedded | None]:
        if request.frames == 1:
            return self._process.embed(request.thumbnails)
        return [one for strip in request.thumbnails for one in self._process.embed_strip(strip, request.frames)]
