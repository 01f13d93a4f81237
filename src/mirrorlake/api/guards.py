"""The guards before all routes: the host name, the characters of the address, the token, then the body.

Everything under /api requires a session, a key or the token, except `PUBLIC` and what is signed: a new route is private
without anyone having to remember it. Its permission is checked by `routing.PolicyRoute`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlake.api.access import Gate, refuse_other_sites
from mirrorlake.api.bodies import (
    FORMS,
    UPLOADS,
    ClientGone,
    is_form,
    is_upload,
    limit_form,
    limit_stream,
    read_body,
)
from mirrorlake.api.problems import RequestRefused, problem, problem_response, unexpected
from mirrorlake.api.routers.monitoring import HEALTH, READY
from mirrorlake.api.routing import WORKSPACE_HEADER, is_api, keep_encoded_slashes, workspace_of
from mirrorlake.connections.signatures import HEADER
from mirrorlake.model.access import SENDER
from mirrorlake.services.entrance import FROM_PROVIDER, TO_PROVIDER

SIGN_IN: Final = frozenset({"/api/v1/sign-in", "/api/v1/sign-in/invitation"})
PROVIDER: Final = frozenset({TO_PROVIDER, FROM_PROVIDER})
PUBLIC: Final = SIGN_IN | PROVIDER | {HEALTH, READY}
SIGNED: Final = "/api/v1/events/"  # requests of senders without a token, which the service checks by their signature
# Names of this machine cannot be rebound by a foreign DNS server. Any port is accepted, since a tunnel may use
# another one.
_LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?\Z", re.IGNORECASE)

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob: https: http:; media-src 'self' blob: https: http:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": WORKSPACE_HEADER,  # ids of one workspace name other things in another
}


class RequestGuard:
    """Refuses a request before its route is chosen. What it refuses first depends on nothing that comes later."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            receive = await self._check(scope, receive)
        except RequestRefused as refusal:
            await problem_response(refusal.problem)(scope, receive, send)
        except ClientGone:
            return
        else:
            await self._app(scope, receive, send)

    async def _check(self, scope: Scope, receive: Receive) -> Receive:
        _refuse_nul(scope)
        keep_encoded_slashes(scope)
        path: str = scope["path"]
        if not is_api(path):
            return receive  # no such route reads a body
        request = Request(scope)
        if path in PUBLIC:
            if path in SIGN_IN and request.method == "POST":
                refuse_other_sites(request)  # nobody else signs a browser in
        elif path.startswith(SIGNED) and request.headers.get(HEADER):
            request.state.caller = replace(SENDER, workspace=workspace_of(request) or SENDER.workspace)
        else:
            await self._gate.admit(request)
        if path == UPLOADS and is_upload(scope):
            return limit_stream(scope, receive)
        if path in FORMS and is_form(scope):
            return limit_form(scope, receive)
        return await read_body(scope, receive)


def _refuse_nul(scope: Scope) -> None:
    """Raises RequestRefused for an address with a NUL character, which PostgreSQL cannot store."""
    if "\0" in scope["path"]:
        detail, fix = "Names cannot contain a NUL character.", "Remove %00."
        raise RequestRefused(problem("not-found", "Not Found", 404, detail, fix))
    if b"\0" in unquote_to_bytes(scope["query_string"]):
        detail, fix = "A parameter contains a NUL character.", "Remove %00."
        raise RequestRefused(problem("usage-error", "Invalid request", 400, detail, fix))


class HostGuard:
    """Around all layers but the meter: accepts only known host names, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {bytes(name).lower() for name, _ in message["headers"]}
                extra = [
                    (name.lower().encode(), value.encode())
                    for name, value in SECURITY_HEADERS.items()
                    if name.lower().encode() not in names  # an original brings its own, stricter policy
                ]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        hosts = [bytes(value).decode("latin-1") for name, value in scope["headers"] if bytes(name) == b"host"]
        if len(hosts) == 1 and self._is_known(hosts[0]):
            await self._answer(scope, receive, send_with_headers)
            return
        detail = f"Unknown host {', '.join(hosts) or '(none)'}."
        fix = (
            "Use http://127.0.0.1 on the server's machine. Elsewhere, the operator sets MIRRORLAKE_ORIGIN to the "
            "address that browsers open, and starts the server again."
        )
        refusal = problem_response(problem("unknown-host", "Unknown host", 421, detail, fix))
        await refusal(scope, receive, send_with_headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_and_record(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_record)
        except Exception as error:
            if started:
                raise  # part of the answer was sent, so the connection is closed
            # Handled here, because the framework's own answer to an unexpected error would lack our headers.
            await unexpected(error)(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        host = host.lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        return _LOOPBACK.match(host) is not None or host in self._allowed or name in self._allowed
