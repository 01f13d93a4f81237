"""How a datasource reads its objects: how much of each, which kinds become assets, and what they must be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from mirrorlake.model.media import MediaKind
from mirrorlake.model.policies import NO_POLICIES, Policies


class Depth(StrEnum):
    """How much of each object is read."""

    number: int  # as the catalog stores it: a larger one means that less was read

    def __new__(cls, name: str, number: int) -> Self:
        """Create a depth with its number."""
        self = str.__new__(cls, name)
        self._value_ = name
        self.number = number
        return self

    FULL = ("full", 0)  # facts, thumbnail and, where all of it was read, digest
    HEADER = ("header", 1)  # facts, by the part of the object that contains them
    NONE = ("none", 2)  # nothing: the object is registered as it is listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How a datasource reads its objects."""

    depth: Depth = Depth.FULL
    media: frozenset[MediaKind] = frozenset(MediaKind)
    policies: Policies = NO_POLICIES
    whole: bool = False  # read all of each object, also where parts would be enough

    @property
    def fingerprint(self) -> int:
        """What decides which objects are rejected, or refused because they need more than is read of them."""
        return self.policies.fingerprint ^ self.depth.number


LOOK_AT_ALL = Looking()


def depth_of(number: int) -> Depth:
    """The depth that the catalog stores as this number."""
    return next(depth for depth in Depth if depth.number == number)
