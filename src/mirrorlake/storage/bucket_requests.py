"""What clouds share of sending requests to one bucket: the body of a response, and what becomes of its connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from urllib.parse import quote

from mirrorlake.core.errors import StorageError
from mirrorlake.storage.bodies import declared_size, most_sent, too_large
from mirrorlake.storage.http import BODY_BYTES, HttpClient, Response

Asked = TypeVar("Asked")  # what a provider knows of a request, for its errors


class BucketRequests(Generic[Asked]):
    """Sends requests through one client. `unreachable` makes the error for a response that cannot be used."""

    def __init__(self, client: HttpClient, unreachable: Callable[[Asked, str], StorageError]) -> None:
        self._client = client
        self._unreachable = unreachable

    def read(
        self,
        answer: Response,
        *,
        asked: Asked,
        limit: int = BODY_BYTES,
        too_long: StorageError | None = None,
    ) -> bytes:
        """The remaining body of a response; the connection is returned to the pool.

        Raises `too_long` for a body of more than `limit` bytes, if it is given.
        """
        return self._client.read_or_raise(
            answer, limit=limit, too_long=too_long, unreadable=lambda why: self._unreachable(asked, why)
        )

    def read_object(self, answer: Response, *, asked: Asked, what: str, limit: int) -> bytes:
        """The body of a response to a GET of the object `what`, with its content encoding.

        Raises ObjectTooLarge before more than `limit` bytes are in memory, or little more of an encoded body.
        """
        declared = declared_size(answer.headers)
        most = most_sent(answer.headers.get("Content-Encoding", ""), limit)
        if declared is not None and declared > most:
            raise too_large(what, declared, limit)
        if declared is not None:
            return self.read(answer, asked=asked, limit=declared)
        return self.read(answer, asked=asked, limit=most, too_long=too_large(what, None, limit))

    def discard(self, answer: Response) -> None:
        """Release the connection of a response that was not read completely."""
        self._client.discard(answer)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def with_query(path: str, query: Sequence[tuple[str, str]]) -> str:
    """A path with a query, whose values are percent-encoded once."""
    return path + ("?" + "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in query) if query else "")
