"""SQS as a kind of queues: addresses are checked without loading a client."""

from __future__ import annotations

from urllib.parse import urlsplit

from mirrorlake.core.errors import UsageError
from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access
from mirrorlake.storage.providers.s3.access import s3_access
from mirrorlake.storage.providers.s3.credentials import machine_config
from mirrorlake.storage.queues import MessageQueue, Networks


class SqsService:
    """Queues of AWS, or of another server that speaks its protocol."""

    def check(self, address: str) -> None:
        """Accept the URL of a queue as AWS shows it."""
        try:
            parts = urlsplit(address)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.path.strip("/").count("/") == 1
        except ValueError:
            usable = parts = None
        if not usable or parts is None:
            raise UsageError(
                f"{address!r} is not the address of an SQS queue.",
                "Write it as AWS shows it: https://sqs.eu-west-1.amazonaws.com/123456789012/NAME",
            )
        if parts.username is not None or parts.query or parts.fragment:
            raise UsageError("The address of an SQS queue contains no user, query or fragment.", "Remove them.")

    def open(
        self, address: str, access: Access, *, credentials: Credentials | None, networks: Networks
    ) -> MessageQueue:
        """The queue, read with the keys that read the bucket."""
        from mirrorlake.storage.providers.s3.queue import SqsQueue  # noqa: PLC0415  loads botocore

        self.check(address)
        from mirrorlake.storage.providers.s3.connection import connection_config  # noqa: PLC0415  loads clients

        own = s3_access(access)
        config = None if credentials is None else connection_config(own, credentials)
        return SqsQueue(address, config or machine_config(own), networks=networks)
