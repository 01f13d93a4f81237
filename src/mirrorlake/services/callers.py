"""The callers of use cases."""

from __future__ import annotations

import getpass
import os
import socket
from typing import Final

from mirrorlake.model.access import DEFAULT_WORKSPACE, Actor, ActorKind, Context

STRANGER: Final = Actor(kind=ActorKind.STRANGER, name="somebody without a session")


def local_user(workspace: str = DEFAULT_WORKSPACE) -> Context:
    """The user of this process, who has all permissions as the owner of the data folder."""
    return Context(actor=Actor(kind=ActorKind.USER, name=f"{_user()} on {socket.gethostname()}"), workspace=workspace)


def token_holder(workspace: str | None = None, address: str | None = None, session: int | None = None) -> Context:
    """The holder of the server's access token. There is one token, which grants all permissions in all workspaces."""
    return Context(
        actor=Actor(kind=ActorKind.TOKEN, name="the holder of the access token"),
        workspace=workspace or DEFAULT_WORKSPACE,
        address=address,
        credential=None if session is None else f"session {session}",
        session=session,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"  # in a container, a number may have no name
