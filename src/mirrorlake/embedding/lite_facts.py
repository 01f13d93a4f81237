"""What identifies the vectors of `lite`. Loads nothing: a worker compares it with what is stored now and then."""

from __future__ import annotations

from typing import Final

from mirrorlake.embedding.base import ModelFacts

MEANING, LOOK = 256, 256  # dimensions of the two parts of a vector
LITE_FACTS: Final = ModelFacts(name="lite-1", dimensions=MEANING + LOOK, picture_cutoff=0.3, text_cutoff=0.15)
