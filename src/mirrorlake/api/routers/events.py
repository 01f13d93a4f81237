"""Routes of events: where those of a datasource come from, and what has arrived."""

from __future__ import annotations

from fastapi import APIRouter

from mirrorlake.api.routers.datasources import DatasourceName
from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.events import ReceiverSetting
from mirrorlake.model.events import EventsOff, EventStatus


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


def event_routes() -> APIRouter:
    """The routes under /datasources/{name}/events."""
    router = APIRouter(tags=["events"])
    path = "/datasources/{name:name}/events"
    add_route(router, "GET", path, get, operation="getEvents")
    add_route(router, "PUT", path, change, operation="setEvents")
    add_route(router, "DELETE", path, off, operation="turnEventsOff")
    return router
