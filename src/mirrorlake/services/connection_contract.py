"""The use cases of connections; see `services/contract.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import Connection, Health
from mirrorlake.select.json_reader import Json


class Connections(Protocol):
    """Manage connections. Their secrets are write-only: no method returns one."""

    def add(
        self,
        name: str,
        kind: str,
        *,
        settings: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Connection:
        """Store a connection. A secret may be a reference, such as `env:NAME`. Makes no request to any server.

        Raises Conflict if the name is taken, UsageError, and SettingsError for settings or secrets that do not fit.
        """
        ...

    def list(self) -> Sequence[Connection]:
        """All connections, by name."""
        ...

    def get(self, name: str) -> Connection:
        """One connection. Raises NotFound."""
        ...

    def change(
        self,
        name: str,
        *,
        settings: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str | None] | None = None,
    ) -> Connection:
        """Change the given settings and secrets, and keep the others; None resets or removes one.

        Raises NotFound, errors as for `add`, and Conflict for another endpoint while a datasource of the connection
        shares assets with one of another connection.
        """
        ...

    def check(self, name: str, *, origin: str | None = None) -> Health:
        """Try each ability of a connection with real requests, store the result, and correct a wrong region.

        Nothing is written, except a test file where writing was chosen. `origin` is that of the web pages that show
        originals. Takes half a minute at most. Raises NotFound, and UsageError without a bucket and datasources.
        """
        ...

    def documents(
        self, name: str, *, origin: str | None = None, queue: str | None = None, versions: bool = False
    ) -> ConnectionDocuments:
        """The documents that grant a connection its bucket and prefix, ready to paste; with `queue`, also its events.

        `versions` also grants reading earlier versions of objects on S3, for snapshots of a bucket with versioning.
        Raises NotFound, and UsageError if the connection has no bucket.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete a connection and its secrets. Raises NotFound, and Conflict while datasources use it."""
        ...
