"""The folder of a model of the CLIP family: where it is, how it gets there, and its facts. Loads nothing of PyTorch.

A folder has what OpenCLIP writes and its repositories on the hub have: a configuration, and weights as safetensors,
which are numbers alone. Weights in any other form are refused: reading them could run code.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from blake3 import blake3

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.base import ModelFacts, ModelUnavailable

PREFIX: Final = "clip:"
CONFIG: Final = "open_clip_config.json"
WEIGHTS: Final = "open_clip_model.safetensors"
_TRANSFORMERS: Final = "config.json"  # of a repository or folder in that form
_OPENCLIP: Final = (
    "Most models are on the hub in the form of OpenCLIP, too, under another name:"
    " google/siglip2-base-patch16-224 is clip:timm/ViT-B-16-SigLIP2."
)
# Of a repository; whatever else it has is not fetched: no code, no pickles.
_FETCHED: Final = (CONFIG, WEIGHTS, "tokenizer*.json", "special_tokens_map.json", "vocab.json", "merges.txt", "*.model")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_DIMENSIONS: Final = range(1, 4001)  # of a vector: pgvector indexes no longer ones
_MARK_CHARS: Final = 12
# Cosines below which two things are unrelated, where the weights do not have it: those of CLIP are rarely below 0.1.
_TEXT_CUTOFF: Final = 0.2
_PICTURE_CUTOFF: Final = 0.6
_PROBABILITY: Final = 0.001  # of a text and a picture that belong together, for models trained on such probabilities


def folder_of(models: Path, name: str) -> Path:
    """The folder of the model `clip:NAME`, which may not exist. Raises ModelUnavailable for what is no name."""
    wanted = name.removeprefix(PREFIX)
    if not _NAME.fullmatch(wanted) or ".." in wanted:
        raise ModelUnavailable(
            f"{name!r} names no model.",
            f"Write {PREFIX} and a repository of the hub in the form of OpenCLIP, or a folder in {models}.",
        )
    return models / wanted


def stored_models(models: Path) -> list[str]:
    """The names of the models whose files are in a folder. The files are not read: that takes seconds."""
    found = [path.parent for depth in ("*", "*/*") for path in models.glob(f"{depth}/{WEIGHTS}")]
    return sorted(f"{PREFIX}{one.relative_to(models).as_posix()}" for one in found if (one / CONFIG).is_file())


def check_folder(models: Path, name: str, *, may_fetch: bool) -> None:
    """Raise ModelUnavailable for a folder that has no model, and for none unless it may be fetched from the hub."""
    folder = folder_of(models, name)
    if folder.exists():
        read_facts(folder, name)
    elif not (may_fetch and "/" in name):
        raise ModelUnavailable(
            f"There is no folder {folder}.",
            f"Put the files of the model there: {CONFIG}, {WEIGHTS} and those of its tokenizer. A model of the hub is"
            f" fetched if it is chosen on the library's machine: mirrorlake likeness on --model {PREFIX}OWNER/NAME",
        )


def provide(models: Path, name: str) -> Path:
    """The folder of a model, fetched from the hub if it is not there. Raises ModelUnavailable and MirrorlakeError."""
    check_folder(models, name, may_fetch=True)
    folder = folder_of(models, name)
    if not folder.exists():
        _fetch(name.removeprefix(PREFIX), folder)
    return folder


def read_facts(folder: Path, name: str) -> ModelFacts:
    """What identifies the vectors of the model in a folder. Raises ModelUnavailable for other files."""
    config = _config(folder)
    dimensions = config.get("embed_dim")
    if not isinstance(dimensions, int) or dimensions not in _DIMENSIONS:
        raise _unusable(folder, f"{CONFIG} has no `embed_dim` from 1 to {_DIMENSIONS[-1]:,}")
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise _unusable(folder, f"it has no {WEIGHTS}, and weights in another form are not read")
    from safetensors import SafetensorError  # noqa: PLC0415  an extra

    try:
        found = weights.stat()
        mark = _mark(json.dumps(config, sort_keys=True), weights, found.st_mtime_ns, found.st_size)
        text_cutoff = _text_cutoff(weights)
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise _unusable(folder, f"{WEIGHTS} cannot be read: {error}") from error
    return ModelFacts(
        name=f"{name}-{mark}", dimensions=dimensions, picture_cutoff=_PICTURE_CUTOFF, text_cutoff=text_cutoff
    )


@lru_cache(maxsize=8)
def _mark(config: str, weights: Path, _modified: int, _size: int) -> str:
    """Differs for other weights. Read once for each state of the file."""
    return blake3(config.encode()).update_mmap(weights).hexdigest()[:_MARK_CHARS]


def _config(folder: Path) -> dict[str, Any]:
    if not (folder / CONFIG).exists() and (folder / _TRANSFORMERS).exists():
        raise ModelUnavailable(f"The model in {folder} is in the form of transformers, which is not read.", _OPENCLIP)
    try:
        found: object = json.loads((folder / CONFIG).read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(folder, f"{CONFIG} cannot be read: {error}") from error
    model = cast("dict[str, object]", found).get("model_cfg") if isinstance(found, dict) else None
    if not isinstance(model, dict):
        raise _unusable(folder, f"{CONFIG} has no `model_cfg`")
    return cast("dict[str, Any]", model)


def _text_cutoff(weights: Path) -> float:
    """The cosine at which a model with a bias finds a text and a picture related with `_PROBABILITY`."""
    from safetensors import safe_open  # noqa: PLC0415  an extra

    with cast("Any", safe_open)(weights, framework="numpy") as file:
        if "logit_bias" not in file.keys() or "logit_scale" not in file.keys():  # noqa: SIM118 - it is no mapping
            return _TEXT_CUTOFF
        bias, scale = (float(file.get_tensor(key).reshape(-1)[0]) for key in ("logit_bias", "logit_scale"))
    wanted = math.log(_PROBABILITY / (1 - _PROBABILITY))
    return min(max((wanted - bias) / math.exp(min(scale, 10.0)), 0.0), 0.9)


def _fetch(repository: str, folder: Path) -> None:
    """Fetch a model from the hub, whole or not at all."""
    import huggingface_hub  # noqa: PLC0415  an extra, and slow to load
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415  as above

    partial = folder.with_name(folder.name + ".part")
    try:
        cast("Any", huggingface_hub).snapshot_download(repository, local_dir=partial, allow_patterns=list(_FETCHED))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:  # ValueError: no such name
        raise MirrorlakeError(
            f"The model {repository} could not be fetched from the hub: {error}",
            f"Try again, or put its files into {folder}: {CONFIG}, {WEIGHTS} and those of its tokenizer.",
        ) from error
    if not (partial / WEIGHTS).is_file():
        shutil.rmtree(partial)
        raise ModelUnavailable(
            f"The repository {repository} has no {WEIGHTS}, and weights in another form, such as that of transformers,"
            " are not read.",
            _OPENCLIP,
        )
    partial.rename(folder)


def _unusable(folder: Path, reason: str) -> ModelUnavailable:
    return ModelUnavailable(f"The folder {folder} has no model that can be used: {reason}.", "Put a whole model there.")
