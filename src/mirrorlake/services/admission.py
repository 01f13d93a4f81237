"""Who makes a request: its key, session or access token becomes a caller of a workspace.

What was admitted is remembered for a few seconds, so that most requests need no statement. A change in this process
ends that at once, a change in another one after `REMEMBER_S`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from mirrorlake.catalog import api_keys, members, sessions, workspaces
from mirrorlake.catalog.activity import record_alone
from mirrorlake.catalog.workspaces import NAME_LIMIT
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import DEFAULT_WORKSPACE, PERMISSIONS, Actor, ActorKind, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.access_changes import access_generation
from mirrorlake.services.api_keys import KEY, digest_of
from mirrorlake.services.callers import token_holder

REMEMBER_S: Final = 3.0
REMEMBERED: Final = 4096  # callers; more are looked up each time
REFUSALS_A_MINUTE: Final = 60  # of one caller that are recorded one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a request presents."""

    kind: str  # token, key or session
    secret: str = field(repr=False)
    workspace: str | None  # that it names
    address: str | None


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Context
    generation: int
    until: float


class Admission:
    """Admits requests to the library of a catalog. Thread-safe."""

    def __init__(self, catalog: Catalog, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalog = catalog
        self._token_digest = digest_of(token)
        self._clock = clock
        self._remembered: dict[Credential, _Remembered] = {}
        self._refusals: dict[tuple[str, str | None], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def recall(self, credential: Credential) -> Context | None:
        """The caller of a credential that was admitted a moment ago. Needs no statement."""
        found = self._remembered.get(credential)
        if found is None or found.generation != access_generation() or found.until < self._clock():
            return None
        return found.caller

    def admit(self, credential: Credential) -> Context | None:
        """The caller of a credential; None if it admits nobody. Raises NotFound for a workspace that is not its own."""
        generation = access_generation()  # before reading: a change in between makes this stale
        match credential.kind:
            case "token":
                found, seconds = self._of_token(credential), REMEMBER_S
            case "key":
                found, seconds = self._of_key(credential)
            case _:
                found, seconds = self._of_session(credential), REMEMBER_S
        if found is not None:
            with self._lock:
                if len(self._remembered) >= REMEMBERED:
                    self._remembered.clear()
                self._remembered[credential] = _Remembered(found, generation, self._clock() + seconds)
        return found

    def count_refusal(self, caller: Context) -> int | None:
        """The number of refusals since the last recorded one; None: too many are recorded, so this one is not."""
        who = (caller.actor.name, caller.credential)
        now = self._clock()
        with self._lock:
            begun, count = self._refusals.get(who, (now, 0))
            if len(self._refusals) > REMEMBERED:
                self._refusals.clear()
            if now - begun >= 60.0:  # noqa: PLR2004 - a minute
                self._refusals[who] = (now, 1)
                return max(0, count - REFUSALS_A_MINUTE)
            self._refusals[who] = (begun, count + 1)
        return 0 if count < REFUSALS_A_MINUTE else None

    def record_foreign(self, refused: ForeignWorkspace, *, method: str, path: str) -> None:
        """Record in the caller's own workspace that it asked for another one, unless too much is recorded already."""
        more = self.count_refusal(refused.own)
        if more is None:
            return
        details = {"method": method, "path": path} | ({"more": more} if more else {})
        space = workspaces.find(self._catalog, refused.own.workspace)
        catalog, name = self._catalog.in_schema(space.schema), refused.name[:NAME_LIMIT]
        record_alone(catalog, refused.own, Action.REQUEST, Subject.WORKSPACE, name, details=details, refused=True)

    def _foreign(self, credential: Credential) -> NotFound:
        """The error for a member who asks for a workspace of others."""
        if credential.workspace is None:
            return unknown_workspace(None)
        try:
            own = self._of_session(replace(credential, workspace=None))
        except NotFound:
            own = None
        return (
            unknown_workspace(credential.workspace) if own is None else ForeignWorkspace(credential.workspace, own=own)
        )

    def _of_token(self, credential: Credential) -> Context:
        workspace = credential.workspace or DEFAULT_WORKSPACE
        if workspace != DEFAULT_WORKSPACE and workspace not in members.workspaces(self._catalog):
            raise unknown_workspace(workspace)
        return token_holder(workspace, credential.address)

    def _of_key(self, credential: Credential) -> tuple[Context | None, float]:
        if not KEY.fullmatch(credential.secret):
            return None, 0.0
        found = api_keys.admit(self._catalog, digest_of(credential.secret))
        if found is None:
            return None, 0.0
        if found.stale:
            api_keys.touch(self._catalog, found.id, credential.address)
        caller = Context(
            actor=Actor(kind=ActorKind.KEY, name=f"key {found.name}"),
            workspace=found.workspace,
            permissions=found.permissions,
            address=credential.address,
            credential=found.prefix,
            member=found.member,
        )
        if credential.workspace not in (None, found.workspace):
            raise ForeignWorkspace(credential.workspace, own=caller)
        return caller, min(REMEMBER_S, REMEMBER_S if found.seconds is None else found.seconds)

    def _of_session(self, credential: Credential) -> Context | None:
        found = sessions.admit(self._catalog, digest_of(credential.secret), credential.workspace)
        if found is None:
            return None
        if found.member is None:
            if found.token_digest != self._token_digest:
                return None  # of a token that was replaced
            if not found.exists:
                raise unknown_workspace(credential.workspace)
            caller = token_holder(credential.workspace or DEFAULT_WORKSPACE, credential.address, found.id)
        else:
            if found.role is None or found.workspace is None or found.name is None:
                raise self._foreign(credential)
            caller = Context(
                actor=Actor(kind=ActorKind.MEMBER, name=found.name),
                workspace=found.workspace,
                permissions=PERMISSIONS[found.role],
                address=credential.address,
                credential=f"session {found.id}",
                member=found.member,
                session=found.id,
            )
        if found.stale:
            sessions.touch(self._catalog, found.id, credential.address)
        return caller


class ForeignWorkspace(NotFound):
    """The caller, of the workspace `own`, asked for another one, which may exist."""

    def __init__(self, name: str | None, *, own: Context) -> None:
        error = unknown_workspace(name)
        super().__init__(error.message, error.fix)
        self.name = name or DEFAULT_WORKSPACE
        self.own = own


def unknown_workspace(name: str | None) -> NotFound:
    """The error for a workspace that does not exist or that the caller is no member of; which one is not revealed."""
    return NotFound(
        f"There is no workspace named {name or DEFAULT_WORKSPACE}.",
        "Correct the header Mirrorlake-Workspace. `mirrorlake whoami` lists your workspaces.",
    )
