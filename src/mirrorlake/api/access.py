"""Access to the server: the token, the session cookie, and the refusal of cross-site requests."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from mirrorlake.api.problems import RequestRefused, problem
from mirrorlake.services.callers import token_holder

SESSION_S: Final = 30 * 24 * 3600  # a month without signing in again
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


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
        """Check a private request and set its caller. Raises RequestRefused."""
        request.state.caller = token_holder()
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if not _same(credentials.strip(), self.token):
                raise _not_signed_in()
            return  # browsers do not send this header on their own, so no cross-site check is needed
        if not _same(request.cookies.get(self.cookie, ""), self.session):
            raise _not_signed_in()
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
            self.start_session(request, answer)
        return answer

    def start_session(self, request: Request, answer: Response) -> None:
        """Let the answer set the cookie of a session."""
        answer.set_cookie(
            self.cookie,
            self.session,
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )


def _same(given: str, wanted: str) -> bool:
    """Compare in constant time, so that the duration does not reveal how much was correct."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _refuse_other_sites(request: Request) -> None:
    """Accept sessions only from our own pages: not from another site, nor from another port of this machine."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise _cross_site()
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise _cross_site()
    if origin is None and request.method not in _SAFE_METHODS and "sec-fetch-site" not in request.headers:
        raise _cross_site("Request blocked: a change requires the Origin header, which is missing.")


def _not_signed_in() -> RequestRefused:
    detail = "The request has no valid session or access token."
    fix = "Open the address that `mirrorlake up` printed, or send `Authorization: Bearer TOKEN`."
    return RequestRefused(problem("not-signed-in", "Not signed in", 401, detail, fix))


def _cross_site(detail: str = "Cross-site request blocked.") -> RequestRefused:
    return RequestRefused(problem("refused", "Refused", 403, detail, "Open mirrorlake at its own address."))
