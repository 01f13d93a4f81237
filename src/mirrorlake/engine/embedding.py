"""Embed pictures on a Ray cluster: the side of the job, with the interface of a process of this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.embedding.worker import Request
from mirrorlake.engine.embedding_driver import REASON

CLUSTER_PICTURES = 2048  # that are sent together and divided among the actors
ANSWER_S = 900.0  # for as many, and to load the model on every node before
_MODULE = "mirrorlake.engine.embedding_driver"
_STDERR_BYTES = 1000


class ClusterEmbedding(EmbeddingProcess):
    """A process that is connected to a cluster, where actors embed. Pictures of one request are divided among them."""

    def __init__(self, address: str, model: str | None, models: Path, errors: IO[bytes], jobs: int | None) -> None:
        module = (_MODULE, address, str(jobs or 0))
        super().__init__(model, models, answer_s=ANSWER_S, module=module, errors=errors)
        self._address = address
        self._read_errors = errors

    def embed(self, thumbnails: Sequence[bytes]) -> list[Embedded | None]:
        """As that of a process. Raises MirrorlakeError if the cluster cannot be used or is lost."""
        answer = self._answer(Request(thumbnails=list(thumbnails)))
        if answer is None:
            raise self._cannot_start("was lost")
        return answer

    def embed_strip(self, strip: bytes, frames: int) -> list[Embedded | None]:
        """As that of a process. Raises as `embed`."""
        answer = self._answer(Request(thumbnails=[strip], frames=frames))
        if answer is None:
            raise self._cannot_start("was lost")
        return answer

    def _cannot_start(self, how: str) -> MirrorlakeError:
        size = self._read_errors.seek(0, 2)
        self._read_errors.seek(max(0, size - _STDERR_BYTES))
        lines = self._read_errors.read().decode("utf-8", "replace").strip().splitlines()
        known = [line.removeprefix(REASON) for line in lines if line.startswith(REASON)]
        last = f" ({lines[-1]})" if lines else ""
        reason = known[-1] if known else f"The process that is connected to it {how}{last}."
        return MirrorlakeError(
            f"Pictures cannot be embedded on the Ray cluster at {self._address}. {reason}",
            "What was embedded is kept. Check `ray status` on its first node, then run it again.",
        )


@contextmanager
def open_cluster(address: str, model: str | None, models: Path, jobs: int | None = None) -> Generator[ClusterEmbedding]:
    """The connection to a cluster, which is ended with its actors at the end. They have at most `jobs` threads."""
    with tempfile.TemporaryFile() as errors:
        process = ClusterEmbedding(address, model, models, errors, jobs)
        try:
            yield process
        finally:
            process.close()
