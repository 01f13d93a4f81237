"""Use cases of events: where those of datasources come from."""

from __future__ import annotations

from dataclasses import replace

from mirrorlake.catalog import datasources, events, signing_secrets
from mirrorlake.catalog.events import Receiver
from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.events import EventsAccepted, EventStatus, ReceiverKind
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
        secret = None
        if kind is ReceiverKind.WEBHOOK:
            from mirrorlake.jobs.signing import make_secret  # noqa: PLC0415  loads cryptography

            secret = make_secret(self.resources.settings, catalog, events.secret_owner(source.id))
        else:
            signing_secrets.drop(catalog, events.secret_owner(source.id))
        events.set_receiver(catalog, source, receiver, by=self.caller)
        return replace(events.show_status(catalog, source), secret=secret)

    @requires(Permission.DATASOURCES_EDIT)
    def off(self, datasource: str) -> None:
        """See `Events.off`."""
        catalog = self.resources.catalog
        source = datasources.named(catalog, datasource)
        events.drop_receiver(catalog, source, by=self.caller)
        signing_secrets.drop(catalog, events.secret_owner(source.id))

    @requires(Permission.EVENTS_SEND)
    def accept(self, datasource: str, body: bytes, signature: str) -> EventsAccepted:
        """See `Events.accept`."""
        from mirrorlake.services.incoming import accept  # noqa: PLC0415  loads cryptography

        return accept(self.resources, datasource, body, signature)


def check_receiver(kind: ReceiverKind, address: str | None) -> None:
    """Raise SettingsError unless this address fits the kind. Makes no request."""
    service = queue_service(kind)
    if kind is ReceiverKind.WEBHOOK:
        if address is not None:
            raise SettingsError(
                "A webhook has no address of its own.", "Leave it out: the server has one for each.", field="address"
            )
        return
    if service is None:
        raise SettingsError(f"Events of the kind {kind.value} are not supported.", "Use an SQS queue.", field="kind")
    if address is None:
        raise SettingsError("The address of the queue is missing.", "Specify it.", field="address")
    try:
        service.check(address)
    except UsageError as error:
        raise SettingsError(error.message, error.fix, field="address") from error
