"""The function of a Ray task. It travels to the nodes as code, so that it also runs where mirrorlake is missing.

Import nothing of mirrorlake at the top: a node with another version, or none, must be able to report it.
"""

from __future__ import annotations

import json
import socket
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

_Answer = tuple[bytes, int, int]  # a frame, requests, bytes that were read


def installed() -> dict[str, str | None]:
    """What must be the same on all machines, so that they read objects in the same way."""
    try:
        own = version("mirrorlake")
    except PackageNotFoundError:
        own = None
    return {"mirrorlake": own, "mirrorlake[video]": "installed" if find_spec("av") else None}


def different(expected: dict[str, str | None]) -> dict[str, str] | None:
    """The fatal error if this node has something else than expected, as in a frame."""
    found = installed()
    for package, wanted in expected.items():
        if found.get(package) != wanted:
            have, want = found.get(package) or "not installed", wanted or "not installed"
            message = f"On the node {socket.gethostname()} of the Ray cluster, {package} is {have}; here, it is {want}."
            fix = "Install the same versions and extras of mirrorlake on every node."
            return {"fatal": "SettingsError", "message": message, "fix": fix}
    return None


def run_task(expected: dict[str, str | None], setup: bytes, task: bytes) -> _Answer:
    """The answer to one task."""
    fatal = different(expected)
    if fatal is not None:
        return json.dumps(fatal).encode() + b"\n", 0, 0
    from mirrorlake.engine.node import answer_task  # noqa: PLC0415  see above

    return answer_task(setup, task)
