"""Use cases of events: where those of datasources come from."""

from __future__ import annotations

from mirrorlake.catalog import datasources, events
from mirrorlake.catalog.events import Receiver
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.events import EventStatus, ReceiverKind
from mirrorlake.services.base import Service, requires
from mirrorlake.services.event_contract import Events
from mirrorlake.storage.providers.registry import queue_service


class EventService(Service, Events):
    """Implements `Events` over the catalog."""

    @requires(Permission.DATASOURCES_READ)
    def get(self, datasource: str) -> EventStatus:
        """See `Events.get`."""
        catalog = self.resources.catalog
        return events.show_status(catalog, datasources.named(catalog, datasource))

    @requires(Permission.DATASOURCES_EDIT)
    def set(self, datasource: str, kind: ReceiverKind, address: str | None = None) -> EventStatus:
        """See `Events.set`."""
        catalog = self.resources.catalog
        check_receiver(kind, address)
        source = datasources.named(catalog, datasource)
        receiver = Receiver(kind=kind, address=address, trusted=self.caller.is_operator)
        events.set_receiver(catalog, source, receiver, by=self.caller)
        return events.show_status(catalog, source)

    @requires(Permission.DATASOURCES_EDIT)
    def off(self, datasource: str) -> None:
        """See `Events.off`."""
        catalog = self.resources.catalog
        events.drop_receiver(catalog, datasources.named(catalog, datasource), by=self.caller)


def check_receiver(kind: ReceiverKind, address: str | None) -> None:
    """Raise UsageError unless this address fits the kind. Makes no request."""
    service = queue_service(kind)
    if service is None:
        raise UsageError(f"Events of the kind {kind.value} are not supported.", "Use an SQS queue.")
    if address is None:
        raise UsageError("The address of the queue is missing.", "Specify it.")
    service.check(address)
