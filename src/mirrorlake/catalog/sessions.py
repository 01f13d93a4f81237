"""Sessions of browsers and attempts to sign in, in the catalog. Cookies and names of accounts are stored as hashes."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Role
from mirrorlake.model.members import Session
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

LONGEST_S = 30 * 24 * 3600.0
IDLE_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session to begin."""

    digest: bytes
    method: str
    member: int | None = None
    token_digest: bytes | None = None
    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedSession:
    """A valid session as admission needs it."""

    id: int
    member: int | None
    name: str | None
    token_digest: bytes | None
    workspace: str | None  # where its member has the role; None: it has none there
    role: Role | None
    stale: bool  # its last use is to be recorded again
    exists: bool  # whether there is a workspace of the requested name


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failed attempts to sign in within a quarter of an hour, with the seconds since the last."""

    id: int  # of the attempt that is being checked, which does not count
    of_account: int
    account_age_s: float
    of_address: int
    address_age_s: float
    known_address: bool  # the account has signed in from this address before


@retry_on_contention
def begin(catalog: Catalog, session: NewSession) -> int:
    """Store a session and return its number. Sessions that are over are deleted."""
    values = {
        "digest": session.digest,
        "member_id": session.member,
        "token_digest": session.token_digest,
        "method": session.method,
        "seconds": LONGEST_S,
        "address": session.address,
        "agent": session.agent,
    }
    with catalog.write() as connection:
        connection.execute(statement("prune_sessions").query, {"idle_s": IDLE_S})
        row = connection.execute(statement("insert_session").query, values).fetchone()
        if session.member is not None:
            connection.execute(statement("record_sign_in").query, {"member_id": session.member})
    if row is None:
        raise AssertionError("INSERT ... RETURNING returns one row")
    return int(row[0])


def admit(catalog: Catalog, digest: bytes, workspace: str | None) -> AdmittedSession | None:
    """The session with a digest; None if there is none or it is over."""
    values = {"digest": digest, "workspace": workspace, "idle_s": IDLE_S}
    with catalog.read() as connection:
        row = connection.execute(statement("admit_session").query, values).fetchone()
    if row is None:
        return None
    number, member, name, token_digest, entered, role, stale, exists = row
    return AdmittedSession(
        id=number,
        member=member,
        name=name,
        token_digest=token_digest,
        workspace=entered,
        role=None if role is None else Role(role),
        stale=stale,
        exists=exists,
    )


@retry_on_contention
def touch(catalog: Catalog, session_id: int, address: str | None) -> None:
    """Record that a session was used, at most once a minute."""
    with catalog.write() as connection:
        connection.execute(statement("touch_session").query, {"id": session_id, "address": address})


def list_sessions(
    catalog: Catalog, workspace: str, *, member: int | None, own: bool, operators: bool, current: int | None
) -> list[Session]:
    """Sessions of members of a workspace, or the own ones; those of the operator's token with `operators`."""
    values = {
        "workspace": workspace, "member_id": member, "own": own, "operators": operators, "idle_s": IDLE_S,
    }  # fmt: skip
    with catalog.read() as connection:
        rows = connection.execute(statement("list_sessions").query, values).fetchall()
    return [
        Session(
            id=number,
            member=name,
            method=method,
            created=created,
            last_used=last_used,
            expires=expires,
            address=address,
            agent=agent,
            current=number == current,
        )
        for number, name, method, created, last_used, expires, address, agent in rows
    ]


@retry_on_contention
def end(catalog: Catalog, session_id: int) -> None:
    """End a session. Raises NotFound."""
    with catalog.write() as connection:
        if connection.execute(statement("end_session").query, {"id": session_id}).rowcount == 0:
            raise NotFound(
                f"Session {session_id} does not exist.",
                "The page Settings and `mirrorlake session list` show the existing ones.",
            )


@retry_on_contention
def end_of_cookie(catalog: Catalog, digest: bytes) -> None:
    """End the session of a cookie, if there is one."""
    with catalog.write() as connection:
        connection.execute(statement("end_session_of_cookie").query, {"digest": digest})


@retry_on_contention
def count_attempt(catalog: Catalog, name: str, account: bytes | None, network: str, address: str) -> Failures:
    """Count an attempt as failed, and return what failed before it. `network` is that of the address.

    Without an account, it counts for the address alone.
    """
    with catalog.write() as connection:
        connection.execute(statement("prune_failed_sign_ins").query)
        values: dict[str, object] = {"account": account, "address": network, "name": name, "from": address}
        inserted = connection.execute(statement("insert_failed_sign_in").query, values).fetchone()
        values["id"] = 0 if inserted is None else inserted[0]
        row = connection.execute(statement("failed_sign_ins").query, values).fetchone()
    of_account, account_age, of_address, address_age, known = row or (0, None, 0, None, False)
    return Failures(
        id=int(str(values["id"])),
        of_account=of_account,
        account_age_s=account_age or 0.0,
        of_address=of_address,
        address_age_s=address_age or 0.0,
        known_address=known,
    )


@retry_on_contention
def withdraw_attempt(catalog: Catalog, attempt: int) -> None:
    """Forget an attempt that was refused without being checked, so that refusals do not extend the wait."""
    with catalog.write() as connection:
        connection.execute(statement("withdraw_sign_in").query, {"id": attempt})


@retry_on_contention
def forgive(catalog: Catalog, account: bytes) -> None:
    """Forget the failures of an account."""
    with catalog.write() as connection:
        connection.execute(statement("forgive_sign_in").query, {"account": account})
