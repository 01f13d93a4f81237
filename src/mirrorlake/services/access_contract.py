"""The use cases of access: members, API keys, sessions, and the caller itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from mirrorlake.model.access import Permission, Role
from mirrorlake.model.members import About, ApiKey, Identity, Member, Session

LONGEST_KEY_DAYS: Final = 3650


class Members(Protocol):
    """The members of the caller's workspace."""

    def list(self) -> Sequence[Member]:
        """All members by name."""
        ...

    def add(self, name: str, role: Role) -> Member:
        """Add a member. Without a password yet, the response has the address at which one is set, once.

        A member of another workspace, or one who signs in at the identity provider, gets none. Earlier ones end.
        Raises UsageError for an unusable name, Conflict for a member.
        """
        ...

    def change(self, name: str, role: Role) -> Member:
        """Give a member another role. Raises NotFound, and Conflict for the last owner."""
        ...

    def remove(self, name: str) -> None:
        """Take a member out, with the keys that it made. Raises NotFound, and Conflict for the last owner.

        The identity provider does not let the person in again until it is added again.
        """
        ...

    def invite(self, name: str) -> Member:
        """Make a new address at which a member sets a password; earlier ones stop working. Raises NotFound."""
        ...


class ApiKeys(Protocol):
    """The API keys of the caller's workspace."""

    def list(self) -> Sequence[ApiKey]:
        """All keys, the newest first, with the revoked ones."""
        ...

    def create(
        self,
        name: str,
        *,
        role: Role | None = None,
        permissions: Collection[Permission] = (),
        expires_days: int | None = None,
    ) -> ApiKey:
        """Create a key with the permissions of a role and others. The response alone has the key itself.

        Raises PermissionDenied for what the caller may not do itself, UsageError for a key that may do nothing or that
        outlives the key with which it is made, Conflict for a name in use.
        """
        ...

    def revoke(self, key_id: int) -> ApiKey:
        """Revoke a key: within seconds, no server accepts it. Raises NotFound."""
        ...


class Sessions(Protocol):
    """The browsers that are signed in."""

    def list(self, *, everyone: bool = False) -> Sequence[Session]:
        """The sessions of the caller; with `everyone`, of all members of the workspace, if it may change members."""
        ...

    def end(self, session_id: int) -> None:
        """Sign a browser out. Raises NotFound for a session that the caller does not see."""
        ...


class Account(Protocol):
    """The caller itself."""

    def about(self) -> About:
        """The server that the caller uses."""
        ...

    def identity(self) -> Identity:
        """Who the caller is and what it may do."""
        ...

    def change_password(self, current: str, new: str) -> None:
        """Change the password of the member who signed in; its other sessions end.

        Raises SignInRefused for a wrong current one, UsageError for an unusable new one or for a caller without one.
        """
        ...
