"""Bodies of requests about webhooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import Body
from mirrorlake.model.webhooks import WebhookEvent


class NewWebhook(Body):
    """A webhook to add."""

    url: Annotated[str, Field(min_length=1, max_length=2048, description="Where requests are sent to.")]
    events: Annotated[
        tuple[WebhookEvent, ...], Field(min_length=1, max_length=16, description="What it reports; everything.")
    ] = tuple(WebhookEvent)
    datasource: Annotated[str | None, Field(max_length=1024, description="Only runs of this datasource.")] = None
