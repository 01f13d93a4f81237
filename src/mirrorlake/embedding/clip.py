"""Models of the CLIP family, through OpenCLIP: SigLIP 2, CLIP and MobileCLIP from a folder. Loads PyTorch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mirrorlake.embedding.base import ModelUnavailable, Picture, Vectors, normalised
from mirrorlake.embedding.clip_folder import WEIGHTS, read_facts

TEXT_LONGEST = 2_000  # characters of a text; the tokens that a model takes are fewer
TOGETHER, TOGETHER_ON_GPU = 64, 256  # pictures that the network computes at once: fewer leave a GPU idle

if TYPE_CHECKING:  # the library is checked without these packages
    open_clip: Any = None
    torch: Any = None
    load_file: Any = None
    Compose: Any = None
    Normalize: Any = None
    ToTensor: Any = None
else:
    import open_clip
    import torch
    from safetensors.torch import load_file
    from torchvision.transforms import Compose, Normalize, ToTensor


class ClipEmbedder:
    """Implements `Embedder`. On the GPU where there is one, there in bfloat16 if it has it."""

    def __init__(self, folder: Path, name: str, threads: int = 1, *, gpu: int = 0) -> None:
        """Of several GPUs, it uses number `gpu`. Raises ModelUnavailable for files that are no such model."""
        self.facts = read_facts(folder, name)
        self._on_gpu = torch.cuda.is_available()
        self.together = TOGETHER_ON_GPU if self._on_gpu else TOGETHER
        self._device = torch.device("cuda", gpu) if self._on_gpu else torch.device("cpu")
        self._dtype = torch.bfloat16 if self._on_gpu and torch.cuda.is_bf16_supported() else torch.float32
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="preparing")
        if not self._on_gpu:
            torch.set_num_threads(threads)
        logging.getLogger().setLevel(logging.ERROR)  # OpenCLIP warns that it loaded no weights
        source = f"local-dir:{folder}"
        try:
            # Only the architecture: its own loading would take weights of any form, also of the text network.
            model, _, steps = open_clip.create_model_and_transforms(source, load_weights=False, pretrained_text=False)
            model.load_state_dict(load_file(folder / WEIGHTS))
            self._tokens = open_clip.get_tokenizer(source)
        except (RuntimeError, ValueError, KeyError, TypeError, OSError) as error:
            reason = f"The model in {folder} cannot be loaded: {error}"
            raise ModelUnavailable(reason, "Put a whole one there.") from error
        self._model = model.eval().to(self._device, self._dtype)
        self._prepare, self._scale = _split(steps)

    def embed_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """See `Embedder.embed_pictures`."""
        return self.embed_prepared(self.prepare(pictures))

    def prepare(self, pictures: Sequence[Picture]) -> Any:
        """See `Embedder.prepare`: one tensor, whose bytes the GPU makes numbers of; a GPU fetches it without a copy."""
        if self._on_gpu:
            torch.cuda.set_device(self._device)  # of this thread: memory of another GPU would be used otherwise
        found = torch.stack(list(self._threads.map(self._prepare, map(Image.fromarray, pictures))))
        return found.pin_memory() if self._on_gpu else found

    def embed_prepared(self, prepared: Any) -> Vectors:
        """See `Embedder.embed_prepared`."""
        with torch.inference_mode():
            there = prepared.to(self._device, non_blocking=True)
            return _vectors(self._model.encode_image(self._scale(there).to(self._dtype)))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed_texts`."""
        tokens = self._tokens([text[:TEXT_LONGEST] for text in texts])
        with torch.inference_mode():
            return _vectors(self._model.encode_text(tokens.to(self._device)))


def _split(steps: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The preparation of one picture, and what is left to do for many of them at once.

    Making numbers of pixels takes longer than everything else, and the network's device does it at once.
    """
    *first, numbers, normalise = steps.transforms
    if not isinstance(numbers, ToTensor) or not isinstance(normalise, Normalize):
        return steps, lambda prepared: prepared
    shaped = Compose(first)

    def prepare(picture: Any) -> Any:
        pixels = np.array(shaped(picture))  # a copy, which may be written
        return torch.from_numpy(pixels).permute(2, 0, 1)

    return prepare, lambda prepared: normalise(prepared.float() / 255)


def _vectors(found: Any) -> Vectors:
    return normalised(np.asarray(found.float().cpu().numpy(), np.float32))
