"""Members, API keys, sessions and the caller itself over HTTP."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.access import Permission, Role
from mirrorlake.model.members import About, ApiKey, Identity, Member, Session
from mirrorlake.services.access_contract import Account, ApiKeys, Members, Sessions


class MemberClient(NounClient, Members):
    """Implements `Members` over HTTP."""

    def list(self) -> Sequence[Member]:
        """See `Members.list`."""
        return self.connection.ask(tuple[Member, ...], "GET", "/members")

    def add(self, name: str, role: Role) -> Member:
        """See `Members.add`."""
        return self.connection.ask(Member, "POST", "/members", body={"name": name, "role": role.value})

    def change(self, name: str, role: Role) -> Member:
        """See `Members.change`."""
        return self.connection.ask(Member, "PATCH", f"/members/{segment(name)}", body={"role": role.value})

    def remove(self, name: str) -> None:
        """See `Members.remove`."""
        self.connection.send("DELETE", f"/members/{segment(name)}")

    def invite(self, name: str) -> Member:
        """See `Members.invite`."""
        return self.connection.ask(Member, "POST", f"/members/{segment(name)}/invitation")


class ApiKeyClient(NounClient, ApiKeys):
    """Implements `ApiKeys` over HTTP."""

    def list(self) -> Sequence[ApiKey]:
        """See `ApiKeys.list`."""
        return self.connection.ask(tuple[ApiKey, ...], "GET", "/api-keys")

    def create(
        self,
        name: str,
        *,
        role: Role | None = None,
        permissions: Collection[Permission] = (),
        expires_days: int | None = None,
    ) -> ApiKey:
        """See `ApiKeys.create`."""
        body: dict[str, object] = {
            "name": name,
            "role": None if role is None else role.value,
            "permissions": [each.value for each in permissions],
            "expires_days": expires_days,
        }
        return self.connection.ask(ApiKey, "POST", "/api-keys", body=body)

    def revoke(self, key_id: int) -> ApiKey:
        """See `ApiKeys.revoke`."""
        return self.connection.ask(ApiKey, "DELETE", f"/api-keys/{key_id}")


class SessionClient(NounClient, Sessions):
    """Implements `Sessions` over HTTP."""

    def list(self, *, everyone: bool = False) -> Sequence[Session]:
        """See `Sessions.list`."""
        params = {"everyone": "true" if everyone else None}
        return self.connection.ask(tuple[Session, ...], "GET", "/sessions", params=params)

    def end(self, session_id: int) -> None:
        """See `Sessions.end`."""
        self.connection.send("DELETE", f"/sessions/{session_id}")


class AccountClient(NounClient, Account):
    """Implements `Account` over HTTP."""

    def about(self) -> About:
        """See `Account.about`."""
        return self.connection.ask(About, "GET", "/about")

    def identity(self) -> Identity:
        """See `Account.identity`."""
        return self.connection.ask(Identity, "GET", "/me")

    def change_password(self, current: str, new: str) -> None:
        """See `Account.change_password`."""
        self.connection.send("POST", "/me/password", body={"current": current, "new": new})
