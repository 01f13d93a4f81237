"""Models of the CLIP family, through OpenCLIP: SigLIP 2, CLIP and MobileCLIP from a folder. Loads PyTorch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mirrorlake.embedding.base import ModelUnavailable, Picture, Vectors, normalised
from mirrorlake.embedding.clip_folder import WEIGHTS, read_facts

TEXT_LONGEST = 2_000  # characters of a text; the tokens that a model takes are fewer

if TYPE_CHECKING:  # the library is checked without these packages
    open_clip: Any = None
    torch: Any = None
    load_file: Any = None
else:
    import open_clip
    import torch
    from safetensors.torch import load_file


class ClipEmbedder:
    """Implements `Embedder`. On the GPU where there is one, there in bfloat16 if it has it."""

    def __init__(self, folder: Path, name: str, threads: int = 1) -> None:
        """Raises ModelUnavailable for files that are no such model."""
        self.facts = read_facts(folder, name)
        gpu = torch.cuda.is_available()
        self._device = torch.device("cuda" if gpu else "cpu")
        self._dtype = torch.bfloat16 if gpu and torch.cuda.is_bf16_supported() else torch.float32
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="preparing")
        if not gpu:
            torch.set_num_threads(threads)
        logging.getLogger().setLevel(logging.ERROR)  # OpenCLIP warns that it loaded no weights
        source = f"local-dir:{folder}"
        try:
            # Only the architecture: its own loading would take weights of any form, also of the text network.
            model, _, self._prepare = open_clip.create_model_and_transforms(
                source, load_weights=False, pretrained_text=False
            )
            model.load_state_dict(load_file(folder / WEIGHTS))
            self._tokens = open_clip.get_tokenizer(source)
        except (RuntimeError, ValueError, KeyError, TypeError, OSError) as error:
            reason = f"The model in {folder} cannot be loaded: {error}"
            raise ModelUnavailable(reason, "Put a whole one there.") from error
        self._model = model.eval().to(self._device, self._dtype)

    def embed_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """See `Embedder.embed_pictures`."""
        return self.embed_prepared(self.prepare(pictures))

    def prepare(self, pictures: Sequence[Picture]) -> Any:
        """The pictures as the network takes them, as one tensor."""
        return torch.stack(list(self._threads.map(self._prepare, map(Image.fromarray, pictures))))

    def embed_prepared(self, prepared: Any) -> Vectors:
        """The vectors of pictures from `prepare`."""
        with torch.inference_mode():
            return _vectors(self._model.encode_image(prepared.to(self._device, self._dtype)))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed_texts`."""
        tokens = self._tokens([text[:TEXT_LONGEST] for text in texts])
        with torch.inference_mode():
            return _vectors(self._model.encode_text(tokens.to(self._device)))


def _vectors(found: Any) -> Vectors:
    return normalised(np.asarray(found.float().cpu().numpy(), np.float32))
