"""What is known about the metadata keys (and facts) of a library: their types, counts, values and ranges."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mirrorlake.model.assets import Scalar
from mirrorlake.model.public import public_noun


class ValueType(StrEnum):
    """The type of a metadata value. A date is a string with an ISO date or time."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


@public_noun
class ValueCount:
    """A value, and how many assets have it."""

    value: Scalar
    assets: int


@public_noun
class KnownKey:
    """A metadata key of the library. Assets in the trash are not counted."""

    key: str
    assets: int
    """Assets that have the key."""
    type: ValueType
    """The type of most of its values: how an editor should read a text that is entered."""
    types: Mapping[str, int]
    """Assets by the type of their value."""
    mixed: bool
    """Whether its values have more than one type, dates and other strings being the same."""
    values: tuple[ValueCount, ...]
    """Its most frequent values."""
    distinct: int
    """Different values; the number of the listed ones if `complete` is false."""
    complete: bool
    """Whether all values are listed. Otherwise there are too many, or some are long, and frequent ones are listed."""
    low: float | None
    """The smallest number; rounded to three digits if `complete` is false."""
    high: float | None
    """The largest number; rounded to three digits if `complete` is false."""
    first: str | None
    """The first day of its dates, such as 2026-01-31."""
    last: str | None
    """The last day of its dates."""


@public_noun
class KeyList:
    """Metadata keys of a library, those of the most assets first."""

    keys: tuple[KnownKey, ...]
    total: int
    """Keys in the library."""
    pending: int
    """Assets that were changed and are not counted yet."""


@public_noun
class Pending:
    """How many assets are not counted yet."""

    pending: int
