"""Measure requests for the metrics: how many were answered, with which status, and how soon the answer began."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlake.services.metrics import ServerMetrics

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER: Final = "other"


class RequestMeter:
    """Outermost layer. The names that it counts by are those of our routes: clients cannot make more."""

    def __init__(self, app: ASGIApp, owner: FastAPI, metrics: ServerMetrics) -> None:
        self._app = app
        self._owner = owner
        self._metrics = metrics
        self._paths: Mapping[Callable[..., Any], str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. An answer may last for hours, as a stream of events does: only its beginning counts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else _OTHER
                seconds = time.perf_counter() - begun
                self._metrics.count_request(method, self._route(scope), message["status"], seconds)
            await send(message)

        await self._app(scope, receive, send_and_count)

    def _route(self, scope: Scope) -> str:
        """The path of the route as its documents write it; of a request that reached none, `other`."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return _OTHER
        if not self._paths:
            self._paths = {
                context.endpoint: context.path
                for context in iter_route_contexts(self._owner.routes)
                if context.endpoint is not None and context.path is not None
            }
        return self._paths.get(endpoint, _OTHER)
