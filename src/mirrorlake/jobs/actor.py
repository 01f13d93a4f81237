"""Who asks for a job from this process."""

from __future__ import annotations

import getpass
import os
import socket


def this_user() -> str:
    """Who runs this process, for people."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"  # in a container, a number may have no name
    return f"{name} on {socket.gethostname()}"
