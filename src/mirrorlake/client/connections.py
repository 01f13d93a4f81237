"""Connections over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import Connection, Health
from mirrorlake.select.json_reader import Json
from mirrorlake.services.contract import Connections


class ConnectionClient(NounClient, Connections):
    """Implements `Connections` over HTTP."""

    def add(
        self,
        name: str,
        kind: str,
        *,
        settings: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Connection:
        """See `Connections.add`."""
        body = {"name": name, "kind": kind, "settings": dict(settings or {}), "secrets": dict(secrets or {})}
        return self.connection.ask(Connection, "POST", "/connections", body=body)

    def list(self) -> Sequence[Connection]:
        """See `Connections.list`."""
        return self.connection.ask(tuple[Connection, ...], "GET", "/connections")

    def get(self, name: str) -> Connection:
        """See `Connections.get`."""
        return self.connection.ask(Connection, "GET", _path(name))

    def change(
        self,
        name: str,
        *,
        settings: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str | None] | None = None,
    ) -> Connection:
        """See `Connections.change`."""
        body = {"settings": dict(settings or {}), "secrets": dict(secrets or {})}
        return self.connection.ask(Connection, "PATCH", _path(name), body=body)

    def check(self, name: str, *, origin: str | None = None) -> Health:
        """See `Connections.check`."""
        params = {"origin": origin}
        return self.connection.ask(Health, "POST", f"{_path(name)}/check", params=params)

    def documents(
        self, name: str, *, origin: str | None = None, queue: str | None = None, versions: bool = False
    ) -> ConnectionDocuments:
        """See `Connections.documents`."""
        params = {"origin": origin, "queue": queue, "versions": "true" if versions else None}
        return self.connection.ask(ConnectionDocuments, "GET", f"{_path(name)}/documents", params=params)

    def delete(self, name: str) -> None:
        """See `Connections.delete`."""
        self.connection.send("DELETE", _path(name))


def _path(name: str) -> str:
    return f"/connections/{segment(name)}"
