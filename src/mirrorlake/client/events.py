"""Events over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.connections.signatures import HEADER
from mirrorlake.model.events import EventsAccepted, EventsOff, EventStatus, ReceiverKind
from mirrorlake.services.event_contract import Events


class EventClient(NounClient, Events):
    """Implements `Events` over HTTP."""

    def get(self, datasource: str) -> EventStatus:
        """See `Events.get`."""
        return self.connection.ask(EventStatus, "GET", _path(datasource))

    def set(self, datasource: str, kind: ReceiverKind, address: str | None = None) -> EventStatus:
        """See `Events.set`."""
        return self.connection.ask(EventStatus, "PUT", _path(datasource), body={"kind": kind.value, "address": address})

    def accept(self, datasource: str, body: bytes, signature: str) -> EventsAccepted:
        """See `Events.accept`."""
        path = f"/events/{segment(datasource)}"
        return self.connection.ask(EventsAccepted, "POST", path, content=body, headers={HEADER: signature})

    def off(self, datasource: str) -> None:
        """See `Events.off`."""
        self.connection.ask(EventsOff, "DELETE", _path(datasource))


def _path(datasource: str) -> str:
    return f"/datasources/{segment(datasource)}/events"
