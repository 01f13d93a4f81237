"""Use cases of connections: add, show, change and delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirrorlake.catalog import connections
from mirrorlake.model.access import Permission
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import Connection, Health
from mirrorlake.select.json_reader import Json
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import Connections


class ConnectionService(Service, Connections):
    """Implements `Connections` over the catalog and the vault."""

    @requires(Permission.CONNECTIONS_EDIT)
    def add(
        self,
        name: str,
        kind: str,
        *,
        settings: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Connection:
        """See `Connections.add`."""
        from mirrorlake.services.connection_changes import add  # noqa: PLC0415  loads cryptography

        return add(self.resources, self.caller, name, kind, given=settings or {}, secrets=secrets or {})

    @requires(Permission.CONNECTIONS_READ)
    def list(self) -> Sequence[Connection]:
        """See `Connections.list`."""
        return connections.list_all(self.resources.catalog)

    @requires(Permission.CONNECTIONS_READ)
    def get(self, name: str) -> Connection:
        """See `Connections.get`."""
        return connections.named(self.resources.catalog, name).connection

    @requires(Permission.CONNECTIONS_EDIT)
    def change(
        self,
        name: str,
        *,
        settings: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str | None] | None = None,
    ) -> Connection:
        """See `Connections.change`."""
        from mirrorlake.services.connection_changes import change  # noqa: PLC0415  loads cryptography

        return change(self.resources, self.caller, name, given=settings or {}, secrets=secrets or {})

    @requires(Permission.CONNECTIONS_EDIT)
    def check(self, name: str, *, origin: str | None = None) -> Health:
        """See `Connections.check`."""
        from mirrorlake.services.connection_health import check  # noqa: PLC0415  loads the libraries that reach buckets

        return check(self.resources, name, origin=origin)

    @requires(Permission.CONNECTIONS_READ)
    def documents(
        self, name: str, *, origin: str | None = None, queue: str | None = None, versions: bool = False
    ) -> ConnectionDocuments:
        """See `Connections.documents`."""
        from mirrorlake.services.connection_health import documents  # noqa: PLC0415  as above

        return documents(self.resources, name, origin=origin, queue=queue, versions=versions)

    @requires(Permission.CONNECTIONS_EDIT)
    def delete(self, name: str) -> None:
        """See `Connections.delete`."""
        connections.delete(self.resources.catalog, name, by=self.caller)
