"""Webhooks over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.client.connection import NounClient
from mirrorlake.model.webhooks import Delivery, Webhook, WebhookEvent
from mirrorlake.services.webhook_contract import Webhooks


class WebhookClient(NounClient, Webhooks):
    """Implements `Webhooks` over HTTP."""

    def add(
        self, url: str, *, events: Sequence[WebhookEvent] = tuple(WebhookEvent), datasource: str | None = None
    ) -> Webhook:
        """See `Webhooks.add`."""
        body = {"url": url, "events": [event.value for event in events], "datasource": datasource}
        return self.connection.ask(Webhook, "POST", "/webhooks", body=body)

    def list(self) -> Sequence[Webhook]:
        """See `Webhooks.list`."""
        return self.connection.ask(tuple[Webhook, ...], "GET", "/webhooks")

    def get(self, webhook_id: int) -> Webhook:
        """See `Webhooks.get`."""
        return self.connection.ask(Webhook, "GET", f"/webhooks/{webhook_id}")

    def deliveries(self, webhook_id: int, *, limit: int = 20) -> Sequence[Delivery]:
        """See `Webhooks.deliveries`."""
        path = f"/webhooks/{webhook_id}/deliveries"
        return self.connection.ask(tuple[Delivery, ...], "GET", path, params={"limit": limit})

    def test(self, webhook_id: int) -> Delivery:
        """See `Webhooks.test`."""
        return self.connection.ask(Delivery, "POST", f"/webhooks/{webhook_id}/test")

    def delete(self, webhook_id: int) -> None:
        """See `Webhooks.delete`."""
        self.connection.send("DELETE", f"/webhooks/{webhook_id}")
