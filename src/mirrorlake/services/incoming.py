"""Accept events that arrive in a signed request."""

from __future__ import annotations

import time

from mirrorlake.catalog import datasources, events
from mirrorlake.connections.events.arrival import sort_arrivals
from mirrorlake.connections.events.reading import read_events
from mirrorlake.connections.signatures import is_signed, new_secret, refused
from mirrorlake.jobs.signing import read_secret
from mirrorlake.model.events import EventsAccepted, ReceiverKind
from mirrorlake.services.base import Resources


def accept(resources: Resources, datasource: str, body: bytes, signature: str) -> EventsAccepted:
    """Store the keys that a signed request names. Raises PermissionDenied.

    A sender without the secret does not learn whether the datasource exists.
    """
    catalog = resources.catalog
    source = datasources.by_name(catalog, datasource)
    receiver = None if source is None else events.find_receiver(catalog, source.id)
    if source is None or receiver is None or receiver.kind is not ReceiverKind.WEBHOOK:
        secret = new_secret()  # nobody knows it
    else:
        secret = read_secret(resources.settings, catalog, events.secret_owner(source.id))
    if not is_signed(secret, body, signature, int(time.time())) or source is None:
        raise refused()
    read = read_events(body)
    arrival = sort_arrivals([read], source.location)
    events.add_hints(catalog, source.id, arrival.keys, arrival.counts, arrival.warning)
    return EventsAccepted(received=arrival.counts.received, foreign=arrival.counts.foreign, warnings=read.warnings)
