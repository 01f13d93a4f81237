"""Bodies of requests about members, keys and signing in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import Body
from mirrorlake.model.access import Permission, Role
from mirrorlake.services.access_contract import LONGEST_KEY_DAYS

_Password = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]


class NewMember(Body):
    """A member to add."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="A user name or an e-mail address.")]
    role: Role


class MemberChange(Body):
    """The new role of a member."""

    role: Role


class NewApiKey(Body):
    """An API key to create. It needs a role or a permission."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="What it is used for.")]
    role: Annotated[Role | None, Field(description="The role whose permissions it has.")] = None
    permissions: Annotated[
        tuple[Permission, ...], Field(max_length=100, description="Permissions besides those of the role.")
    ] = ()
    expires_days: Annotated[
        int | None, Field(ge=1, le=LONGEST_KEY_DAYS, description="Days until it expires; null: never.")
    ] = None


class PasswordChange(Body):
    """The password of the member who signed in, and the new one."""

    current: _Password
    new: _Password


class PasswordSignIn(Body):
    """What a member signs in with."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: _Password


class InvitationAnswer(Body):
    """The secret of an invitation, and the password to set."""

    secret: Annotated[str, Field(min_length=1, max_length=100)]
    password: _Password
