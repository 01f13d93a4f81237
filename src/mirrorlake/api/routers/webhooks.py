"""Routes of webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.webhooks import NewWebhook
from mirrorlake.model.access import Permission
from mirrorlake.model.webhooks import Delivery, Webhook

WebhookId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the webhook.")]


def show_all(library: Bound) -> Sequence[Webhook]:
    """List all webhooks, without their secrets."""
    return library.webhooks.list()


def add(library: Bound, webhook: NewWebhook) -> Webhook:
    """Add a webhook. Its secret is in this response only."""
    return library.webhooks.add(webhook.url, events=webhook.events, datasource=webhook.datasource)


def get(library: Bound, webhook_id: WebhookId) -> Webhook:
    """Get a webhook, without its secret."""
    return library.webhooks.get(webhook_id)


def deliveries(
    library: Bound,
    webhook_id: WebhookId,
    limit: Annotated[int, Query(ge=1, le=100, description="Number of deliveries.")] = 20,
) -> Sequence[Delivery]:
    """List the newest deliveries of a webhook with their attempts."""
    return library.webhooks.deliveries(webhook_id, limit=limit)


def test(library: Bound, webhook_id: WebhookId) -> Delivery:
    """Send a test now. The response shows what became of it."""
    return library.webhooks.test(webhook_id)


def delete(library: Bound, webhook_id: WebhookId) -> Response:
    """Delete a webhook. What waits is not sent any more."""
    library.webhooks.delete(webhook_id)
    return Response(status_code=204)


def webhook_routes() -> APIRouter:
    """The routes under /webhooks."""
    router = APIRouter(prefix="/webhooks", tags=["webhooks"])
    one = "/{webhook_id:number}"
    add_route(router, "GET", "", show_all, operation="listWebhooks", needs=Permission.WEBHOOKS_READ)
    add_route(router, "POST", "", add, operation="addWebhook", needs=Permission.WEBHOOKS_EDIT, status=201, secret=True)
    add_route(router, "GET", one, get, operation="getWebhook", needs=Permission.WEBHOOKS_READ)
    add_route(
        router, "GET", f"{one}/deliveries", deliveries, operation="listDeliveries", needs=Permission.WEBHOOKS_READ
    )
    add_route(router, "POST", f"{one}/test", test, operation="testWebhook", needs=Permission.WEBHOOKS_EDIT)
    add_route(
        router,
        "DELETE",
        one,
        delete,
        operation="deleteWebhook",
        needs=Permission.WEBHOOKS_EDIT,
        status=204,
        response_class=Response,
    )
    return router
