"""Use cases of webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mirrorlake.catalog import datasources, signing_secrets, webhooks
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.webhooks import Delivery, Webhook, WebhookEvent
from mirrorlake.services.base import Service, requires
from mirrorlake.services.webhook_contract import Webhooks


class WebhookService(Service, Webhooks):
    """Implements `Webhooks` over the catalog."""

    @requires(Permission.WEBHOOKS_EDIT)
    def add(
        self, url: str, *, events: Sequence[WebhookEvent] = tuple(WebhookEvent), datasource: str | None = None
    ) -> Webhook:
        """See `Webhooks.add`."""
        from mirrorlake.connections.webhook_requests import check_url  # noqa: PLC0415  loads an HTTP library
        from mirrorlake.jobs.signing import make_secret  # noqa: PLC0415  loads cryptography

        resources = self.resources
        check_url(url, resources.settings.allow_addresses)
        wanted = tuple(dict.fromkeys(events))
        if not wanted:
            raise UsageError("A webhook needs at least one event.", f"Choose from {', '.join(WebhookEvent)}.")
        source = None if datasource is None else datasources.named(resources.catalog, datasource)
        number = webhooks.add(resources.catalog, url, wanted, source, by=self.caller)
        secret = make_secret(resources.settings, resources.catalog, webhooks.secret_owner(number))
        return replace(webhooks.show(resources.catalog, number), secret=secret)

    @requires(Permission.WEBHOOKS_READ)
    def list(self) -> Sequence[Webhook]:
        """See `Webhooks.list`."""
        return webhooks.list_all(self.resources.catalog)

    @requires(Permission.WEBHOOKS_READ)
    def get(self, webhook_id: int) -> Webhook:
        """See `Webhooks.get`."""
        return webhooks.show(self.resources.catalog, webhook_id)

    @requires(Permission.WEBHOOKS_READ)
    def deliveries(self, webhook_id: int, *, limit: int = 20) -> Sequence[Delivery]:
        """See `Webhooks.deliveries`."""
        webhooks.show(self.resources.catalog, webhook_id)
        return webhooks.list_deliveries(self.resources.catalog, webhook_id, limit=limit)

    @requires(Permission.WEBHOOKS_EDIT)
    def test(self, webhook_id: int) -> Delivery:
        """See `Webhooks.test`."""
        from mirrorlake.jobs.deliveries import deliver  # noqa: PLC0415  loads an HTTP library

        catalog = self.resources.catalog
        begun = webhooks.begin_test(catalog, webhooks.show(catalog, webhook_id))
        deliver(self.resources.settings, catalog, begun)
        [done] = [one for one in webhooks.list_deliveries(catalog, webhook_id, limit=100) if one.id == begun.id]
        return done

    @requires(Permission.WEBHOOKS_EDIT)
    def delete(self, webhook_id: int) -> None:
        """See `Webhooks.delete`."""
        webhooks.delete(self.resources.catalog, webhook_id, by=self.caller)
        signing_secrets.drop(self.resources.catalog, webhooks.secret_owner(webhook_id))
