"""Who may talk to the server: the token, the session cookie, and the guards against other sites in the same browser."""

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
# A name that only this machine answers to cannot be rebound by a foreign DNS server, whatever the port
# (a tunnel may bring us to another one).
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

    The cookie holds a value made from the token, not the token: browsers send cookies to every port of a
    host, and what another local server sees of ours must not open scripts' access.
    """

    token: str

    @property
    def cookie(self) -> str:
        """The cookie's name: another library on another port of this host has another one."""
        return "mirrorlake_" + hashlib.sha256(b"name:" + self.token.encode()).hexdigest()[:8]

    @property
    def session(self) -> str:
        """The cookie's value."""
        return hmac.new(self.token.encode(), b"mirrorlake session 1", hashlib.sha256).hexdigest()

    def admit(self, request: Request) -> None:
        """The policy of every route that is not public; sets the caller. Raises NotSignedIn or Refused."""
        request.state.caller = token_holder()
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if not _same(credentials.strip(), self.token):
                raise NotSignedIn
            return  # a script's key is not sent by a browser on its own: no cross-site question
        if not _same(request.cookies.get(self.cookie, ""), self.session):
            raise NotSignedIn
        _refuse_other_sites(request)

    def sign_in(self, request: Request) -> RedirectResponse | None:
        """The answer to an address that carries a token: the same one without it, with a session if it was right."""
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
    """Compared in constant time, so that answering slowly does not tell how much was right."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _refuse_other_sites(request: Request) -> None:
    """A session works only for our own pages: not for another site, nor another port of this machine."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise Refused("Another site asked for this in your name.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise Refused("Another site asked for this in your name.")
    if origin is None and request.method not in _SAFE_METHODS and "sec-fetch-site" not in request.headers:
        raise Refused("A change needs to say which page it came from (the Origin header is missing).")


def _without_nul(scope: Scope) -> ASGIApp | None:
    """The answer to an address that holds the NUL character, which no name and no text in PostgreSQL can hold."""
    if "\0" in scope["path"]:
        return _NUL_IN_PATH
    return _NUL_IN_QUERY if b"\0" in unquote_to_bytes(scope["query_string"]) else None


_NUL_IN_PATH: Final = problem_response(
    problem("not-found", "Not Found", 404, "Nothing has a name that holds a NUL character.", "Remove %00.")
)
_NUL_IN_QUERY: Final = problem_response(
    problem("usage-error", "The request cannot be used", 400, "A parameter holds a NUL character.", "Remove %00.")
)


class FrontDoor:
    """Outermost layer: answers only to our own names, and puts the security headers on everything."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
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
        if len(hosts) == 1 and self._knows(hosts[0]):
            await (_without_nul(scope) or self._answer)(scope, receive, guarded)
            return
        detail = f"This server does not answer to the name {', '.join(hosts) or '(none)'}."
        fix = "Use http://127.0.0.1, or start it with that name allowed."
        refusal = problem_response(problem("unknown-host", "Unknown host", 421, detail, fix))
        await refusal(scope, receive, guarded)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if started:
                raise  # half an answer cannot become another one: the connection is cut
            # Here, since what the framework itself answers to a surprise goes out past our headers.
            await unexpected(error)(scope, receive, send)

    def _knows(self, host: str) -> bool:
        host = host.lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        return _LOOPBACK.match(host) is not None or host in self._allowed or name in self._allowed
