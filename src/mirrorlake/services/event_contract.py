"""The use cases of events: those of buckets that arrive, one Protocol as in `contract`."""

from __future__ import annotations

from typing import Protocol

from mirrorlake.model.events import EventsAccepted, EventStatus, ReceiverKind


class Events(Protocol):
    """Set where the events of datasources come from, and show what has arrived."""

    def get(self, datasource: str) -> EventStatus:
        """How events arrive. Raises NotFound for an unknown datasource, and for one without events."""
        ...

    def set(self, datasource: str, kind: ReceiverKind, address: str | None = None) -> EventStatus:
        """Set where events come from: a queue with its address, or a webhook, whose secret only this result contains.

        Raises NotFound and UsageError.
        """
        ...

    def accept(self, datasource: str, body: bytes, signature: str) -> EventsAccepted:
        """Accept the events of a signed request, in any of the shapes of `connections.events`.

        Raises PermissionDenied if the signature does not fit, whatever else is wrong.
        """
        ...

    def off(self, datasource: str) -> None:
        """Receive no more events. Raises NotFound."""
        ...
