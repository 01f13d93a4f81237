"""Embed a batch of thumbnails in parts: while the network computes one, the next one is decoded and prepared."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from mirrorlake.embedding.base import Embedder, Picture
from mirrorlake.formats.picture_hash import picture_hash

MAX_PIXELS = 4_000_000  # of a thumbnail: more is none of ours


class Embedded(msgspec.Struct, frozen=True, array_like=True):
    """What was found of one picture or text: the hash of a picture, and the vector as bytes if there is a model."""

    hash: int | None
    vector: bytes | None


@dataclass(frozen=True, slots=True)
class _Part:
    """Some pictures, ready for the network."""

    hashes: Sequence[int | None]
    decoded: Sequence[bool]
    prepared: Any  # as the model takes the decoded ones; None without any, or without a model


class BatchEmbedder:
    """Embeds batches with a model, or computes hashes alone. With several threads, pictures are prepared ahead."""

    def __init__(self, embedder: Embedder | None, threads: int = 1) -> None:
        self._embedder = embedder
        # One thread more: it waits for the others, and puts together what they decoded.
        self._decoding = ThreadPoolExecutor(threads, thread_name_prefix="decoding") if threads > 1 else None
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="ahead") if threads > 1 else None

    def embed(self, thumbnails: Sequence[bytes], frames: int = 1) -> list[Embedded | None]:
        """What is found of each picture, or of each frame of it; None for one that cannot be decoded."""
        return [one for part in self._parts(thumbnails, frames) for one in self._embed(part)]

    def _parts(self, thumbnails: Sequence[bytes], frames: int) -> Generator[_Part]:
        size = len(thumbnails) if self._embedder is None else max(1, self._embedder.together // frames)
        batches = [thumbnails[first : first + size] for first in range(0, len(thumbnails), size or 1)]
        if self._ahead is None:
            for batch in batches:
                yield self._prepare(batch, frames)
            return
        waiting: Future[_Part] | None = None
        for batch in batches:
            ready, waiting = waiting, self._ahead.submit(self._prepare, batch, frames)
            if ready is not None:
                yield ready.result()
        if waiting is not None:
            yield waiting.result()

    def _prepare(self, thumbnails: Sequence[bytes], frames: int) -> _Part:
        def read(thumbnail: bytes) -> list[tuple[Picture | None, int | None]]:
            pictures = _split(decode(thumbnail), frames)
            return [(one, None if one is None else picture_hash(one)) for one in pictures]

        found = map(read, thumbnails) if self._decoding is None else self._decoding.map(read, thumbnails)
        read_pictures = [one for some in found for one in some]
        pictures = [picture for picture, _ in read_pictures if picture is not None]
        prepared = self._embedder.prepare(pictures) if self._embedder is not None and pictures else None
        decoded = [picture is not None for picture, _ in read_pictures]
        return _Part([number for _, number in read_pictures], decoded, prepared)

    def _embed(self, part: _Part) -> list[Embedded | None]:
        computed = self._embedder is not None and part.prepared is not None
        vectors = iter(self._embedder.embed_prepared(part.prepared) if self._embedder is not None and computed else ())
        return [
            Embedded(number, next(vectors).tobytes() if computed else None) if decoded else None
            for number, decoded in zip(part.hashes, part.decoded, strict=True)
        ]


def decode(thumbnail: bytes) -> Picture | None:
    """The pixels of a WebP, on white; None if it cannot be decoded."""
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


def _split(picture: Picture | None, frames: int) -> list[Picture | None]:
    """The frames that are beside each other in a picture."""
    if picture is None or picture.shape[1] % frames:
        return [None] * frames
    return [np.ascontiguousarray(frame) for frame in np.split(picture, frames, axis=1)]
