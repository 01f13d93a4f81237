"""Members and their roles in workspaces. A change locks the workspace, so that an owner always remains."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound, SignInRefused
from mirrorlake.model.access import Context, Permission, Role
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.members import Member, WorkspaceRole
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.postgres.schemas import in_schema, schema_of

Session = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A member as signing in needs it."""

    id: int
    name: str
    password: str | None = None  # its hash


def list_members(catalog: Catalog, workspace: str) -> list[Member]:
    """The members of a workspace by name."""
    with catalog.read() as connection:
        return [_member(row) for row in _rows(connection, workspace, None)]


def show_member(catalog: Catalog, workspace: str, name: str) -> Member:
    """One member of a workspace. Raises NotFound."""
    with catalog.read() as connection:
        return _member(_row(connection, workspace, name))


@retry_on_contention
def add(catalog: Catalog, name: str, role: Role, *, invitation: bytes, seconds: float, by: Context) -> bool:
    """Add a member to the caller's workspace; return whether it needs an invitation, which is stored then.

    Earlier invitations end. A member of another workspace gets none, since a password would open that one, too.
    Raises Conflict if it is a member already, and for one who has a password in another workspace: an owner there may
    have set it, and could open this one.
    """
    with catalog.write() as connection:
        workspace = _lock(connection, by.workspace)
        connection.execute(statement("insert_member").query, {"name": name})
        connection.execute(statement("lock_member").query, {"name": name})
        connection.execute(statement("forget_removed").query, {"name": name})
        values = {"workspace_id": workspace, "name": name, "role": role.value}
        row = connection.execute(statement("insert_membership").query, values).fetchone()
        if row is None:
            raise Conflict(
                f"{name} is already a member of the workspace {by.workspace}.",
                f"Change the role, in the settings or with: mirrorlake member change {shlex.quote(name)} --role {role}",
            )
        numbers = {"workspace_id": workspace, "member_id": row[0]}
        # Links that another workspace has given away would open this one, too.
        connection.execute(statement("drop_invitations").query, numbers)
        has_password = _row(connection, by.workspace, name)[5]
        has_identity = _has_identity(connection, numbers)
        elsewhere = _is_elsewhere(connection, numbers, by)
        if has_password and elsewhere and not has_identity:
            raise Conflict(
                f"{name} signs in with a password of another workspace, which an owner there may know.",
                f"Ask the operator of the server: mirrorlake --workspace {by.workspace} member add {name}",
            )
        invited = not (has_password or has_identity or elsewhere)
        if invited:
            _invite(connection, row[0], invitation, seconds)
        _record(connection, by, Action.ADD, name, {"role": role.value})
        return invited


@retry_on_contention
def change(catalog: Catalog, name: str, role: Role, *, by: Context) -> None:
    """Give a member another role. Raises NotFound, and Conflict for the last owner."""
    with _changing(catalog, name, by) as (connection, values, before):
        if before is Role.OWNER and role is not Role.OWNER:
            _keep_an_owner(connection, values, name, by)
        connection.execute(statement("change_membership").query, {**values, "role": role.value})
        _record(connection, by, Action.CHANGE_ROLE, name, {"before": before.value, "role": role.value})


@retry_on_contention
def remove(catalog: Catalog, name: str, *, by: Context) -> None:
    """Take a member out of the caller's workspace, with the keys that it made there.

    If it is in no other workspace, its sessions end, and only an owner lets the person in again. Raises NotFound, and
    Conflict for the last owner.
    """
    with _changing(catalog, name, by) as (connection, values, before):
        if before is Role.OWNER:
            _keep_an_owner(connection, values, name, by)
        for step in ("remember_removed", "delete_membership", "delete_keys_of_member", "delete_lonely_member"):
            connection.execute(statement(step).query, values)
        _record(connection, by, Action.REMOVE, name, {"role": before.value})


@retry_on_contention
def invite(catalog: Catalog, name: str, *, invitation: bytes, seconds: float, by: Context) -> None:
    """Store a new invitation of a member, in place of earlier ones. Raises NotFound.

    Raises Conflict for a member of another workspace, since its password opens that one, too, and for one who signs in
    at the identity provider: the holder of the link could pass for the person.
    """
    with _changing(catalog, name, by) as (connection, values, _):
        if _is_elsewhere(connection, values, by):
            raise Conflict(
                f"{name} is in another workspace, too, and a new password would open that one.",
                f"Ask the operator of the server: mirrorlake --workspace {by.workspace} member invite {name}",
            )
        if Permission.WORKSPACES_MANAGE not in by.permissions and _has_identity(connection, values):
            raise Conflict(
                f"{name} signs in at the identity provider, and needs no password.",
                f"Ask the operator of the server: mirrorlake --workspace {by.workspace} member invite {name}",
            )
        _invite(connection, values["member_id"], invitation, seconds)
        _record(connection, by, Action.INVITE, name, {})


def invited(catalog: Catalog, digest: bytes) -> Account:
    """The member of an invitation. Raises SignInRefused."""
    with catalog.write() as connection:
        return _invited(connection, digest)


@retry_on_contention
def accept_invitation(catalog: Catalog, digest: bytes, password: str) -> Account:
    """Store the hash of a password for the member of an invitation, and end its sessions. Raises SignInRefused."""
    with catalog.write() as connection:
        account = _invited(connection, digest)
        _set_password(connection, account.id, password, keep=None)
        connection.execute(statement("drop_invitations").query, {"member_id": account.id})
        return account


@retry_on_contention
def rehash(catalog: Catalog, member: int, password: str) -> None:
    """Store another hash of the same password."""
    with catalog.write() as connection:
        connection.execute(statement("set_password").query, {"member_id": member, "password": password})


@retry_on_contention
def set_password(catalog: Catalog, member: int, password: str, *, keep: int | None) -> None:
    """Store the hash of a member's password, and end its sessions except `keep`."""
    with catalog.write() as connection:
        _set_password(connection, member, password, keep=keep)


def account_named(catalog: Catalog, name: str) -> Account | None:
    """The member with a name, in any workspace."""
    with catalog.read() as connection:
        row = connection.execute(statement("member_to_sign_in").query, {"name": name}).fetchone()
    return None if row is None else Account(id=row[0], name=row[1], password=row[2])


def account(catalog: Catalog, member: int) -> Account:
    """A member by number. Raises NotFound."""
    with catalog.read() as connection:
        row = connection.execute(statement("member_by_id").query, {"member_id": member}).fetchone()
    if row is None:
        raise NotFound("This member was removed.")
    return Account(id=member, name=row[0], password=row[1])


def memberships(catalog: Catalog, member: int) -> tuple[WorkspaceRole, ...]:
    """The workspaces of a member."""
    with catalog.read() as connection:
        rows = connection.execute(statement("memberships").query, {"member_id": member}).fetchall()
    return tuple(WorkspaceRole(workspace=name, role=Role(role)) for name, role in rows)


@retry_on_contention
def record_of_member(
    catalog: Catalog,
    member: int,
    caller: Context,
    action: Action,
    *,
    details: Mapping[str, object] | None = None,
    refused: bool = False,
) -> None:
    """Record what a member did that concerns the whole library, such as signing in, in each of its workspaces."""
    with catalog.in_schema(None).write() as connection:
        found = connection.execute(statement("workspaces_of_member").query, {"member_id": member}).fetchall()
        name = _name_of(connection, member)
        for number, workspace in found:
            with in_schema(connection, schema_of(number, workspace)):
                by = replace(caller, workspace=workspace)
                record_activity(connection, by, action, Subject.MEMBER, [name], details=details, refused=refused)


def _name_of(connection: Session, member: int) -> str:
    row = connection.execute(statement("member_by_id").query, {"member_id": member}).fetchone()
    return "" if row is None else str(row[0])


def workspaces(catalog: Catalog) -> list[str]:
    """The names of all workspaces."""
    with catalog.read() as connection:
        return [name for (name,) in connection.execute(statement("all_workspaces").query)]


@contextmanager
def _changing(catalog: Catalog, name: str, by: Context) -> Generator[tuple[Session, dict[str, int], Role]]:
    """A transaction that holds the workspace; the numbers of workspace and member, and its role. Raises NotFound."""
    with catalog.write() as connection:
        workspace = _lock(connection, by.workspace)
        row = _row(connection, by.workspace, name)
        connection.execute(statement("lock_member").query, {"name": name})
        yield connection, {"workspace_id": workspace, "member_id": row[0]}, Role(row[2])


def _lock(connection: Session, workspace: str) -> int:
    row = connection.execute(statement("lock_members").query, {"workspace": workspace}).fetchone()
    if row is None:
        raise NotFound(f"There is no workspace named {workspace}.")
    return int(row[0])


def _is_elsewhere(connection: Session, values: Mapping[str, int], by: Context) -> bool:
    """Whether a member is also in a workspace that the caller does not manage."""
    row = connection.execute(statement("member_elsewhere").query, values).fetchone()
    return row is not None and bool(row[0]) and Permission.WORKSPACES_MANAGE not in by.permissions


def _has_identity(connection: Session, values: Mapping[str, int]) -> bool:
    row = connection.execute(statement("member_has_identity").query, values).fetchone()
    return row is not None and bool(row[0])


def _keep_an_owner(connection: Session, values: Mapping[str, int], name: str, by: Context) -> None:
    row = connection.execute(statement("other_owners").query, values).fetchone()
    if row is None or not row[0]:
        raise Conflict(
            f"{name} is the last owner of the workspace {by.workspace} who can sign in.",
            "Make somebody else an owner first, who has set a password, in the settings or with:"
            " mirrorlake member change NAME --role owner",
        )


def _invited(connection: Session, digest: bytes) -> Account:
    row = connection.execute(statement("invited_member").query, {"digest": digest}).fetchone()
    if row is None:
        raise SignInRefused(
            "This link is not valid: it was used, replaced, or is older than 7 days.",
            "Ask an owner for a new one (in the settings, or mirrorlake member invite NAME).",
        )
    return Account(id=row[0], name=row[1])


def _invite(connection: Session, member: int, digest: bytes, seconds: float) -> None:
    connection.execute(statement("drop_invitations").query, {"member_id": member})
    values = {"digest": digest, "member_id": member, "seconds": seconds}
    connection.execute(statement("insert_invitation").query, values)


def _set_password(connection: Session, member: int, password: str, *, keep: int | None) -> None:
    connection.execute(statement("set_password").query, {"member_id": member, "password": password})
    connection.execute(statement("end_sessions_of_member").query, {"member_id": member, "except": keep})


def _record(connection: Session, by: Context, action: Action, name: str, details: Mapping[str, object]) -> None:
    record_activity(connection, by, action, Subject.MEMBER, [name], details=details)


def _rows(connection: Session, workspace: str, name: str | None) -> list[TupleRow]:
    return connection.execute(statement("list_members").query, {"workspace": workspace, "name": name}).fetchall()


def _row(connection: Session, workspace: str, name: str) -> TupleRow:
    for row in _rows(connection, workspace, name):
        return row
    raise NotFound(
        f"{name} is not a member of the workspace {workspace}.",
        "The settings and `mirrorlake member list` show the members.",
    )


def _member(row: TupleRow) -> Member:
    _, name, role, created, last_sign_in, has_password = row
    return Member(name=name, role=Role(role), created=created, last_sign_in=last_sign_in, has_password=has_password)
