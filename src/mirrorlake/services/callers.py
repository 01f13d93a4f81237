"""The callers of use cases that this program knows."""

from __future__ import annotations

import getpass
import os
import socket

from mirrorlake.model.access import Actor, ActorKind, Context


def local_user() -> Context:
    """The user of this process, who may do everything: the data folder is theirs."""
    return Context(actor=Actor(kind=ActorKind.USER, name=f"{_user()} on {socket.gethostname()}"))


def token_holder() -> Context:
    """Whoever holds the access token of the server. There is one token, which grants everything."""
    return Context(actor=Actor(kind=ActorKind.TOKEN, name="the holder of the access token"))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"  # in a container, a number may have no name
