"""The process that embeds pictures, from the side of its owner: a picture that ends it fails alone."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from mirrorlake.core.asked_process import AskedProcess
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.worker import Request

_WORKER = "mirrorlake.embedding.worker"
# The configuration of a model may name others of the hub: a process that decodes pictures fetches nothing.
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1"}
ANSWER_S = 300.0  # for a batch, and to load the model before the first one: minutes on a busy machine
_GREETING = msgspec.msgpack.encode(Request())  # answered once the model is loaded
_PARTS = 16  # of a batch that ended its process, which are tried one by one
_BATCHES = msgspec.msgpack.Decoder(list[Embedded | None])


class EmbeddingProcess(AskedProcess):
    """One process, started with the first batch and again after a crash. Used by one thread."""

    def __init__(
        self,
        model: str | None,
        models: Path | None = None,
        *,
        threads: int = 1,
        gpu: int = 0,
        answer_s: float = ANSWER_S,
        module: Sequence[str] = (_WORKER,),
        errors: IO[bytes] | None = None,
    ) -> None:
        """Without a model, only hashes are computed. Those of the CLIP family are in the folder `models`.

        Of several GPUs, it uses the one with the number `gpu`.

        `module` is run with its arguments, and its standard error goes to `errors`, or to that of this process.
        """
        words = [] if model is None else [model, str(models or ""), str(threads), str(gpu)]
        command = [sys.executable, "-P", "-m", *module, *words]
        super().__init__(command, what="embeds pictures", answer_s=answer_s, environment=_ENVIRONMENT, errors=errors)

    def embed(self, thumbnails: Sequence[bytes]) -> list[Embedded | None]:
        """What was found of each thumbnail; None for one that cannot be decoded, or that ended or stopped the process.

        Raises MirrorlakeError if the process cannot start.
        """
        answer = self._answer(Request(thumbnails=list(thumbnails)))
        if answer is not None:
            return answer
        if len(thumbnails) == 1:
            return [None]
        # Large batches in several steps: each picture alone would take as many requests.
        size = -(-len(thumbnails) // _PARTS)
        parts = [thumbnails[first : first + size] for first in range(0, len(thumbnails), size)]
        return [one for part in parts for one in self.embed(part)]

    def embed_strip(self, strip: bytes, frames: int) -> list[Embedded | None]:
        """What was found of each of the frames in a picture, which are beside each other. As `embed`."""
        return self._answer(Request(thumbnails=[strip], frames=frames)) or [None] * frames

    def embed_text(self, text: str) -> bytes | None:
        """The vector of a text; None if the process ended or stopped. Raises as `embed`."""
        answer = self._answer(Request(texts=[text]))
        return None if answer is None or answer[0] is None else answer[0].vector

    def _answer(self, request: Request) -> list[Embedded | None] | None:
        if not self.answered:
            self.ask(_GREETING)  # so that a picture that ends it is not taken for a process that cannot start
        body = self.ask(msgspec.msgpack.encode(request))
        if body is None:
            return None
        with suppress(msgspec.MsgspecError):
            found = _BATCHES.decode(body)
            if len(found) == (len(request.texts) or len(request.thumbnails) * request.frames):
                return found
        self.close()  # a picture took it over: the next one gets another process
        return None


@contextmanager
def open_process(
    model: str | None, models: Path | None = None, *, threads: int = 1, gpu: int = 0
) -> Generator[EmbeddingProcess]:
    """The process, ended at the end."""
    process = EmbeddingProcess(model, models, threads=threads, gpu=gpu)
    try:
        yield process
    finally:
        process.close()
