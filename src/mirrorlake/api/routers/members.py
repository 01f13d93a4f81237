"""Routes of members, API keys, sessions and the caller itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from mirrorlake.api.routing import Bound, Open, add_route
from mirrorlake.api.schemas.members import MemberChange, NewApiKey, NewMember, PasswordChange
from mirrorlake.model.access import Permission
from mirrorlake.model.members import About, ApiKey, Identity, Member, Session

Name = Annotated[str, Path(max_length=100, description="Name of the member.")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Its number.")]


def list_members(library: Bound) -> Sequence[Member]:
    """List the members of the workspace."""
    return library.members.list()


def add_member(library: Bound, member: NewMember) -> Member:
    """Add a member. Without a password yet, the response alone has the address at which one is set."""
    return library.members.add(member.name, member.role)


def change_member(library: Bound, name: Name, change: MemberChange) -> Member:
    """Give a member another role."""
    return library.members.change(name, change.role)


def remove_member(library: Bound, name: Name) -> Response:
    """Take a member out of the workspace, with the keys that it made."""
    library.members.remove(name)
    return Response(status_code=204)


def invite_member(library: Bound, name: Name) -> Member:
    """Make a new address at which a member sets a password. It is in this response only."""
    return library.members.invite(name)


def list_keys(library: Bound) -> Sequence[ApiKey]:
    """List the API keys of the workspace, without their secrets."""
    return library.api_keys.list()


def create_key(library: Bound, key: NewApiKey) -> ApiKey:
    """Create an API key. The key itself is in this response only."""
    return library.api_keys.create(key.name, role=key.role, permissions=key.permissions, expires_days=key.expires_days)


def revoke_key(library: Bound, key_id: Number) -> ApiKey:
    """Revoke an API key. It stays in the list."""
    return library.api_keys.revoke(key_id)


def list_sessions(
    library: Bound,
    *,
    everyone: Annotated[bool, Query(description="Those of all members; requires members:edit.")] = False,
) -> Sequence[Session]:
    """List the browsers that are signed in as the caller, or as anyone."""
    return library.sessions.list(everyone=everyone)


def end_session(library: Bound, session_id: Number) -> Response:
    """Sign a browser out: an own one, or with members:edit that of any member."""
    library.sessions.end(session_id)
    return Response(status_code=204)


def show_about(library: Bound) -> About:
    """Get the version of the server, and what its operator allows."""
    return library.account.about()


def show_identity(library: Bound) -> Identity:
    """Get who the caller is and what it may do."""
    return library.account.identity()


def change_password(library: Bound, change: PasswordChange) -> Response:
    """Change the password of the member who signed in. Its other sessions end."""
    library.account.change_password(change.current, change.new)
    return Response(status_code=204)


def member_routes() -> APIRouter:
    """The routes under /members, /api-keys, /sessions and /me, and /about."""
    router = APIRouter(tags=["access"])
    members, keys = Permission.MEMBERS_EDIT, Permission.KEYS_EDIT
    one = "/members/{name}"
    gone: dict[str, Any] = {"status": 204, "response_class": Response}
    add_route(router, "GET", "/members", list_members, operation="listMembers", needs=members)
    add_route(router, "POST", "/members", add_member, operation="addMember", needs=members, status=201, secret=True)
    add_route(router, "PATCH", one, change_member, operation="changeMember", needs=members)
    add_route(router, "DELETE", one, remove_member, operation="removeMember", needs=members, **gone)
    add_route(
        router,
        "POST",
        f"{one}/invitation",
        invite_member,
        operation="inviteMember",
        needs=members,
        status=201,
        secret=True,
    )
    add_route(router, "GET", "/api-keys", list_keys, operation="listApiKeys", needs=keys)
    add_route(router, "POST", "/api-keys", create_key, operation="createApiKey", needs=keys, status=201, secret=True)
    add_route(router, "DELETE", "/api-keys/{key_id:number}", revoke_key, operation="revokeApiKey", needs=keys)
    add_route(router, "GET", "/sessions", list_sessions, operation="listSessions", needs=Open.SIGNED_IN)
    add_route(
        router,
        "DELETE",
        "/sessions/{session_id:number}",
        end_session,
        operation="endSession",
        needs=Open.SIGNED_IN,
        **gone,
    )
    add_route(router, "GET", "/about", show_about, operation="getAbout", needs=Open.SIGNED_IN)
    add_route(router, "GET", "/me", show_identity, operation="getIdentity", needs=Open.SIGNED_IN)
    add_route(router, "POST", "/me/password", change_password, operation="changePassword", needs=Open.SIGNED_IN, **gone)
    return router
