"""The caller of a use case: its workspace, actor and permissions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mirrorlake.core.errors import PermissionDenied

DEFAULT_WORKSPACE = "default"


class ActorKind(StrEnum):
    """How an actor is identified."""

    USER = "user"  # of the operating system, on the command line
    TOKEN = "token"  # noqa: S105  the holder of an access token, over HTTP
    WORKER = "worker"
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"  # the sender of a signed request


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
    LIBRARY_MAINTAIN = "library:maintain"  # verify, back up and restore; check, make and clean thumbnails


EVERYTHING = frozenset(Permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The caller of a use case."""

    actor: Actor
    workspace: str = DEFAULT_WORKSPACE
    permissions: frozenset[Permission] = EVERYTHING

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
            )


# The caller of a request that is signed instead of having a token.
SENDER = Context(
    actor=Actor(kind=ActorKind.WEBHOOK, name="the sender of events"), permissions=frozenset({Permission.EVENTS_SEND})
)
# The caller of automatic work, such as a worker that executes a scheduled run.
LIBRARY = Context(actor=Actor(kind=ActorKind.WORKER, name="mirrorlake"))
