"""Access tokens of clouds, and how they are kept until shortly before they expire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mirrorlake.core.errors import AccessDenied, SourceUnreachable

REFRESH_S = 300.0  # a token is replaced when it has less time left
SHORTEST_S = 5.0  # a token with less time left is not used


class NoCredentials(AccessDenied):
    """The machine provides no credentials, or the service that does so no longer answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token that is sent with each request."""

    text: str = field(repr=False)
    life_s: float  # seconds until it expires, from when it was requested


class TokenCache:
    """The current token. Thread-safe: one thread fetches, the others wait for it.

    `fetch` requests a new one; it raises AccessDenied, SourceUnreachable or SettingsError.
    """

    def __init__(self, fetch: Callable[[], AccessToken]) -> None:
        self._fetch = fetch
        self._token: AccessToken | None = None
        self._refresh = 0.0  # when it is replaced, by the monotonic clock
        self._end = 0.0  # when it expires
        self._lock = threading.Lock()

    def current(self) -> str:
        """A token that is valid for a while. Raises as `fetch`."""
        with self._lock:
            now = time.monotonic()
            if self._token is not None and now < self._refresh:
                return self._token.text
            try:
                self._token = self._fetch()
            except (SourceUnreachable, NoCredentials):
                if self._token is None or now > self._end - SHORTEST_S:
                    raise
                return self._token.text  # the next request tries again
            life = self._token.life_s
            self._refresh, self._end = now + max(life - REFRESH_S, life / 2), now + life
            return self._token.text

    def drop(self, refused: str) -> None:
        """Forget a token that a server refused before it expired."""
        with self._lock:
            if self._token is not None and self._token.text == refused:
                self._token = None

    def known(self) -> str | None:
        """The last token, for messages that must not contain it. Makes no request."""
        token = self._token
        return None if token is None else token.text
