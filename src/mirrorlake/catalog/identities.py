"""Identities at a provider, in the catalog: answers that were used, and the members that identities belong to."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.members import Account
from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import DEFAULT_WORKSPACE, Actor, ActorKind, Context, Role
from mirrorlake.model.activity import Action, Subject
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The member of an identity."""

    account: Account
    connected: bool  # with this sign-in; an earlier one otherwise


@retry_on_contention
def use_state(catalog: Catalog, state: bytes, *, seconds: float) -> bool:
    """Use the answer to a sign-in; False if it was used before. `state` is a hash, which is kept for `seconds`."""
    with catalog.write() as connection:
        connection.execute(statement("prune_oidc_states").query)
        values = {"state": state, "seconds": seconds}
        return connection.execute(statement("use_oidc_state").query, values).rowcount == 1


@retry_on_contention
def admit(catalog: Catalog, *, issuer: str, subject: str, email: str | None, join: bool) -> Admitted | None:
    """The member of an identity; None if it is nobody's.

    A member whose name is the verified `email`, and who has no identity at this provider yet, gets this one. With
    `join`, somebody who is no member becomes a viewer in the workspace `default`, unless an owner has removed them.
    """
    values = {"issuer": issuer, "subject": subject}
    with catalog.write() as connection:
        known = _account(connection, "identity_member", values)
        if known is not None:
            return Admitted(account=known, connected=False)
        if email is None:
            return None
        values["email"] = email
        if join:
            _join(connection, email, values)
        found = _account(connection, "connect_identity", values)
        if found is None:
            return None
        _close_other_ways_in(connection, found.id)
        return Admitted(account=found, connected=True)


def _join(connection: psycopg.Connection[TupleRow], email: str, values: dict[str, str]) -> None:
    """Make somebody a viewer who is no member and was not removed."""
    with connection.transaction() as joining:
        if not connection.execute(statement("insert_member").query, {"name": email}).rowcount:
            return
        member = {**values, "name": email, "workspace": DEFAULT_WORKSPACE, "role": Role.VIEWER.value}
        # A statement of its own: it sees a removal for whose end the one before had to wait.
        if not connection.execute(statement("join_workspace").query, member).rowcount:
            raise psycopg.Rollback(joining)
        by = Context(actor=Actor(kind=ActorKind.MEMBER, name=email), permissions=frozenset())
        details = {"role": Role.VIEWER.value, "issuer": values["issuer"]}
        record_activity(connection, by, Action.ADD, Subject.MEMBER, [email], details=details)


def _close_other_ways_in(connection: psycopg.Connection[TupleRow], member: int) -> None:
    """Who had the link of a member until now need not be the person whose address the provider has verified."""
    values = {"member_id": member, "password": None, "except": None}
    for step in ("drop_invitations", "set_password", "end_sessions_of_member", "revoke_keys_of_member"):
        connection.execute(statement(step).query, values)


def _account(connection: psycopg.Connection[TupleRow], which: str, values: dict[str, str]) -> Account | None:
    row = connection.execute(statement(which).query, values).fetchone()
    return None if row is None else Account(id=row[0], name=row[1])
