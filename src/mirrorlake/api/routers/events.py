"""Routes of events: where those of a datasource come from, and what has arrived."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request

from mirrorlake.api.routers.datasources import DatasourceName
from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.events import ReceiverSetting
from mirrorlake.connections.signatures import HEADER
from mirrorlake.model.access import Permission
from mirrorlake.model.events import EventsAccepted, EventsOff, EventStatus


def get(library: Bound, name: DatasourceName) -> EventStatus:
    """Show how the events of a datasource arrive, and what has arrived."""
    return library.events.get(name)


def change(library: Bound, name: DatasourceName, setting: ReceiverSetting) -> EventStatus:
    """Set where events come from. The secret of a webhook is in this response only."""
    return library.events.set(name, setting.kind, setting.address)


def off(library: Bound, name: DatasourceName) -> EventsOff:
    """Receive no more events of a datasource, and forget the keys that wait."""
    library.events.off(name)
    return EventsOff(datasource=name)


async def raw_body(request: Request) -> bytes:
    """The body as it was sent, which is what the signature covers."""
    return await request.body()


def accept(
    library: Bound,
    name: DatasourceName,
    signature: Annotated[str, Header(alias=HEADER, max_length=200, description="Time and signature of the body.")],
    body: Annotated[bytes, Depends(raw_body)],
) -> EventsAccepted:
    """Accept events of a bucket in a signed request. The keys that they name are checked soon."""
    return library.events.accept(name, body, signature)


def event_routes() -> APIRouter:
    """The routes under /datasources/{name}/events, and /events/{name} for senders."""
    router = APIRouter(tags=["events"])
    path = "/datasources/{name:name}/events"
    add_route(router, "GET", path, get, operation="getEvents", needs=Permission.DATASOURCES_READ)
    add_route(router, "PUT", path, change, operation="setEvents", needs=Permission.DATASOURCES_EDIT, secret=True)
    add_route(router, "DELETE", path, off, operation="turnEventsOff", needs=Permission.DATASOURCES_EDIT)
    add_route(
        router, "POST", "/events/{name:name}", accept, operation="sendEvents", needs=Permission.EVENTS_SEND, status=202
    )
    return router
