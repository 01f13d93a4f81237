"""API keys in the catalog, as hashes."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import PERMISSIONS, Context, Permission, Role
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.members import ApiKey
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.postgres.schemas import schema_of

_KNOWN = {each.value for each in Permission}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key to store."""

    name: str
    prefix: str
    digest: bytes
    role: Role | None
    permissions: frozenset[Permission]
    seconds: float | None  # until it expires


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedKey:
    """A valid key as admission needs it."""

    id: int
    name: str
    prefix: str
    workspace: str
    permissions: frozenset[Permission]  # also limited by the present role of its maker
    member: int | None
    seconds: float | None  # until it expires
    stale: bool  # its last use is to be recorded again


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidKey:
    """A key that admits nobody any more."""

    name: str
    prefix: str
    workspace: str
    schema: str | None  # of its tables
    reason: str


@retry_on_contention
def add(catalog: Catalog, key: NewKey, *, by: Context) -> int:
    """Store a key of the caller's workspace and return its number. Raises Conflict if the name is in use."""
    permissions = sorted(each.value for each in key.permissions)
    values = {
        "workspace": by.workspace,
        "member_id": by.member,
        "name": key.name,
        "prefix": key.prefix,
        "digest": key.digest,
        "role": None if key.role is None else key.role.value,
        "permissions": permissions,
        "created_by": by.actor.name,
        "seconds": key.seconds,
    }
    try:
        with catalog.write() as connection:
            row = connection.execute(statement("insert_key").query, values).fetchone()
            if row is None:
                raise NotFound(f"There is no workspace named {by.workspace}.")
            details = {"id": row[0], "prefix": key.prefix, "role": values["role"], "permissions": permissions}
            record_activity(connection, by, Action.CREATE, Subject.API_KEY, [key.name], details=details)
            return int(row[0])
    except psycopg.errors.UniqueViolation:
        raise Conflict(
            f"There is already a key named {key.name}.", "Choose another name, or revoke that key."
        ) from None


def list_keys(catalog: Catalog, workspace: str) -> list[ApiKey]:
    """The keys of a workspace, the newest first, with the revoked ones."""
    return _select(catalog, workspace, None)


def show(catalog: Catalog, workspace: str, key_id: int) -> ApiKey:
    """One key. Raises NotFound."""
    for found in _select(catalog, workspace, key_id):
        return found
    raise _unknown(key_id)


@retry_on_contention
def revoke(catalog: Catalog, key_id: int, *, by: Context) -> None:
    """Revoke a key of the caller's workspace. Raises NotFound."""
    with catalog.write() as connection:
        values = {"id": key_id, "workspace": by.workspace}
        row = connection.execute(statement("revoke_key").query, values).fetchone()
        if row is None:
            raise _unknown(key_id)
        record_activity(connection, by, Action.REVOKE, Subject.API_KEY, [row[0]], details={"id": key_id})


def admit(catalog: Catalog, digest: bytes) -> AdmittedKey | None:
    """The key with a digest; None if there is none, or if it was revoked or has expired."""
    with catalog.read() as connection:
        row = connection.execute(statement("admit_key").query, {"digest": digest}).fetchone()
    if row is None:
        return None
    number, name, prefix, workspace, role, more, member, maker, seconds, stale = row
    granted = frozenset[Permission]() if role is None else PERMISSIONS[Role(role)]
    granted |= {Permission(each) for each in more if each in _KNOWN}  # one that was dropped grants nothing
    if member is not None:
        granted &= PERMISSIONS[Role(maker)]
    return AdmittedKey(
        id=number,
        name=name,
        prefix=prefix,
        workspace=workspace,
        permissions=granted,
        member=member,
        seconds=seconds,
        stale=stale,
    )


def find_invalid(catalog: Catalog, digest: bytes) -> InvalidKey | None:
    """The key with a digest that is not admitted; None if there is none."""
    with catalog.read() as connection:
        row = connection.execute(statement("find_invalid_key").query, {"digest": digest}).fetchone()
    if row is None:
        return None
    name, prefix, number, workspace, reason = row
    return InvalidKey(name=name, prefix=prefix, workspace=workspace, schema=schema_of(number, workspace), reason=reason)


@retry_on_contention
def touch(catalog: Catalog, key_id: int, address: str | None) -> None:
    """Record that a key was used, at most once a minute."""
    with catalog.write() as connection:
        connection.execute(statement("touch_key").query, {"id": key_id, "address": address})


def _select(catalog: Catalog, workspace: str, key_id: int | None) -> list[ApiKey]:
    with catalog.read() as connection:
        values = {"workspace": workspace, "id": key_id}
        rows = connection.execute(statement("list_keys").query, values).fetchall()
    return [
        ApiKey(
            id=number,
            name=name,
            prefix=prefix,
            role=None if role is None else Role(role),
            permissions=tuple(permissions),
            created=created,
            created_by=created_by,
            expires=expires,
            revoked=revoked,
            last_used=last_used,
            last_address=last_address,
        )
        for (
            number, name, prefix, role, permissions, created, created_by, expires, revoked, last_used, last_address,
        ) in rows
    ]  # fmt: skip


def _unknown(key_id: int) -> NotFound:
    return NotFound(
        f"API key {key_id} does not exist.", "The page Settings and `mirrorlake apikey list` show the existing ones."
    )
