"""How many GPUs a model can use on this machine."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from mirrorlake.embedding.registry import LITE

_COUNT: Final = "import torch; print(torch.cuda.device_count())"
_ANSWER_S: Final = 120.0  # PyTorch takes some seconds to load, on a busy machine more


def count_gpus(model: str | None) -> int:
    """The GPUs for this model; 0 for one that uses none. Asks a process of its own: a worker loads no PyTorch."""
    if model in (None, LITE):
        return 0
    command = [sys.executable, "-P", "-c", _COUNT]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ANSWER_S, check=True)  # noqa: S603 - our own text
        return int(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):  # the process that embeds reports what is wrong
        return 0
