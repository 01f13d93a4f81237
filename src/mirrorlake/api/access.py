"""Access to the server: the token, the session cookie, and the guards against cross-site requests."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlake.api.problems import NotSignedIn, Refused, problem, problem_response, unexpected
from mirrorlake.services.callers import token_holder

SESSION_S: Final = 30 * 24 * 3600  # a month without signing in again
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Names of this machine cannot be rebound by a foreign DNS server. Any port is accepted, since a tunnel may use
# another one.
_LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?\Z", re.IGNORECASE)

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob: https: http:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """Checks one request against the library's token.

    The cookie holds a value derived from the token, not the token: browsers send cookies to every port of a host, and
    a cookie seen by another local server must not grant access to scripts.
    """

    token: str

    @property
    def cookie(self) -> str:
        """The name of the cookie, which differs between libraries on different ports of a host."""
        return "mirrorlake_" + hashlib.sha256(b"name:" + self.token.encode()).hexdigest()[:8]

    @property
    def session(self) -> str:
        """The value of the cookie."""
        return hmac.new(self.token.encode(), b"mirrorlake session 1", hashlib.sha256).hexdigest()

    def admit(self, request: Request) -> None:
        """Check a request to a private route and set its caller. Raises NotSignedIn or Refused."""
        request.state.caller = token_holder()
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if not _same(credentials.strip(), self.token):
                raise NotSignedIn
            return  # browsers do not send this header on their own, so no cross-site check is needed
        if not _same(request.cookies.get(self.cookie, ""), self.session):
            raise NotSignedIn
        _refuse_other_sites(request)

    def sign_in(self, request: Request) -> RedirectResponse | None:
        """Redirect an address with a token to the same one without it, and start a session if the token is correct."""
        given = request.query_params.getlist("token")
        if not given:
            return None
        rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
        # A path that begins with // would lead to another host.
        path = "/" + request.url.path.lstrip("/")
        answer = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, status_code=303)
        answer.headers["Cache-Control"] = "no-store"
        if _same(given[-1], self.token):
            answer.set_cookie(
                self.cookie,
                self.session,
                max_age=SESSION_S,
                httponly=True,
                samesite="strict",
                secure=request.url.scheme == "https",
            )
        return answer


def _same(given: str, wanted: str) -> bool:
    """Compare in constant time, so that the duration does not reveal how much was correct."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _refuse_other_sites(request: Request) -> None:
    """Accept sessions only from our own pages: not from another site, nor from another port of this machine."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise Refused("Cross-site request blocked.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise Refused("Cross-site request blocked.")
    if origin is None and request.method not in _SAFE_METHODS and "sec-fetch-site" not in request.headers:
        raise Refused("Request blocked: a change requires the Origin header, which is missing.")


def _without_nul(scope: Scope) -> ASGIApp | None:
    """The answer to an address with a NUL character, which PostgreSQL cannot store; None for any other address."""
    if "\0" in scope["path"]:
        return _NUL_IN_PATH
    return _NUL_IN_QUERY if b"\0" in unquote_to_bytes(scope["query_string"]) else None


_NUL_IN_PATH: Final = problem_response(
    problem("not-found", "Not Found", 404, "Names cannot contain a NUL character.", "Remove %00.")
)
_NUL_IN_QUERY: Final = problem_response(
    problem("usage-error", "Invalid request", 400, "A parameter contains a NUL character.", "Remove %00.")
)


class HostGuard:
    """Outermost layer: accepts only known host names, and adds the security headers to every answer."""

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
            await (_without_nul(scope) or self._answer)(scope, receive, send_with_headers)
            return
        detail = f"Unknown host {', '.join(hosts) or '(none)'}."
        fix = "Use http://127.0.0.1, or start the server with --host and this name."
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
