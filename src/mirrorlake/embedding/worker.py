"""A process that decodes thumbnails and embeds them, and texts: `worker [MODEL FOLDER_OF_MODELS THREADS [GPU]]`.

It reads batches from standard input and answers on standard output, each a length and a message. The bytes of pictures
are decoded here only, so that a damaged or hostile one can end nothing but this process.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import msgspec

from mirrorlake.core.cpu_limit import limit_cpu
from mirrorlake.core.messages import read_message, write_message
from mirrorlake.embedding.base import Embedder
from mirrorlake.embedding.batches import BatchEmbedder, Embedded
from mirrorlake.embedding.registry import LITE, open_embedder

CPU_S = 600.0  # of a processor for each thread and batch: twice as long as its owner waits
MEMORY_BYTES = 8 << 30  # of address space: the network, its runtime and one batch take less than one


class Request(msgspec.Struct, frozen=True, array_like=True):
    """What is embedded: thumbnails, or texts."""

    thumbnails: list[bytes] = []
    texts: list[str] = []
    frames: int = 1  # beside each other in each thumbnail: each has a vector


def main() -> None:
    """Answer batches until standard input ends."""
    name, models, threads, *gpu = sys.argv[1:] or (None, "", "1")
    if name is None or name == LITE:  # PyTorch reserves more than it uses, for a GPU more than there is
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    number = int(gpu[0]) if gpu else 0
    embedder = None if name is None else open_embedder(name, Path(models), threads=int(threads), gpu=number)
    batches = BatchEmbedder(embedder, int(threads))
    while (message := read_message(sys.stdin.buffer)) is not None:
        limit_cpu(CPU_S * int(threads))
        request = msgspec.msgpack.decode(message, type=Request)
        answer = embed_texts(request, embedder) if request.texts else batches.embed(request.thumbnails, request.frames)
        write_message(answers, msgspec.msgpack.encode(answer))


def embed_texts(request: Request, embedder: Embedder | None) -> list[Embedded | None]:
    """The vectors of texts."""
    if embedder is None:
        return [None] * len(request.texts)
    return [Embedded(None, vector.tobytes()) for vector in embedder.embed_texts(request.texts)]


if __name__ == "__main__":
    main()
