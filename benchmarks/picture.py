"""The cost of processing one photograph, step by step, and of the same WebP with another encoder.

`python -m benchmarks.picture` runs in a process of its own, with libvips' threads set as in a worker.
"""

from __future__ import annotations

import os

os.environ.setdefault("VIPS_CONCURRENCY", "1")  # read by libvips when it is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar

import blake3
import pyvips

from benchmarks.measure import median, python, run
from benchmarks.place import photo_objects
from benchmarks.tables import Table, number
from mirrorlake.formats import sides, thumbnail
from mirrorlake.formats.colour import to_array
from mirrorlake.formats.jpeg import CODEC
from mirrorlake.processing.process import process_bytes

T = TypeVar("T")

PHOTOGRAPHS = 250
_MS = 1000.0


def step_by_step(rounds: int) -> Table:
    """Medians of `rounds` fresh processes."""
    measured = [run(python("benchmarks.picture")).document() for _ in range(rounds)]
    same = {int(one.pop("same")) for one in measured}
    names = list(measured[0])
    return Table(
        title=f"Processing one photograph, mean of {PHOTOGRAPHS}",
        head=("", "CPU ms"),
        rows=[(name, number(median([one[name] for one in measured]))) for name in names],
        notes=[f"Thumbnails of which both encoders wrote the same bytes: {min(same)} of {PHOTOGRAPHS}."],
    )


def main() -> None:
    """Measure once and print one JSON line."""
    photographs = [body for _, body in islice(photo_objects(), PHOTOGRAPHS)]
    small = [_pixels(body) for body in photographs]
    measured = {
        "all of it, as a worker does": _each(lambda body: process_bytes(body, "a.jpg"), photographs),
        "header and camera facts": _each(CODEC.probe, photographs),
        "digest": _each(lambda body: blake3.blake3(body).digest(), photographs),
        "decode and shrink by libvips": _each(_pixels, photographs),
        "WebP by libvips": _each(_by_libvips, small),
        "WebP by Pillow": _each(thumbnail.encode_webp, [to_array(pixels) for pixels in small]),
    }
    same = sum(_by_libvips(pixels) == thumbnail.encode_webp(to_array(pixels)) for pixels in small)
    print(json.dumps({**measured, "same": same}))


def _pixels(body: bytes) -> pyvips.Image:
    side = sides.THUMBNAIL_SIDE
    return pyvips.Image.thumbnail_buffer(body, side, height=side, size="down").colourspace("srgb").copy_memory()


def _by_libvips(pixels: pyvips.Image) -> bytes:
    return pixels.webpsave_buffer(Q=thumbnail.THUMBNAIL_QUALITY, effort=thumbnail.THUMBNAIL_EFFORT, keep="none")


def _each(step: Callable[[T], object], things: Sequence[T]) -> float:
    """CPU milliseconds for one of them, all threads counted."""
    started = time.process_time()
    for thing in things:
        step(thing)
    return (time.process_time() - started) / len(things) * _MS


if __name__ == "__main__":
    main()
