"""Routes of signing in and out. All answers that begin a session set its cookie."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from mirrorlake.api.access import Gate, entrance_of
from mirrorlake.api.routing import Bound, Open, add_route, check_parameter_names
from mirrorlake.api.schemas.members import InvitationAnswer, PasswordSignIn
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import ActorKind, Context
from mirrorlake.model.members import SignInOptions
from mirrorlake.services.entrance import Entrance

_BEGUN: Final[dict[str, Any]] = {
    "status": 204,
    "response_class": Response,
    "response_description": "The session has begun.",
}


def session_routes(gate: Gate) -> APIRouter:
    """The route /session: the access token becomes a session, and a session ends."""

    def begin(request: Request) -> Response:
        """Start a session with the access token. Send it in the header, so that no log contains it."""
        caller: Context = request.state.caller
        if caller.actor.kind is not ActorKind.TOKEN:
            raise UsageError("Only the access token begins a session here.", "Members sign in with a password.")
        answer = Response(status_code=204)
        gate.start_session(request, answer, entrance_of(request).sign_in.with_token(gate.browser(request)))
        return answer

    def end(request: Request, library: Bound) -> Response:
        """Sign out: the session of the request ends."""
        caller: Context = request.state.caller
        if caller.session is not None:
            library.sessions.end(caller.session)
        answer = Response(status_code=204)
        gate.end_session(request, answer)
        return answer

    router = APIRouter(tags=["access"])
    add_route(router, "POST", "/session", begin, operation="signIn", needs=Open.SIGNED_IN, **_BEGUN)
    add_route(
        router,
        "DELETE",
        "/session",
        end,
        operation="signOut",
        needs=Open.SIGNED_IN,
        status=204,
        response_class=Response,
    )
    return router


def sign_in_routes(gate: Gate, problems: dict[int | str, dict[str, Any]]) -> APIRouter:
    """The public routes under /sign-in. Requests that begin a session are accepted from our own pages only."""

    def options(request: Request) -> SignInOptions:
        """Get how one can sign in."""
        entrance: Entrance | None = request.app.state.entrance
        return SignInOptions(oidc=None if entrance is None else entrance.oidc_host)

    def with_password(request: Request, member: PasswordSignIn) -> Response:
        """Start a session with the name and password of a member."""
        answer = Response(status_code=204)
        sign_in = entrance_of(request).sign_in
        gate.start_session(request, answer, sign_in.with_password(member.name, member.password, gate.browser(request)))
        return answer

    def with_invitation(request: Request, invitation: InvitationAnswer) -> Response:
        """Set the password of an invited member, and start a session."""
        answer = Response(status_code=204)
        sign_in = entrance_of(request).sign_in
        cookie = sign_in.with_invitation(invitation.secret, invitation.password, gate.browser(request))
        gate.start_session(request, answer, cookie)
        return answer

    router = APIRouter(
        prefix="/api/v1/sign-in",
        tags=["access"],
        dependencies=[Depends(check_parameter_names)],
        responses=problems,
    )
    add_route(router, "GET", "", options, operation="getSignInOptions", needs=Open.PUBLIC)
    add_route(router, "POST", "", with_password, operation="signInWithPassword", needs=Open.PUBLIC, **_BEGUN)
    add_route(router, "POST", "/invitation", with_invitation, operation="acceptInvitation", needs=Open.PUBLIC, **_BEGUN)
    return router
