"""The contract of queues from which events are read. Each provider has its own queue service, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access

Networks = tuple[str, ...] | None  # as in `connections`, which loads an HTTP library


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that was received. It comes again unless it is deleted in time."""

    body: bytes
    receipt: str = field(repr=False)  # what deletes it


class MessageQueue(Protocol):
    """One queue or subscription. Thread-safe; retries nothing. Raises StorageError."""

    def receive(self, *, wait_s: int) -> Sequence[Message]:
        """Some messages, hidden from other readers for a while; waits for the first one, where the service can."""
        ...

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages for good. One that cannot be deleted comes again."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class QueueService(Protocol):
    """A kind of queues: the grammar of their addresses, and how one is opened. Checking loads no network client."""

    def check(self, address: str) -> None:
        """Raise UsageError if this is not the address of a queue. Makes no request."""
        ...

    def open(
        self, address: str, access: Access, *, credentials: Credentials | None, networks: Networks
    ) -> MessageQueue:
        """The queue, read with what reads a datasource. Makes no request. Raises SettingsError.

        `credentials` are those of its connection; None: the machine's own for `access`. `networks`: see
        `connections.is_forbidden`.
        """
        ...
