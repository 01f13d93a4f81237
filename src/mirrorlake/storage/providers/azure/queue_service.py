"""Queues of Azure Storage as a kind of queues: addresses are checked without loading a client."""

from __future__ import annotations

from urllib.parse import urlsplit

from mirrorlake.core.errors import UsageError
from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access
from mirrorlake.storage.providers.azure.access import azure_access
from mirrorlake.storage.queues import MessageQueue, Networks


class AzureQueueService:
    """Queues of a storage account, or of its emulator."""

    def check(self, address: str) -> None:
        """Accept the URL of a queue, without a SAS."""
        try:
            parts = urlsplit(address)
            usable = parts.scheme in ("http", "https") and parts.hostname and len(parts.path.strip("/")) > 0
        except ValueError:
            usable = parts = None
        if not usable or parts is None or parts.username is not None or parts.query or parts.fragment:
            raise UsageError(
                "This is not the address of a queue of Azure Storage.",
                "Write it as https://ACCOUNT.queue.core.windows.net/NAME, without a shared access signature.",
            )

    def open(
        self, address: str, access: Access, *, credentials: Credentials | None, networks: Networks
    ) -> MessageQueue:
        """The queue, read with the credentials of the connection or of the machine."""
        from mirrorlake.storage.providers.azure.queue import AzureQueue  # noqa: PLC0415  loads clients
        from mirrorlake.storage.providers.azure.resolving import config_of  # noqa: PLC0415  as above

        self.check(address)
        return AzureQueue(address, config_of(azure_access(access), None, credentials), networks=networks)
