"""Conditional changes: PUT, PATCH and DELETE with an If-Match header change nothing that was changed since it was read.

The ETag is the one of a GET of the same path, which is answered here once more. Changes of one server with If-Match to
one path wait for each other, so that of two with the same ETag only the first one is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from weakref import WeakValueDictionary

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlake.api.conditional import known_tags
from mirrorlake.api.problems import problem_of, problem_response
from mirrorlake.api.routing import allowed_methods, is_api
from mirrorlake.core.errors import StaleVersion

HEADER: Final = "If-Match"
METHODS: Final = frozenset({"PUT", "PATCH", "DELETE"})
_OF_THE_CHANGE: Final = (b"if-match", b"if-none-match", b"content-length", b"content-type", b"transfer-encoding")
_READ_AGAIN: Final = "Read it again, and repeat your change on what it is now."
_READABLE: Final = "Leave If-Match out, or send it to a path that a GET answers with an ETag."


@dataclass(slots=True)
class _Answer:
    """What a GET answered, of which the body is not needed unless it is an error."""

    messages: list[Message] = field(default_factory=list[Message])

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" or self.status >= HTTPStatus.BAD_REQUEST:
            self.messages.append(message)

    @property
    def status(self) -> int:
        return self.messages[0]["status"] if self.messages else 0

    @property
    def tag(self) -> str | None:
        header = Headers(raw=self.messages[0]["headers"]).get("etag")
        return None if header is None else next(iter(known_tags(header)), None)


@dataclass(slots=True)
class _NoBody:
    """The body of a GET, then the end of its client: a stream that is read here ends at once."""

    read: bool = False

    async def __call__(self) -> Message:
        if self.read:
            return {"type": "http.disconnect"}
        self.read = True
        return {"type": "http.request", "body": b"", "more_body": False}


class PreconditionGuard:
    """Refuses a change with If-Match of what has another ETag. Runs outside of the guard that adds ETags."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        wanted = _wanted(scope)
        if wanted is None or scope["method"] not in allowed_methods(Request(scope)):
            await self._app(scope, receive, send)
            return
        path = scope.get("raw_path") or scope["path"].encode()
        lock = self._locks.setdefault(path, asyncio.Lock())
        async with lock:
            present = _Answer()
            await self._app(_get_of(scope), _NoBody(), present)
            refusal = _refusal(scope["method"], wanted, present)
            if refusal is not None:
                await problem_response(problem_of(refusal))(scope, receive, send)
            elif present.status >= HTTPStatus.BAD_REQUEST and present.status != HTTPStatus.NOT_FOUND:
                for message in present.messages:
                    await send(message)
            else:
                await self._app(scope, receive, send)


def _wanted(scope: Scope) -> frozenset[str] | None:
    """The ETags that a change requires, `*` for any; None for a request without a precondition."""
    if scope["type"] != "http" or scope["method"] not in METHODS or not is_api(scope["path"]):
        return None
    header = Headers(scope=scope).get(HEADER)
    return None if header is None else known_tags(header)


def _refusal(method: str, wanted: frozenset[str], present: _Answer) -> StaleVersion | None:
    """Why the change is not made; None if it is, or if it is refused for another reason."""
    if present.status == HTTPStatus.NOT_FOUND:  # its own answer reports what is missing
        return StaleVersion("There is nothing that If-Match could match.", _READ_AGAIN) if method == "PUT" else None
    if present.status == HTTPStatus.METHOD_NOT_ALLOWED or (present.status == HTTPStatus.OK and present.tag is None):
        return StaleVersion("What this path changes has no ETag.", _READABLE)
    if present.status != HTTPStatus.OK or "*" in wanted or present.tag in wanted:
        return None
    return StaleVersion("It was changed since you read it: its ETag is another one now.", _READ_AGAIN)


def _get_of(scope: Scope) -> Scope:
    """A GET of the same path by the same caller."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _OF_THE_CHANGE]
    state: Mapping[str, Any] = scope.get("state", {})
    return {**scope, "method": "GET", "query_string": b"", "headers": headers, "state": dict(state)}
