"""The two addresses that a browser visits to sign in at the identity provider. No script needs them."""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from mirrorlake.api.access import Gate, entrance_of, is_secure
from mirrorlake.api.routing import Open, policy
from mirrorlake.core.errors import MirrorlakeError, NotFound, SignInRefused, TooManyAttempts
from mirrorlake.services.entrance import FROM_PROVIDER, TO_PROVIDER
from mirrorlake.services.oidc import Answer, NotInvited, NotUnderWay, OidcSignIn
from mirrorlake.services.sealed_sign_in import LONGEST_S

PAGE: Final = (
    "/#sign-in="  # followed by a code: what follows the # is not sent to servers, and no text of others is shown
)
_LONGEST_VALUE: Final = 4096
_Value = Annotated[str | None, Query(max_length=_LONGEST_VALUE)]
_log = logging.getLogger(__name__)


def oidc_routes(gate: Gate) -> APIRouter:
    """The routes /sign-in/oidc, to the provider, and /sign-in/oidc/callback, from it."""

    def begin(request: Request) -> RedirectResponse:
        """Go to the identity provider."""
        try:
            address, cookie = _oidc_of(request).begin(gate.browser(request))
        except MirrorlakeError as error:
            return _to_page(error)
        answer = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
        # Lax: the provider leads back here from another site.
        answer.set_cookie(
            _cookie_of(gate),
            cookie,
            max_age=LONGEST_S,
            path=TO_PROVIDER,
            httponly=True,
            samesite="lax",
            secure=is_secure(request),
        )
        return answer

    def finish(
        request: Request, state: _Value = None, code: _Value = None, error: _Value = None, iss: _Value = None
    ) -> RedirectResponse:
        """Begin a session of the member whom the provider has identified."""
        given = Answer(state=state or "", code=code, error=error, issuer=iss)
        try:
            session = _oidc_of(request).finish(given, request.cookies.get(_cookie_of(gate), ""), gate.browser(request))
        except MirrorlakeError as failure:
            answer = _to_page(failure)
        else:
            answer = RedirectResponse("/", status_code=303)
            gate.start_session(request, answer, session)
        answer.delete_cookie(
            _cookie_of(gate), path=TO_PROVIDER, httponly=True, samesite="lax", secure=is_secure(request)
        )
        return answer

    router = APIRouter(include_in_schema=False)
    router.add_api_route(TO_PROVIDER, begin, methods=["GET"], **policy(Open.PUBLIC))
    router.add_api_route(FROM_PROVIDER, finish, methods=["GET"], **policy(Open.PUBLIC))
    return router


def _oidc_of(request: Request) -> OidcSignIn:
    oidc = entrance_of(request).oidc
    if oidc is None:
        raise NotFound("This server has no identity provider.", "Sign in with a password.")
    return oidc


def _cookie_of(gate: Gate) -> str:
    return f"{gate.cookie}_oidc"


def _to_page(error: MirrorlakeError) -> RedirectResponse:
    """To the page that signs in, with a code that it explains. The log has the reason."""
    match error:
        case NotInvited():
            code = "not-invited"
        case NotUnderWay():
            code = "expired"
        case SignInRefused():
            code = "refused"
        case TooManyAttempts():
            code = "busy"
        case _:
            code = "unreachable"
    _log.warning("Sign-in at the identity provider: %s", error)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.seconds)
    return RedirectResponse(PAGE + code, status_code=303, headers=headers)
