"""The use cases of webhooks; see `services/contract.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.model.webhooks import Delivery, Webhook, WebhookEvent


class Webhooks(Protocol):
    """Manage the addresses that are sent a request when runs start and end."""

    def add(
        self, url: str, *, events: Sequence[WebhookEvent] = tuple(WebhookEvent), datasource: str | None = None
    ) -> Webhook:
        """Add a webhook, for one datasource or for all. Only this result contains its secret. Makes no request.

        Raises UsageError for an address that requests may not be sent to, and NotFound.
        """
        ...

    def list(self) -> Sequence[Webhook]:
        """All webhooks, by number."""
        ...

    def get(self, webhook_id: int) -> Webhook:
        """One webhook. Raises NotFound."""
        ...

    def deliveries(self, webhook_id: int, *, limit: int = 20) -> Sequence[Delivery]:
        """The newest deliveries of a webhook. Raises NotFound."""
        ...

    def test(self, webhook_id: int) -> Delivery:
        """Send a test now, and return what became of it. Raises NotFound."""
        ...

    def delete(self, webhook_id: int) -> None:
        """Delete a webhook. What waits is not sent any more. Raises NotFound."""
        ...
