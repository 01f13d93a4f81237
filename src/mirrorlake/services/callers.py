"""The callers of use cases."""

from __future__ import annotations

import getpass
import os
import socket

from mirrorlake.model.access import Actor, ActorKind, Context


def local_user() -> Context:
    """The user of this process, who has all permissions as the owner of the data folder."""
    return Context(actor=Actor(kind=ActorKind.USER, name=f"{_user()} on {socket.gethostname()}"))


def token_holder() -> Context:
    """The holder of the server's access token. There is one token, which grants all permissions."""
    return Context(actor=Actor(kind=ActorKind.TOKEN, name="the holder of the access token"))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"  # in a container, a number may have no name
