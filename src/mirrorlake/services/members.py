"""Use cases of members."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mirrorlake.catalog import members
from mirrorlake.core.errors import PermissionDenied, UsageError
from mirrorlake.model.access import PERMISSIONS, Permission, Role
from mirrorlake.model.members import Member
from mirrorlake.services.access_changes import access_changed
from mirrorlake.services.access_contract import Members
from mirrorlake.services.api_keys import digest_of
from mirrorlake.services.base import Service, requires
from mirrorlake.services.server_record import running_address

INVITATION_S: Final = 7 * 24 * 3600.0
_NAME = re.compile(r"[^\W_][\w.@+-]{0,99}")


def is_member_name(text: str) -> bool:
    """Whether a member can have this name."""
    return _NAME.fullmatch(text) is not None


class MemberService(Service, Members):
    """Implements `Members` over the catalog."""

    @requires(Permission.MEMBERS_EDIT)
    def list(self) -> Sequence[Member]:
        """See `Members.list`."""
        return members.list_members(self.resources.catalog, self.caller.workspace)

    @requires(Permission.MEMBERS_EDIT)
    def add(self, name: str, role: Role) -> Member:
        """See `Members.add`."""
        if not is_member_name(name):
            raise UsageError(
                f"{name!r} cannot be the name of a member.",
                "Use up to 100 letters, digits and . _ - + @, such as anna or anna@example.com.",
            )
        self._check_role(role)
        secret = secrets.token_urlsafe(32)
        invited = members.add(
            self.resources.catalog, name, role, invitation=digest_of(secret), seconds=INVITATION_S, by=self.caller
        )
        access_changed()
        return self._shown(name, secret if invited else None)

    @requires(Permission.MEMBERS_EDIT)
    def change(self, name: str, role: Role) -> Member:
        """See `Members.change`."""
        self._check_role(role)
        self._check_present_role(name)
        members.change(self.resources.catalog, name, role, by=self.caller)
        access_changed()
        return self._shown(name)

    @requires(Permission.MEMBERS_EDIT)
    def remove(self, name: str) -> None:
        """See `Members.remove`."""
        self._check_present_role(name)
        members.remove(self.resources.catalog, name, by=self.caller)
        access_changed()

    @requires(Permission.MEMBERS_EDIT)
    def invite(self, name: str) -> Member:
        """See `Members.invite`."""
        self._check_present_role(name)
        secret = secrets.token_urlsafe(32)
        members.invite(self.resources.catalog, name, invitation=digest_of(secret), seconds=INVITATION_S, by=self.caller)
        return self._shown(name, secret)

    def _check_present_role(self, name: str) -> None:
        self._check_role(members.show_member(self.resources.catalog, self.caller.workspace, name).role)

    def _check_role(self, role: Role) -> None:
        """Nobody manages members who can do more: its holder could make itself an owner with a key for members."""
        missing = sorted(each.value for each in PERMISSIONS[role] - self.caller.permissions)
        if missing:
            raise PermissionDenied(
                f"A member with the role {role} can do more than {self.caller.actor.name}, who lacks {missing[0]}.",
                "Ask an owner of the workspace.",
                permission=missing[0],
            )

    def _shown(self, name: str, secret: str | None = None) -> Member:
        found = members.show_member(self.resources.catalog, self.caller.workspace, name)
        if secret is None:
            return found
        # After the #, a browser sends it to no server, so that no log of a proxy contains it.
        return replace(found, invitation=f"{self._origin()}/#invitation={secret}")

    def _origin(self) -> str:
        """The address of the server: that of the operator, else as the caller reaches it, else as it runs here."""
        settings = self.resources.settings
        if settings.origin_named:
            return settings.origin
        return self.caller.origin or running_address(settings.home) or settings.origin
