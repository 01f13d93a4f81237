"""Members of a workspace, API keys and sessions. Secrets are in a response once, where they are made."""

from __future__ import annotations

from datetime import datetime

from mirrorlake.model.access import Role
from mirrorlake.model.public import public_noun


@public_noun
class Member:
    """A person who may use a workspace."""

    name: str
    """A user name or an e-mail address; its case does not matter."""
    role: Role
    created: datetime
    last_sign_in: datetime | None
    has_password: bool
    invitation: str | None = None
    """The address at which the member sets a password, usable once within 7 days. Shown once."""


@public_noun
class ApiKey:
    """A key for scripts, of one workspace. Only a hash of its secret is stored."""

    id: int
    name: str
    prefix: str
    """The beginning of the key, by which it is recognised."""
    role: Role | None
    permissions: tuple[str, ...]
    """Permissions besides those of the role."""
    created: datetime
    created_by: str
    expires: datetime | None
    """Null: never."""
    revoked: datetime | None
    last_used: datetime | None
    """Within a minute."""
    last_address: str | None
    key: str | None = None
    """The key itself. Shown once, when it is created."""


@public_noun
class Session:
    """A browser that signed in."""

    id: int
    member: str | None
    """Null: the holder of the operator's token."""
    method: str
    """How it signed in: password, oidc or token."""
    created: datetime
    last_used: datetime
    expires: datetime
    address: str | None
    agent: str | None
    """The browser, as it names itself."""
    current: bool
    """Whether it is the session of this request."""


@public_noun
class WorkspaceRole:
    """A workspace in which the caller has a role."""

    workspace: str
    role: Role


@public_noun
class Identity:
    """Who the caller is and what it may do."""

    kind: str
    """How the caller is identified: user, token, member or key."""
    name: str
    workspace: str
    role: Role | None
    """Null: no role, as for a key with single permissions."""
    permissions: tuple[str, ...]
    workspaces: tuple[WorkspaceRole, ...]
    session: int | None
    """The number of the session; null without one."""


@public_noun
class About:
    """The server, as its callers may know it."""

    version: str
    """Of mirrorlake."""
    database: str
    """`embedded`, or `external` where the operator chose the server of PostgreSQL."""
    origin: str
    """Scheme, host and port of the web pages, for which documents of connections are made."""
    local_folders: tuple[str, ...] = ()
    """Folders of the server that the caller may mirror; empty without datasources:edit."""


@public_noun
class SignInOptions:
    """How one can sign in. Contains nothing confidential."""

    oidc: str | None
    """The host of the identity provider; null: none."""
