"""Access tokens of Google: where they come from, and what they are for."""

from __future__ import annotations

from typing import Protocol

from mirrorlake.storage.tokens import AccessToken, TokenCache

READ = "https://www.googleapis.com/auth/devstorage.read_only"
WRITE = "https://www.googleapis.com/auth/devstorage.read_write"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"  # needed to act as another service account


class UrlSigner(Protocol):
    """Signs URLs in the name of a service account."""

    @property
    def email(self) -> str:
        """The service account. May make a request; raises StorageError."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The RSA signature of `data` with SHA-256. May make a request; raises StorageError."""
        ...


class TokenSource(Protocol):
    """Fetches access tokens. Holds no state and can be pickled: each process keeps its own tokens."""

    def fetch(self, scope: str) -> AccessToken:
        """A new token for `scope`. Raises AccessDenied, SourceUnreachable or SettingsError."""
        ...

    def signer(self) -> UrlSigner | None:
        """What signs URLs in its name; None if it is not a service account."""
        ...

    @property
    def principal(self) -> str | None:
        """The account in messages, if it is known without a request."""
        ...


def token_cache(source: TokenSource, scope: str) -> TokenCache:
    """Keeps the current token of a source for one scope."""
    return TokenCache(lambda: source.fetch(scope))
