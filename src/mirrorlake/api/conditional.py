"""Conditional requests: every JSON answer to a GET has an ETag, and 304 replaces one that the client already has."""

from __future__ import annotations

from typing import Final

import blake3
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlake.api.routing import is_api

BODY_BYTES: Final = 16 * 1024 * 1024  # of an answer that is held back
OK: Final = 200
NOT_MODIFIED: Final = 304
CACHE: Final = "private, no-cache"  # kept by the browser, and revalidated each time


class ConditionalGuard:
    """Adds ETags to JSON answers. Streams and pictures pass: they have their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(scope, send))


class _Answer:
    """Holds the start of a JSON answer back until its body is known."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._known = known_tags(Headers(scope=scope).get("if-none-match", ""))
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            length = headers.get("content-length", "")  # streams have none
            small = length.isdecimal() and int(length) <= BODY_BYTES
            if message["status"] == OK and small and headers.get("content-type", "").startswith("application/json"):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        headers.setdefault("ETag", f'"{blake3.blake3(self._body).hexdigest()[:32]}"')
        headers.setdefault("Cache-Control", CACHE)
        self._start = None
        if headers["ETag"].removeprefix("W/").strip('"') in self._known or "*" in self._known:
            for name in ("content-length", "content-type"):
                del headers[name]
            await self._send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": headers.raw})
            await self._send({"type": "http.response.body", "body": b""})
            return
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": bytes(self._body)})


def known_tags(header: str) -> frozenset[str]:
    """The tags of an If-None-Match header, without quotes and without the mark of weak ones."""
    return frozenset(tag.strip().removeprefix("W/").strip('"') for tag in header.split(",") if tag.strip())
