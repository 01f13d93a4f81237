"""Use cases of sessions and of the caller itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from mirrorlake.catalog import members, sessions
from mirrorlake.catalog.activity import record_alone
from mirrorlake.core.errors import NotFound, SignInRefused, UsageError
from mirrorlake.model.access import PERMISSIONS, ActorKind, Permission, Role
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.members import About, Identity, Session, WorkspaceRole
from mirrorlake.services.access_changes import access_changed
from mirrorlake.services.access_contract import Account, Sessions
from mirrorlake.services.base import Service


class SessionService(Service, Sessions):
    """Implements `Sessions` over the catalog. Everyone may see and end their own."""

    def list(self, *, everyone: bool = False) -> Sequence[Session]:
        """See `Sessions.list`."""
        if everyone:
            self.caller.require(Permission.MEMBERS_EDIT)
        operators = self.caller.actor.kind in (ActorKind.USER, ActorKind.TOKEN)
        if not everyone and not operators and self.caller.session is None:
            return []  # a key has no session; those of its maker are not its own
        return sessions.list_sessions(
            self.resources.catalog,
            self.caller.workspace,
            member=self.caller.member,
            own=not everyone,
            operators=operators,
            current=self.caller.session,
        )

    def end(self, session_id: int) -> None:
        """See `Sessions.end`."""
        everyone = Permission.MEMBERS_EDIT in self.caller.permissions
        found = next((each for each in self.list(everyone=everyone) if each.id == session_id), None)
        if found is None:
            raise NotFound(
                f"Session {session_id} does not exist.",
                "The page Settings and `mirrorlake session list` show the existing ones.",
            )
        sessions.end(self.resources.catalog, session_id)
        access_changed()
        action = Action.SIGN_OUT if found.current else Action.END_SESSION
        record_alone(
            self.resources.catalog,
            self.caller,
            action,
            Subject.SESSION,
            str(session_id),
            details={"member": found.member},
        )


class AccountService(Service, Account):
    """Implements `Account` over the catalog."""

    def about(self) -> About:
        """See `Account.about`."""
        settings = self.resources.settings
        mirrors = Permission.DATASOURCES_EDIT in self.caller.permissions
        return About(
            version=version("mirrorlake"),
            database="embedded" if settings.database_url is None else "external",
            origin=settings.origin,
            local_folders=tuple(map(str, settings.local_roots)) if mirrors else (),
        )

    def identity(self) -> Identity:
        """See `Account.identity`."""
        caller, catalog = self.caller, self.resources.catalog
        if caller.member is not None and caller.actor.kind is ActorKind.MEMBER:
            found = members.memberships(catalog, caller.member)
        elif caller.actor.kind is ActorKind.KEY:
            found = ()
        else:
            found = tuple(WorkspaceRole(workspace=name, role=Role.OWNER) for name in members.workspaces(catalog))
        role = next((role for role in Role if PERMISSIONS[role] == caller.permissions & PERMISSIONS[Role.OWNER]), None)
        return Identity(
            kind=caller.actor.kind.value,
            name=caller.actor.name,
            workspace=caller.workspace,
            role=role,
            permissions=tuple(sorted(each.value for each in caller.permissions)),
            workspaces=found,
            session=caller.session,
        )

    def change_password(self, current: str, new: str) -> None:
        """See `Account.change_password`."""
        from mirrorlake.services.passwords import check_password, hash_password  # noqa: PLC0415  loads argon2
        from mirrorlake.services.sign_in import check_guess  # noqa: PLC0415  as above

        caller, catalog = self.caller, self.resources.catalog
        if caller.member is None or caller.session is None:
            raise UsageError("Only a member who signed in has a password.", "Sign in on the web pages first.")
        account = members.account(catalog, caller.member)
        if not check_guess(catalog, account.name, account, current, caller.address):
            raise SignInRefused(
                "The current password is wrong.",
                "An owner can make a new link, in the settings or with: mirrorlake member invite NAME",
            )
        check_password(new, account.name)
        members.set_password(catalog, account.id, hash_password(new), keep=caller.session)
        access_changed()
        record_alone(catalog, caller, Action.SET_PASSWORD, Subject.MEMBER, account.name)
