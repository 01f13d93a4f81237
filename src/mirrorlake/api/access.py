"""Access to the server: keys and the access token, session cookies, and the refusal of cross-site requests."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from mirrorlake.api.client_address import Network, client_address
from mirrorlake.api.problems import RequestRefused, problem, problem_of
from mirrorlake.api.routing import original_path, workspace_of
from mirrorlake.core.errors import MirrorlakeError, SettingsError
from mirrorlake.model.access import Context
from mirrorlake.services.admission import Credential, ForeignWorkspace
from mirrorlake.services.api_keys import digest_of
from mirrorlake.services.callers import token_holder
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.sign_in import Browser

SESSION_S: Final = 30 * 24 * 3600  # as long as a session can last
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Gate:
    """Checks requests. Without an entrance (`app.state.entrance`), only the access token admits."""

    token: str

    @property
    def cookie(self) -> str:
        """The name of the cookie, which differs between libraries on different ports of a host."""
        return "mirrorlake_" + hashlib.sha256(b"name:" + self.token.encode()).hexdigest()[:8]

    async def admit(self, request: Request) -> None:
        """Check a private request and set its caller. Raises RequestRefused."""
        entrance: Entrance | None = request.app.state.entrance
        credential = self._credential(request)
        try:
            caller = await _caller(entrance, credential)
            if caller is None:
                await _record_invalid_key(entrance, credential, request)
        except MirrorlakeError as error:
            if entrance is not None and isinstance(error, ForeignWorkspace):
                record = partial(entrance.admission.record_foreign, method=request.method, path=original_path(request))
                await run_in_threadpool(record, error)
            raise RequestRefused(problem_of(error)) from error
        if caller is None:
            raise _not_signed_in()
        if credential.kind == "session":
            refuse_other_sites(request)  # browsers do not send the other header on their own
        request.state.caller = replace(caller, origin=_origin_of(request))
        request.state.still_admitted = partial(_still_admitted, entrance, credential, caller)

    def _credential(self, request: Request) -> Credential:
        """What the request presents. Raises RequestRefused if that is nothing."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        secret, kind = given.strip(), "key"
        if scheme.lower() != "bearer":
            secret, kind = request.cookies.get(self.cookie, ""), "session"
        elif _same(secret, self.token):
            kind = "token"
        if not secret:
            raise _not_signed_in()
        return Credential(
            kind=kind, secret=secret, workspace=workspace_of(request) or None, address=address_of(request)
        )

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
            self.start_session(request, answer, entrance_of(request).sign_in.with_token(self.browser(request)))
        return answer

    def browser(self, request: Request) -> Browser:
        """The browser of a request that begins a session."""
        cookie = request.cookies.get(self.cookie)
        return Browser(
            address=address_of(request),
            agent=request.headers.get("user-agent"),
            earlier=digest_of(cookie) if cookie else None,
        )

    def start_session(self, request: Request, answer: Response, cookie: str) -> None:
        """Let the answer set the cookie of a session."""
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(
            self.cookie, cookie, max_age=SESSION_S, httponly=True, samesite="strict", secure=is_secure(request)
        )

    def end_session(self, request: Request, answer: Response) -> None:
        """End the session of the request, and let the answer delete its cookie."""
        cookie = request.cookies.get(self.cookie)
        if cookie:
            entrance_of(request).sign_in.end(cookie)
        answer.headers["Cache-Control"] = "no-store"
        answer.delete_cookie(self.cookie, httponly=True, samesite="strict", secure=is_secure(request))


def entrance_of(request: Request) -> Entrance:
    """The entrance of the server. Raises SettingsError if it has none."""
    entrance: Entrance | None = request.app.state.entrance
    if entrance is None:
        raise SettingsError("This server has no sessions.", "Send the access token in the header Authorization.")
    return entrance


def is_secure(request: Request) -> bool:
    """Whether the browser uses HTTPS, perhaps up to a proxy."""
    return request.url.scheme == "https" or entrance_of(request).is_secure


def address_of(request: Request) -> str | None:
    """The network address of the caller, as trusted proxies saw it."""
    peer = None if request.client is None else request.client.host
    trusted: tuple[Network, ...] = request.app.state.trusted_proxies
    return client_address(peer, request.headers.getlist("x-forwarded-for"), trusted) if trusted else peer


def _origin_of(request: Request) -> str:
    """Scheme, host and port under which the caller reaches the server, whose name the guard has checked."""
    sent = request.headers.get("origin", "").lower()  # knows of HTTPS up to a proxy
    return sent if sent in _own_origins(request) else f"{request.url.scheme}://{_host(request)}"


def _own_origins(request: Request) -> tuple[str, str]:
    """What browsers send as the origin of our own pages."""
    return f"http://{_host(request)}", f"https://{_host(request)}"


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower()


async def _caller(entrance: Entrance | None, credential: Credential) -> Context | None:
    if entrance is None:
        return token_holder(credential.workspace, credential.address) if credential.kind == "token" else None
    known = entrance.admission.recall(credential)
    return known or await run_in_threadpool(entrance.admission.admit, credential)


async def _still_admitted(entrance: Entrance | None, credential: Credential, before: Context) -> bool:
    """Whether a request that goes on would be admitted now, with the same permissions."""
    try:
        now = await _caller(entrance, credential)
    except MirrorlakeError:
        return False
    return now is not None and now.permissions == before.permissions


async def _record_invalid_key(entrance: Entrance | None, credential: Credential, request: Request) -> None:
    """Record a request with an invalid key, unless enough is recorded. A session that has ended is no attempt."""
    if entrance is None or credential.kind != "key":
        return
    others = entrance.key_refusals.count(credential.address)
    if others is not None:
        record = partial(entrance.key_refusals.record, method=request.method, path=original_path(request))
        await run_in_threadpool(record, credential, others=others)


def _same(given: str, wanted: str) -> bool:
    """Compare in constant time, so that the duration does not reveal how much was correct."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def refuse_other_sites(request: Request) -> None:
    """Accept sessions, and requests that begin one, only from our own pages. Raises RequestRefused.

    Another port of this machine is another site.
    """
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise _cross_site()
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() not in _own_origins(request):
        raise _cross_site()
    if origin is None and request.method not in _SAFE_METHODS and "sec-fetch-site" not in request.headers:
        raise _cross_site("Request blocked: a change requires the Origin header, which is missing.")


def _not_signed_in() -> RequestRefused:
    detail = "The request has no valid session, API key or access token."
    fix = "Sign in, open the address that `mirrorlake up` printed, or send `Authorization: Bearer KEY`."
    return RequestRefused(problem("not-signed-in", "Not signed in", 401, detail, fix))


def _cross_site(detail: str = "Cross-site request blocked.") -> RequestRefused:
    return RequestRefused(problem("refused", "Refused", 403, detail, "Open mirrorlake at its own address."))
