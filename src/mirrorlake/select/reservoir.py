"""A uniform sample of a stream of unknown length, in constant memory. Pure.

Algorithm L of K.-H. Li, "Reservoir-sampling algorithms of time complexity O(n(1+log(N/n)))", 1994: after the first
items, it computes how many to pass over until the next one replaces a random one, so that a column of thousands of
items costs a few steps.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Reservoir(Generic[T]):
    """At most `size` of the offered items, each with the same chance. The same stream gives the same sample."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._random = random.Random(size)  # noqa: S311  a sample, no secret
        self._weight = 1.0
        self._seen = 0
        self._next = 0  # the position in the stream of the next item to be taken
        self._items: list[T] = []

    @property
    def items(self) -> Sequence[T]:
        """The sample, in no order."""
        return self._items

    def offer(self, count: int, item_at: Callable[[int], T]) -> None:
        """The next `count` items; `item_at` gives one of them by its position among these, and is called for few."""
        end = self._seen + count
        while self._next < end:
            item = item_at(self._next - self._seen)
            if len(self._items) < self._size:
                self._items.append(item)
            else:
                self._items[self._random.randrange(self._size)] = item
            self._next += 1 if len(self._items) < self._size else self._gap()
        self._seen = end

    def _gap(self) -> int:
        self._weight *= math.exp(math.log(1.0 - self._random.random()) / self._size)
        return math.floor(math.log(1.0 - self._random.random()) / math.log1p(-self._weight)) + 1
