"""Embedding pictures: `lite` beside its bare ONNX loop, and a model of the CLIP family beside its bare network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import skimage
from PIL import Image

from benchmarks.measure import median
from benchmarks.tables import Table, number
from mirrorlake.core.settings import read_settings
from mirrorlake.embedding.base import Picture
from mirrorlake.embedding.clip_folder import provide
from mirrorlake.embedding.efficientnet import CLASS_OUTPUT, FEATURE_OUTPUT, PICTURES
from mirrorlake.embedding.lite import LiteEmbedder, prepare
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.embedding.registry import LITE, work_of
from mirrorlake.processing.prestart import cores

PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")
LOOKED_AT = 256  # pictures of each measurement


def lite(rounds: int) -> list[Table]:
    """One thread each: the network alone, the model, and the process that also decodes thumbnails."""
    files, pictures = _thumbnails(), _pictures()
    model, batch = LiteEmbedder(), work_of(LITE, 1).batch
    outputs = [FEATURE_OUTPUT, CLASS_OUTPUT]
    ready = [prepare(some) for some in _batches(pictures, batch)]
    process = EmbeddingProcess(LITE)
    process.embed(files[:1])
    session: Any = model.session
    rows = _rows(
        rounds,
        {
            "bare ONNX loop: the network on prepared tensors": lambda: [
                session.run(outputs, {PICTURES: one}) for one in ready
            ],
            "`lite`: with preparing, classes and look": lambda: [
                model.embed_pictures(some) for some in _batches(pictures, batch)
            ],
            "the process of a worker: also WebP, hash, transfer": lambda: [
                process.embed(some) for some in _batches(files, batch)
            ],
        },
    )
    process.close()
    return [
        Table(title="Embedding with `lite`", head=_HEAD, rows=rows, notes=["One thread, photographs of 320 pixels."])
    ]


def clip(name: str, rounds: int) -> list[Table]:
    """A model in the folder of models, or of the hub, on the GPU where there is one."""
    from mirrorlake.embedding.clip import ClipEmbedder, torch  # noqa: PLC0415  loads PyTorch, an extra

    files, pictures = _thumbnails(), _pictures()
    models = read_settings().models
    work = work_of(name, cores())
    model = ClipEmbedder(provide(models, name), name, cores())
    ready = [model.prepare(some) for some in _batches(pictures, work.batch)]
    process = EmbeddingProcess(name, models, threads=cores())
    process.embed(files[:1])
    rows = _rows(
        rounds,
        {
            "bare network on prepared tensors": lambda: [model.embed_prepared(one) for one in ready],
            f"`{name}`: with preparing": lambda: [
                model.embed_pictures(some) for some in _batches(pictures, work.batch)
            ],
            "the process of a worker: also WebP, hash, transfer": lambda: [
                process.embed(some) for some in _batches(files, work.batch)
            ],
        },
    )
    process.close()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{cores()} cores, no GPU"
    notes = [f"{device}; batches of {work.batch}. A job runs {work.processes} such processes."]
    return [Table(title=f"Embedding with `{name}`", head=_HEAD, rows=rows, notes=notes)]


_HEAD = ("", "pictures/s", "time of the first row")


def _rows(rounds: int, loops: dict[str, Callable[[], object]]) -> list[tuple[str, ...]]:
    """Each loop once in every round, so that other load meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(rounds + 1):
        for name, loop in loops.items():
            started = time.perf_counter()
            loop()
            if turn:  # the first one warms caches
                times[name].append(time.perf_counter() - started)
    found = {name: median(one) for name, one in times.items()}
    bare = next(iter(found.values()))
    return [(name, number(LOOKED_AT / one), f"{one / bare:.2f}") for name, one in found.items()]


def _thumbnails() -> list[bytes]:
    files: list[bytes] = []
    for name in PHOTOS:
        with Image.open(Path(skimage.__file__).parent / "data" / name) as picture:
            picture.thumbnail((320, 320))
            file = BytesIO()
            picture.convert("RGB").save(file, "WEBP", quality=78)
        files.append(file.getvalue())
    return [files[place % len(files)] for place in range(LOOKED_AT)]


def _pictures() -> list[Picture]:
    return [np.asarray(Image.open(BytesIO(one)).convert("RGB")) for one in _thumbnails()]


def _batches(items: Sequence[Any], size: int) -> list[Any]:
    return [items[first : first + size] for first in range(0, len(items), size)]
