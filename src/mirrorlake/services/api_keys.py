"""Use cases of API keys.

A key is `mlk_PREFIX_SECRET`, its secret 256 random bits. Its SHA-256 is stored: nobody can try 2^256 values, so a slow
hash as for passwords would protect nothing and cost 50 ms in every request.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mirrorlake.catalog import api_keys
from mirrorlake.core.errors import PermissionDenied, UsageError
from mirrorlake.model.access import PERMISSIONS, ActorKind, Permission, Role
from mirrorlake.model.members import ApiKey
from mirrorlake.services.access_changes import access_changed
from mirrorlake.services.access_contract import LONGEST_KEY_DAYS, ApiKeys
from mirrorlake.services.base import Service, requires

KEY: Final = re.compile(r"mlk_[a-z2-7]{8}_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[^\W_][\w. @+-]{0,99}")
_DAY_S: Final = 24 * 3600.0


def digest_of(secret: str) -> bytes:
    """What is stored of a key or of the cookie of a session."""
    return hashlib.sha256(secret.encode()).digest()


class ApiKeyService(Service, ApiKeys):
    """Implements `ApiKeys` over the catalog."""

    @requires(Permission.KEYS_EDIT)
    def list(self) -> Sequence[ApiKey]:
        """See `ApiKeys.list`."""
        return api_keys.list_keys(self.resources.catalog, self.caller.workspace)

    @requires(Permission.KEYS_EDIT)
    def create(
        self,
        name: str,
        *,
        role: Role | None = None,
        permissions: Collection[Permission] = (),
        expires_days: int | None = None,
    ) -> ApiKey:
        """See `ApiKeys.create`."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} cannot be the name of a key.", "Use up to 100 letters, digits, blanks and . _ - + @."
            )
        if expires_days is not None and not 1 <= expires_days <= LONGEST_KEY_DAYS:
            raise UsageError(f"A key cannot expire after {expires_days} days.", f"Choose 1 to {LONGEST_KEY_DAYS}.")
        self._check_scope(role, permissions)
        self._check_expiry(expires_days)
        prefix = f"mlk_{base64.b32encode(secrets.token_bytes(5)).decode().lower()}"
        key = f"{prefix}_{secrets.token_urlsafe(32)}"
        new = api_keys.NewKey(
            name=name,
            prefix=prefix,
            digest=digest_of(key),
            role=role,
            permissions=frozenset(permissions),
            seconds=None if expires_days is None else expires_days * _DAY_S,
        )
        catalog = self.resources.catalog
        number = api_keys.add(catalog, new, by=self.caller)
        return replace(api_keys.show(catalog, self.caller.workspace, number), key=key)

    @requires(Permission.KEYS_EDIT)
    def revoke(self, key_id: int) -> ApiKey:
        """See `ApiKeys.revoke`."""
        catalog = self.resources.catalog
        api_keys.revoke(catalog, key_id, by=self.caller)
        access_changed()
        return api_keys.show(catalog, self.caller.workspace, key_id)

    def _check_scope(self, role: Role | None, permissions: Collection[Permission]) -> None:
        wanted = (frozenset[Permission]() if role is None else PERMISSIONS[role]) | frozenset(permissions)
        if not wanted:
            raise UsageError("A key needs a role or a permission.", f"Choose a role: {', '.join(Role)}.")
        missing = sorted(each.value for each in wanted - self.caller.permissions)
        if missing:
            raise PermissionDenied(
                f"A key cannot do more than its maker, and {self.caller.actor.name} lacks {', '.join(missing)}.",
                "Choose a smaller role, or single permissions.",
                permission=missing[0],
            )

    def _check_expiry(self, expires_days: int | None) -> None:
        if self.caller.actor.kind is not ActorKind.KEY:
            return
        keys = api_keys.list_keys(self.resources.catalog, self.caller.workspace)
        own = next((each.expires for each in keys if each.prefix == self.caller.credential), None)
        if own is not None and (expires_days is None or datetime.now(UTC) + timedelta(days=expires_days) > own):
            raise UsageError(
                f"A key that is made with a key cannot outlive it, and that one expires on {own:%Y-%m-%d}.",
                "Choose fewer days, or make it with another key.",
            )
