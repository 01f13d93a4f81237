"""A process that decodes thumbnails and embeds them, and texts: `worker [MODEL FOLDER_OF_MODELS THREADS]`.

It reads batches from standard input and answers on standard output, each a length and a message. The bytes of pictures
are decoded here only, so that a damaged or hostile one can end nothing but this process.
"""

from __future__ import annotations

import os
import resource
import sys
from io import BytesIO
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from mirrorlake.core.cpu_limit import limit_cpu
from mirrorlake.core.messages import read_message, write_message
from mirrorlake.embedding.base import Embedder, Picture
from mirrorlake.embedding.registry import LITE, open_embedder
from mirrorlake.formats.picture_hash import picture_hash

CPU_S = 600.0  # of a processor for each thread and batch: twice as long as its owner waits
MEMORY_BYTES = 8 << 30  # of address space: the network, its runtime and one batch take less than one
MAX_PIXELS = 4_000_000  # of a thumbnail: more is none of ours


class Request(msgspec.Struct, frozen=True, array_like=True):
    """What is embedded: thumbnails, or texts."""

    thumbnails: list[bytes] = []
    texts: list[str] = []
    frames: int = 1  # beside each other in each thumbnail: each has a vector


class Embedded(msgspec.Struct, frozen=True, array_like=True):
    """What was found of one picture or text: the hash of a picture, and the vector as bytes if there is a model."""

    hash: int | None
    vector: bytes | None


def main() -> None:
    """Answer batches until standard input ends."""
    name, models, threads = sys.argv[1:] or (None, "", "1")
    if name is None or name == LITE:  # PyTorch reserves more than it uses, for a GPU more than there is
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    embedder = None if name is None else open_embedder(name, Path(models), threads=int(threads))
    while (message := read_message(sys.stdin.buffer)) is not None:
        limit_cpu(CPU_S * int(threads))
        request = msgspec.msgpack.decode(message, type=Request)
        answer = (
            embed_texts(request, embedder)
            if request.texts
            else embed_batch(request.thumbnails, embedder, request.frames)
        )
        write_message(answers, msgspec.msgpack.encode(answer))


def embed_texts(request: Request, embedder: Embedder | None) -> list[Embedded | None]:
    """The vectors of texts."""
    if embedder is None:
        return [None] * len(request.texts)
    return [Embedded(None, vector.tobytes()) for vector in embedder.embed_texts(request.texts)]


def embed_batch(thumbnails: list[bytes], embedder: Embedder | None, frames: int = 1) -> list[Embedded | None]:
    """What is found of each picture, or of each frame of it; None for one that cannot be decoded."""
    decoded = [frame for one in thumbnails for frame in _split(_decode(one), frames)]
    pictures = [one for one in decoded if one is not None]
    vectors = iter([] if embedder is None or not pictures else embedder.embed_pictures(pictures))
    return [
        None if one is None else Embedded(picture_hash(one), None if embedder is None else next(vectors).tobytes())
        for one in decoded
    ]


def _split(picture: Picture | None, frames: int) -> list[Picture | None]:
    """The frames that are beside each other in a picture."""
    if picture is None or picture.shape[1] % frames:
        return [None] * frames
    return [np.ascontiguousarray(frame) for frame in np.split(picture, frames, axis=1)]


def _decode(thumbnail: bytes) -> Picture | None:
    """The pixels of a WebP, on white."""
    try:
        with Image.open(BytesIO(thumbnail), formats=["WEBP"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            if picture.mode == "RGB":
                return np.asarray(picture)
            white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            white.alpha_composite(picture.convert("RGBA"))
            return np.asarray(white.convert("RGB"))
    except (OSError, ValueError, SyntaxError):
        return None


if __name__ == "__main__":
    main()
