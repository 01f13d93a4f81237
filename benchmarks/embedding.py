"""Embedding pictures: `lite` beside its bare ONNX loop, and a model of the CLIP family beside its bare network."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import skimage
from PIL import Image

from benchmarks.embedding_job import job_seconds
from benchmarks.measure import median
from benchmarks.tables import Table, number
from mirrorlake.core.settings import read_settings
from mirrorlake.embedding.base import Picture
from mirrorlake.embedding.clip_folder import CONFIG, WEIGHTS, provide
from mirrorlake.embedding.efficientnet import CLASS_OUTPUT, FEATURE_OUTPUT, PICTURES
from mirrorlake.embedding.gpus import count_gpus
from mirrorlake.embedding.lite import LiteEmbedder, prepare
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.embedding.registry import LITE, work_of
from mirrorlake.processing.prestart import cores

PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")
LOOKED_AT = 256  # pictures of each measurement
IN_JOB = 2_000  # pictures of a whole job
IN_JOB_ON_GPU, IN_JOB_ON_CPU = 20_000, 512  # the same with a model of the CLIP family
LITE_GOAL = 1.30  # times the bare loop, at most
CLIP_GOAL = 0.80  # of the bare network's speed, at least, on a GPU
RANDOM = "random:"  # begins the name of an architecture of OpenCLIP whose weights are made up


def lite(rounds: int) -> list[Table]:
    """One thread each: the network alone, the model, the process that also decodes thumbnails, and the whole job."""
    files, pictures = _thumbnails(), _pictures()
    model, batch = LiteEmbedder(), work_of(LITE, 1).batch
    outputs = [FEATURE_OUTPUT, CLASS_OUTPUT]
    ready = [prepare(some) for some in _batches(pictures, batch)]
    process = EmbeddingProcess(LITE)
    process.embed(files[:1])
    session: Any = model.session
    found = _seconds(
        rounds,
        {
            "bare ONNX loop: the network on prepared tensors": lambda: [
                session.run(outputs, {PICTURES: one}) for one in ready
            ],
            "`lite`: with preparing, classes and look": lambda: [
                model.embed_pictures(some) for some in _batches(pictures, batch)
            ],
            _PROCESS: lambda: [process.embed(some) for some in _batches(files, batch)],
        },
    )
    process.close()
    found[_JOB] = job_seconds(files, IN_JOB, LITE, None, 1) / IN_JOB
    note = (
        f"One thread, photographs of 320 pixels; the job has {IN_JOB:,}. Goal of the process: at most {LITE_GOAL:.2f}"
        " times the first row."
    )
    return [Table(title="Embedding with `lite`", head=_HEAD, rows=_rows(found, 1 / LITE_GOAL), notes=[note])]


def clip(name: str, rounds: int) -> list[Table]:
    """A model in the folder of models, of the hub, or `random:ARCHITECTURE`, on the GPU where there is one."""
    if not name.startswith(RANDOM):
        return _clip(name, read_settings().models, rounds)
    with tempfile.TemporaryDirectory() as folder:
        return _clip(write_random_model(Path(folder), name.removeprefix(RANDOM)), Path(folder), rounds)


def _clip(name: str, models: Path, rounds: int) -> list[Table]:
    from mirrorlake.embedding.clip import ClipEmbedder, torch  # noqa: PLC0415  loads PyTorch, an extra

    files, pictures = _thumbnails(), _pictures()
    gpus = count_gpus(name)
    work = work_of(name, cores(), gpus=gpus)
    model = ClipEmbedder(provide(models, name), name, cores())
    ready = [model.prepare(some) for some in _batches(pictures, model.together)]
    process = EmbeddingProcess(name, models, threads=cores())
    process.embed(files[:1])
    found = _seconds(
        rounds,
        {
            "bare network on prepared tensors": lambda: [model.embed_prepared(one) for one in ready],
            f"`{name}`: with preparing": lambda: [
                model.embed_pictures(some) for some in _batches(pictures, model.together)
            ],
            _PROCESS: lambda: [process.embed(some) for some in _batches(files, work.batch)],
        },
    )
    process.close()
    in_job = IN_JOB_ON_GPU if gpus else IN_JOB_ON_CPU
    found[_JOB] = job_seconds(files, in_job, name, models, None) / in_job * max(1, gpus)
    device = torch.cuda.get_device_name() if gpus else f"{cores()} cores, no GPU"
    note = (
        f"{device}; {model.together} pictures at once, {work.batch:,} in a request. The job has {in_job:,} pictures and"
        f" {work.processes} such processes; with several GPUs, its row is for one of them. Goal of the process and the"
        f" job, on a GPU: at least {CLIP_GOAL:.2f} of the first row's speed."
    )
    goal = CLIP_GOAL if gpus else None
    return [Table(title=f"Embedding with `{name}`", head=_HEAD, rows=_rows(found, goal, job=True), notes=[note])]


def write_random_model(models: Path, architecture: str) -> str:
    """A model of OpenCLIP whose weights mean nothing, without the hub. Returns its name."""
    import open_clip  # noqa: PLC0415  an extra
    from safetensors.torch import save_file  # noqa: PLC0415  as above

    found: Any = open_clip
    config = found.get_model_config(architecture)
    if config is None:
        raise SystemExit(f"OpenCLIP has no architecture {architecture}. It has: {', '.join(found.list_models())}")
    folder = models / f"random-{architecture}"
    folder.mkdir()
    weights = found.create_model(architecture, load_weights=False).state_dict()
    save_file({key: value.contiguous().clone() for key, value in weights.items()}, folder / WEIGHTS)
    preparation = {"mean": [0.5] * 3, "std": [0.5] * 3}
    (folder / CONFIG).write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preparation}))
    return f"clip:{folder.name}"


_PROCESS = "the process of a worker: also WebP, hash, transfer"
_JOB = "the whole job: also packs and the catalog"
_HEAD = ("", "pictures/s", "time of the first row", "its speed", "goal met")


def _seconds(rounds: int, loops: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The seconds for a picture. Each loop once in every round, so that other load meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(rounds + 1):
        for name, loop in loops.items():
            started = time.perf_counter()
            loop()
            if turn:  # the first one warms caches
                times[name].append(time.perf_counter() - started)
    return {name: median(one) / LOOKED_AT for name, one in times.items()}


def _rows(found: dict[str, float], goal: float | None, *, job: bool = False) -> list[tuple[str, ...]]:
    """`goal` is the share of the first row's speed that the process must have, and with `job` the job, too."""
    bare = next(iter(found.values()))
    measured = {_PROCESS, *((_JOB,) if job else ())}
    rows: list[tuple[str, ...]] = []
    for name, one in found.items():
        met = "" if goal is None or name not in measured else "yes" if bare / one >= goal else "no"
        rows.append((name, number(1 / one), f"{one / bare:.2f}", f"{bare / one:.2f}", met))
    return rows


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
