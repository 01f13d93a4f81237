"""The use cases of connections; see `services/contract.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mirrorlake.model.connections import Connection
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

        Raises NotFound, and errors as for `add`.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete a connection and its secrets. Raises NotFound, and Conflict while datasources use it."""
        ...
