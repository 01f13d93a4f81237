"""The fields of assets over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.completions import Completions
from mirrorlake.model.facets import FacetList
from mirrorlake.model.fields import KeyList, KnownKey, Pending
from mirrorlake.model.storage import Storage
from mirrorlake.services.field_contract import KnownFields


class FieldClient(NounClient, KnownFields):
    """Implements `KnownFields` over HTTP."""

    def keys(self, *, contains: str | None = None, limit: int = 100) -> KeyList:
        """See `KnownFields.keys`."""
        return self.connection.ask(KeyList, "GET", "/search/keys", params={"contains": contains, "limit": limit})

    def key(self, key: str) -> KnownKey:
        """See `KnownFields.key`."""
        return self.connection.ask(KnownKey, "GET", f"/search/keys/{segment(key)}")

    def complete(self, query: str = "", *, position: int | None = None) -> Completions:
        """See `KnownFields.complete`."""
        params = {"query": query, "position": position}
        return self.connection.ask(Completions, "GET", "/search/completions", params=params)

    def facets(self, query: str = "", *, fields: Sequence[str] = (), limit: int = 10) -> FacetList:
        """See `KnownFields.facets`."""
        params = {"query": query, "keys": ",".join(fields) or None, "limit": limit}
        return self.connection.ask(FacetList, "GET", "/search/facets", params=params)

    def storage(self) -> Storage:
        """See `KnownFields.storage`."""
        return self.connection.ask(Storage, "GET", "/search/storage")

    def rebuild_keys(self) -> int:
        """See `KnownFields.rebuild_keys`."""
        return self.connection.ask(Pending, "POST", "/search/recount").pending
