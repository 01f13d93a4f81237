"""Pub/Sub as a kind of queues: names of subscriptions are checked without loading a client."""

from __future__ import annotations

import re

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access
from mirrorlake.storage.providers.gcs.access import gcs_access
from mirrorlake.storage.queues import MessageQueue, Networks

SCOPE = "https://www.googleapis.com/auth/pubsub"
_NAME = re.compile(r"projects/[a-z0-9:.-]{4,60}/subscriptions/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")


class PubsubService:
    """Subscriptions of Google Cloud."""

    def check(self, address: str) -> None:
        """Accept the full name of a subscription."""
        if not _NAME.fullmatch(address):
            raise UsageError(
                f"{address[:200]!r} is not the name of a subscription.",
                "Write it as projects/PROJECT/subscriptions/NAME.",
            )

    def open(
        self, address: str, access: Access, *, credentials: Credentials | None, networks: Networks
    ) -> MessageQueue:
        """The subscription, read with the account that reads the bucket."""
        from mirrorlake.storage.providers.gcs.config import config_of  # noqa: PLC0415  loads clients
        from mirrorlake.storage.providers.gcs.pubsub import PubsubQueue  # noqa: PLC0415  as above
        from mirrorlake.storage.providers.gcs.tokens import token_cache  # noqa: PLC0415  as above

        self.check(address)
        config = config_of(gcs_access(access), credentials)
        if config.source is None:
            raise SettingsError(
                "A subscription of Pub/Sub needs an account of Google Cloud, not HMAC keys or none.",
                "Mirror the datasource with a connection of the kind gcs-service-account or gcs-ambient.",
            )
        return PubsubQueue(address, token_cache(config.source, SCOPE).current, networks=networks)
