"""Connect a process to a Ray cluster. Only processes of their own do: Ray ends the one it runs in when it loses it."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from typing import Any

from mirrorlake.core.errors import MirrorlakeError, SettingsError
from mirrorlake.core.text import reason_of

_AUTO = "auto"  # the cluster that this machine is a node of
_REACH_S = 10.0
_TRIES = 2
_PREFIX = "ray://"


def connect(address: str) -> Any:
    """The module `ray`, connected to the cluster at `ray://HOST:PORT` or `ray://auto`.

    Raises MirrorlakeError if there is none, or if its versions of Ray or Python are others.
    """
    check_reachable(address)
    where = address.removeprefix(_PREFIX)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before the import, which reads it
    import ray  # noqa: PLC0415  see above

    for left in reversed(range(_TRIES)):
        try:
            ray.init(
                address=_AUTO if where == _AUTO else address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
            )
        except Exception as error:  # Ray raises ConnectionError, RuntimeError and its own, by the stage of connecting
            # The client server of a busy machine gives up before its process for this connection has started.
            if left and isinstance(error, ConnectionAbortedError):
                continue
            raise _translate(address, error) from error
        break
    return ray


def check_reachable(address: str) -> None:
    """Raise MirrorlakeError at once if nothing answers there, where Ray would try for half a minute."""
    where = address.removeprefix(_PREFIX)
    if where == _AUTO:
        return
    host, _, port = where.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_S).close()
    except (OSError, OverflowError) as error:
        raise MirrorlakeError(
            f"The Ray cluster at {address} cannot be reached: {reason_of(error)}.",
            "Check the address, and `ray status` on its first node; the port of its client server is usually 10001.",
        ) from error


def _translate(address: str, error: Exception) -> MirrorlakeError:
    text = " ".join(str(error).split())
    lower = text.lower()
    if "version" in lower and ("mismatch" in lower or "match" in lower):
        return SettingsError(
            f"The Ray cluster at {address} has other versions than this machine: {text[:400]}",
            "Install the same versions of Python, Ray and mirrorlake on this machine and on every node.",
        )
    if "authentication" in lower or "unauthenticated" in lower:
        return SettingsError(
            f"The Ray cluster at {address} refused this machine: {text[:300]}",
            "Give this machine the token of the cluster: RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or ~/.ray/auth_token.",
        )
    return MirrorlakeError(
        f"The Ray cluster at {address} cannot be used ({type(error).__name__}: {text[:300]}).",
        "Check `ray status` on its first node, and that this machine has its token. For ray://auto, it must be a node.",
    )


def cpus(ray: Any) -> int:
    """The CPUs of the cluster."""
    return int(ray.cluster_resources().get("CPU", 0))


@dataclass(frozen=True, slots=True)
class Node:
    """What one node of the cluster has."""

    cpus: int
    gpus: int = 0


def nodes(ray: Any) -> list[Node]:
    """The nodes of the cluster that run."""
    found = [one["Resources"] for one in ray.nodes() if one["Alive"]]
    return [Node(int(one.get("CPU", 0)), int(one.get("GPU", 0))) for one in found]
