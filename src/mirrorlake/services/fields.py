"""Use cases about the fields of assets: the metadata keys that are known."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import field_counts, known_keys
from mirrorlake.catalog.known_names import NameKind, known_names
from mirrorlake.catalog.storage import read_storage
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Permission
from mirrorlake.model.completions import Completions
from mirrorlake.model.facets import FacetList
from mirrorlake.model.fields import KeyList, KnownKey
from mirrorlake.model.storage import Storage
from mirrorlake.search.completion import complete
from mirrorlake.search.facets import read_facets
from mirrorlake.search.notes import nearest
from mirrorlake.select.edits import check_key
from mirrorlake.services.base import Service, requires
from mirrorlake.services.field_contract import EXAMPLES, KnownFields


class FieldService(Service, KnownFields):
    """Implements `KnownFields` over the kept counts."""

    @requires(Permission.ASSETS_READ)
    def keys(self, *, contains: str | None = None, limit: int = 100) -> KeyList:
        """See `KnownFields.keys`."""
        return known_keys.list_keys(self.resources.catalog, contains=contains, limit=limit, values=EXAMPLES)

    @requires(Permission.ASSETS_READ)
    def key(self, key: str) -> KnownKey:
        """See `KnownFields.key`."""
        check_key(key)
        catalog = self.resources.catalog
        found = known_keys.get_key(catalog, key, values=EXAMPLES)
        if found is None:
            similar = nearest(key, known_names(catalog, NameKind.METADATA_KEY, [key]).some)
            hint = "`mirrorlake keys` lists all keys." if similar is None else f"Did you mean {similar}?"
            raise NotFound(f"No asset has the metadata key {key}.", hint)
        return found

    @requires(Permission.ASSETS_READ)
    def complete(self, query: str = "", *, position: int | None = None) -> Completions:
        """See `KnownFields.complete`."""
        return complete(self.resources.catalog, query, position)

    @requires(Permission.ASSETS_READ)
    def facets(self, query: str = "", *, fields: Sequence[str] = (), limit: int = 10) -> FacetList:
        """See `KnownFields.facets`."""
        return read_facets(self.resources.catalog, query, fields, most=limit)

    @requires(Permission.ASSETS_READ)
    def storage(self) -> Storage:
        """See `KnownFields.storage`."""
        return read_storage(self.resources.catalog)

    @requires(Permission.LIBRARY_MAINTAIN)
    def rebuild_keys(self) -> int:
        """See `KnownFields.rebuild_keys`."""
        field_counts.forget(self.resources.catalog)
        return field_counts.pending(self.resources.catalog)
