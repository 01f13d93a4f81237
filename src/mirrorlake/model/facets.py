"""Facets: how many of the matching assets have which value of a field."""

from __future__ import annotations

from mirrorlake.model.fields import ValueCount
from mirrorlake.model.public import public_noun


@public_noun
class Bin:
    """A bar of a histogram. The ends are numbers, or days such as 2026-01-31."""

    low: float | str
    """The smallest number or the first day in it."""
    high: float | str
    """The first number or day after it."""
    assets: int


@public_noun
class Facet:
    """The values of one field."""

    field: str
    """As in queries, such as `metadata.site`, `tag` and `size`."""
    assets: int
    """Matching assets that have the field."""
    values: tuple[ValueCount, ...]
    """Its most frequent values; empty for sizes and times."""
    more: bool
    """Whether there are other values."""
    bins: tuple[Bin, ...]
    """A histogram of its numbers or dates. An asset with a date and a number in mixed values is only in one of them."""
    sampled: float | None
    """The fraction of the library that was read, if not all of it: the counts are then estimates."""


@public_noun
class FacetList:
    """Facets of the assets that match a query."""

    facets: tuple[Facet, ...]
    pending: int
    """Assets that were changed and are not counted yet; only facets of the whole library depend on them."""
