"""Damaged files: what is missing of the picture decides whether it is imported, not the messages of a decoder.

Decision record 0024 has the rule and its reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_MISSING_SHARE = 0.01  # of the area: less than one row of blocks of a photograph

Decode = Callable[..., NDArray[np.uint8]]
"""Decodes these bytes as far as possible, with options of the loader. Height, width, bands."""


def _as_it_is(data: bytes) -> bytes:
    return data


def _never(_data: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageMeasure:
    """How a format measures what is missing of a damaged picture, whose decoder returns the rest."""

    missing_share: Callable[[bytes, Decode], float]
    """The share of the area, 0 to 1, that has no pixels, or unreliable ones."""
    prepare: Callable[[bytes], bytes] = _as_it_is
    """A cut file in the form in which its decoder returns the most of it; any other file as it is. Called for all."""
    lacks_end: Callable[[bytes], bool] = _never
    """Whether the file, as far as it goes, has no end marker."""


def describe_share(share: float) -> str:
    """The share in messages: "about 12%", "less than 1%"."""
    return "less than 1%" if share < 0.01 else f"about {share:.0%}"  # noqa: PLR2004
