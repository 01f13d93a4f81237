"""The route of schedules: what one means, before it is set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from mirrorlake.api.schemas.datasources import NextTimes
from mirrorlake.model.schedule import next_times, schedule_from_text, schedule_to_text, timezone_of


def preview(
    schedule: Annotated[str, Query(max_length=1024, description="off, every: 6h, or a cron expression.")],
    timezone: Annotated[str | None, Query(max_length=128, description="Whose clock a cron expression means.")] = None,
    count: Annotated[int, Query(ge=1, le=20)] = 3,
) -> NextTimes:
    """The next times of a schedule that were set now. Needs no datasource."""
    read = schedule_from_text(schedule, timezone)
    now = datetime.now(UTC)
    return NextTimes(
        schedule=schedule_to_text(read), timezone=timezone_of(read), next=next_times(read, now, count=count)
    )


def schedule_routes() -> APIRouter:
    """The route /schedule."""
    router = APIRouter(tags=["datasources"])
    router.add_api_route("/schedule", preview, methods=["GET"], operation_id="previewSchedule")
    return router
