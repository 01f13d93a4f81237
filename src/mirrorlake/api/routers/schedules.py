"""The route of schedules: the next times of a schedule before it is set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from mirrorlake.api.routing import add_route
from mirrorlake.model.access import Permission
from mirrorlake.model.schedule import NextTimes, next_times, schedule_from_text, schedule_to_text, timezone_of


def preview(
    schedule: Annotated[str, Query(max_length=1024, description="off, every: 6h, or a cron expression.")],
    timezone: Annotated[str | None, Query(max_length=128, description="Time zone of a cron expression.")] = None,
    count: Annotated[int, Query(ge=1, le=20)] = 3,
) -> NextTimes:
    """Show the next times of a schedule if it were set now. Needs no datasource."""
    read = schedule_from_text(schedule, timezone)
    times = next_times(read, datetime.now(UTC), count=count)
    return NextTimes(schedule=schedule_to_text(read), timezone=timezone_of(read), next=tuple(times))


def schedule_routes() -> APIRouter:
    """The route /schedule."""
    router = APIRouter(tags=["datasources"])
    add_route(router, "GET", "/schedule", preview, operation="previewSchedule", needs=Permission.DATASOURCES_READ)
    return router
