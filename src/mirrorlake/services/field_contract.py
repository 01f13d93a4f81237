"""The use cases about the fields of assets; part of `mirrorlake.services.contract.Assets`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from mirrorlake.model.completions import Completions
from mirrorlake.model.facets import FacetList
from mirrorlake.model.fields import KeyList, KnownKey
from mirrorlake.model.storage import Storage

KEY_LIMIT: Final = 1000  # keys in one answer
FACET_FIELDS: Final = 50  # in one request
FACET_VALUES: Final = 100  # of one field
EXAMPLES: Final = 5  # values shown of each key


class KnownFields(Protocol):
    """What is known about metadata keys: kept as counts, so that answers are quick at any size."""

    def keys(self, *, contains: str | None = None, limit: int = 100) -> KeyList:
        """Metadata keys with types, counts, frequent values and ranges, those of the most assets first.

        `contains` keeps those that contain this text in any case.
        """
        ...

    def key(self, key: str) -> KnownKey:
        """One metadata key. Raises NotFound, which names the nearest, and UsageError for an invalid key."""
        ...

    def complete(self, query: str = "", *, position: int | None = None) -> Completions:
        """What can be written at a position of a query, such as keys, values and operators; None is its end.

        Positions count Unicode characters from 0. Raises UsageError for a position outside of the query.
        """
        ...

    def facets(self, query: str = "", *, fields: Sequence[str] = (), limit: int = 10) -> FacetList:
        """The most frequent values of fields among the matching assets, and histograms of numbers and dates.

        Fields are `tag`, `kind`, `type`, `format`, `state`, `datasource`, `project`, `split`, `class`, `size`, `width`,
        `height`, `created`, `updated`, `modified`, `metadata.KEY` and `facts.KEY`; without any, the common ones. Splits
        are those of the projects that the query names, else of any. The whole library and up to 10,000 matches are
        counted exactly; counts of more are estimated from a sample, and `sampled` is its size.
        Raises QueryError, and UsageError for an unknown field.
        """
        ...

    def storage(self) -> Storage:
        """The bytes of the library's objects by media type, datasource and folder at the top, without the trash.

        Up to 20,000 assets are all read; numbers of more are estimated from a sample, and `sampled` is its size.
        """
        ...

    def rebuild_keys(self) -> int:
        """Count all keys and values again; return how many assets there are to count. Workers do the counting."""
        ...
