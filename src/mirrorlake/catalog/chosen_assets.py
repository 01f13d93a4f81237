"""Which assets a statement reads. Loads no column libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenAssets:
    """Which assets, as a SELECT of their `id`, and with `sorted` of their `place` in an order."""

    select: bytes
    params: Sequence[object]
    sorted: bool = False
