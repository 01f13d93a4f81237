"""The caller of a use case: its workspace, actor and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mirrorlake.core.errors import PermissionDenied

DEFAULT_WORKSPACE = "default"


class ActorKind(StrEnum):
    """How an actor is identified."""

    USER = "user"  # of the operating system, on the command line
    TOKEN = "token"  # noqa: S105  the holder of the operator's access token, over HTTP
    MEMBER = "member"  # who signed in
    KEY = "key"  # the holder of an API key
    STRANGER = "stranger"  # who tried to sign in
    WORKER = "worker"
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"  # the sender of a signed request
    FUNCTION = "function"  # of a user, which a worker calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The actor. `name` is recorded with every change and shown to users."""

    kind: ActorKind
    name: str


class Permission(StrEnum):
    """The permissions of a caller, one per group of use cases."""

    ASSETS_READ = "assets:read"
    ASSETS_EDIT = "assets:edit"
    DATASOURCES_READ = "datasources:read"
    DATASOURCES_EDIT = "datasources:edit"
    DATASOURCES_DELETE = "datasources:delete"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_EDIT = "webhooks:edit"
    FUNCTIONS_READ = "functions:read"
    FUNCTIONS_EDIT = "functions:edit"
    EVENTS_SEND = "events:send"  # what a signature grants
    RUNS_READ = "runs:read"
    RUNS_CONTROL = "runs:control"
    JOBS_READ = "jobs:read"
    JOBS_CONTROL = "jobs:control"
    PROJECTS_READ = "projects:read"
    PROJECTS_EDIT = "projects:edit"
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_EDIT = "connections:edit"
    LABELS_READ = "labels:read"
    LABELS_EDIT = "labels:edit"
    ACTIVITY_READ = "activity:read"
    WORKSPACE_EDIT = "workspace:edit"  # the name of the caller's own workspace
    WORKSPACES_MANAGE = "workspaces:manage"  # create, limit and delete any workspace
    LIBRARY_MAINTAIN = "library:maintain"  # verify, back up, rotate the master key, keep thumbnails
    AUDIT_READ = "audit:read"  # also what was refused, and from where
    METRICS_READ = "metrics:read"  # of the server and all workspaces
    MEMBERS_EDIT = "members:edit"
    KEYS_EDIT = "keys:edit"


EVERYTHING = frozenset(Permission)


class Role(StrEnum):
    """What a member may do in a workspace. Each role has the permissions of those before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    DEVELOPER = "developer"
    OWNER = "owner"


_VIEWER: Final = frozenset(
    each
    for each in Permission
    if each.value.endswith(":read") and each not in (Permission.AUDIT_READ, Permission.METRICS_READ)
)
_EDITOR: Final = _VIEWER | {
    Permission.ASSETS_EDIT,
    Permission.LABELS_EDIT,
    Permission.PROJECTS_EDIT,
    Permission.JOBS_CONTROL,
}
_DEVELOPER: Final = _EDITOR | {
    Permission.DATASOURCES_EDIT,
    Permission.CONNECTIONS_EDIT,
    Permission.RUNS_CONTROL,
    Permission.WEBHOOKS_EDIT,
    Permission.FUNCTIONS_EDIT,
    Permission.EVENTS_SEND,
}
# Other workspaces are not an owner's: operators alone create, measure and delete them.
_OWNER: Final = EVERYTHING - {Permission.WORKSPACES_MANAGE, Permission.METRICS_READ}
PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {Role.VIEWER: _VIEWER, Role.EDITOR: _EDITOR, Role.DEVELOPER: _DEVELOPER, Role.OWNER: _OWNER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The caller of a use case."""

    actor: Actor
    workspace: str = DEFAULT_WORKSPACE
    permissions: frozenset[Permission] = EVERYTHING
    address: str | None = None  # the network address of a request
    credential: str | None = None  # the public id of its key or session
    member: int | None = None  # the member who signed in, or who made the key
    session: int | None = None  # the session of the request
    origin: str | None = None  # of the server as the request names it

    @property
    def is_operator(self) -> bool:
        """Whether the caller works on the library's own machine, and so may name its files and private addresses."""
        return self.actor.kind in (ActorKind.USER, ActorKind.WORKER)

    def require(self, permission: Permission) -> None:
        """Raises PermissionDenied if the caller lacks the permission."""
        if permission not in self.permissions:
            raise PermissionDenied(
                f"Permission {permission.value} denied to {self.actor.name} in the workspace {self.workspace}.",
                "Ask an owner of the workspace to grant it.",
                permission=permission.value,
            )


# The caller of a request that is signed instead of having a token.
SENDER = Context(
    actor=Actor(kind=ActorKind.WEBHOOK, name="the sender of events"), permissions=frozenset({Permission.EVENTS_SEND})
)
# The caller of automatic work, such as a worker that executes a scheduled run.
LIBRARY = Context(actor=Actor(kind=ActorKind.WORKER, name="mirrorlake"))
