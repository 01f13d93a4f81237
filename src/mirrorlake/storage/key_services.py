"""The contract of services that keep keys: they encrypt small texts with keys that never leave them."""

from __future__ import annotations

from typing import Protocol


class KeyMismatch(Exception):
    """The key at hand did not encrypt this text."""


class ServiceKey(Protocol):
    """One key of such a service, reached with the machine's own credentials. Thread-safe; retries nothing."""

    def encrypt(self, data: bytes) -> str:
        """The encrypted data, as ASCII text. One request or two. Raises SettingsError if it cannot be encrypted.

        Raises SourceUnreachable for what may be temporary.
        """
        ...

    def decrypt(self, text: str) -> bytes:
        """The data. One request. Raises KeyMismatch if another key encrypted it, and SettingsError as above."""
        ...
