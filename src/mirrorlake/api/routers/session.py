"""The route of the session: a browser trades the token for a cookie."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mirrorlake.api.access import Gate
from mirrorlake.api.routing import add_route


def session_routes(gate: Gate) -> APIRouter:
    """The route /session."""

    def sign_in(request: Request) -> Response:
        """Start a session: the answer sets its cookie. Send the token in the header, so that no log contains it."""
        answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
        gate.start_session(request, answer)
        return answer

    router = APIRouter(tags=["server"])
    add_route(
        router,
        "POST",
        "/session",
        sign_in,
        operation="signIn",
        status=204,
        response_class=Response,
        response_description="The session has begun.",
    )
    return router
