"""The process that embeds pictures, from the side of its owner: a picture that ends it fails alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.time_limit import time_limit
from mirrorlake.embedding.worker import Embedded, Request, read_message, write_message

_END_S = 5.0
# The configuration of a model may name others of the hub: a process that decodes pictures fetches nothing.
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1"}
ANSWER_S = 300.0  # for a batch, and to load the model before the first one: minutes on a busy machine
_BATCHES = msgspec.msgpack.Decoder(list[Embedded | None])


class EmbeddingProcess:
    """One process, started with the first batch and again after a crash. Used by one thread."""

    def __init__(
        self, model: str | None, models: Path | None = None, *, threads: int = 1, answer_s: float = ANSWER_S
    ) -> None:
        """Without a model, only hashes are computed. Those of the CLIP family are in the folder `models`."""
        self._answer_s = answer_s
        words = [] if model is None else [model, str(models or ""), str(threads)]
        self._command = [sys.executable, "-P", "-m", "mirrorlake.embedding.worker", *words]
        self._process: subprocess.Popen[bytes] | None = None
        self._answered = False  # whether it ever did

    def embed(self, thumbnails: Sequence[bytes]) -> list[Embedded | None]:
        """What was found of each thumbnail; None for one that cannot be decoded, or that ended or stopped the process.

        Raises MirrorlakeError if the process cannot start.
        """
        answer = self._ask(Request(thumbnails=list(thumbnails)))
        if answer is not None:
            return answer
        if len(thumbnails) == 1:
            return [None]
        return [one for thumbnail in thumbnails for one in self.embed([thumbnail])]

    def embed_strip(self, strip: bytes, frames: int) -> list[Embedded | None]:
        """What was found of each of the frames in a picture, which are beside each other. As `embed`."""
        return self._ask(Request(thumbnails=[strip], frames=frames)) or [None] * frames

    def embed_text(self, text: str) -> bytes | None:
        """The vector of a text; None if the process ended or stopped. Raises as `embed`."""
        answer = self._ask(Request(texts=[text]))
        return None if answer is None or answer[0] is None else answer[0].vector

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def _ask(self, request: Request) -> list[Embedded | None] | None:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | _ENVIRONMENT,
                process_group=0,
            )
        process = self._process
        with time_limit(self._answer_s, process.kill) as expired:
            try:
                write_message(cast("BinaryIO", process.stdin), msgspec.msgpack.encode(request))
                body = read_message(cast("BinaryIO", process.stdout))
            except BrokenPipeError:
                body = None
        if body is not None and not expired.is_set():
            self._answered = True
            return _BATCHES.decode(body)
        self._process = None
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # of what it has not read
                    pipe.close()
        if not self._answered:
            how = f"gave no answer within {self._answer_s:.0f} s" if expired.is_set() else f"ended with code {code}"
            raise MirrorlakeError(
                f"The process that embeds pictures {how} before it could start.",
                "Run `mirrorlake doctor`; its standard error above has the reason.",
            )
        return None


@contextmanager
def open_process(model: str | None, models: Path | None = None, *, threads: int = 1) -> Generator[EmbeddingProcess]:
    """The process, ended at the end."""
    process = EmbeddingProcess(model, models, threads=threads)
    try:
        yield process
    finally:
        process.close()
