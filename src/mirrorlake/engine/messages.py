"""What the coordinator of a pool and the process that is connected to a cluster send each other.

    coordinator ── ClusterSetup, then Tasks ──▶ driver ── Ray tasks ──▶ nodes
    coordinator ◀── slots, done, fatal ── driver ◀── done, fatal ── nodes

Tasks, done and fatal are the frames of `processing.channel`, which a driver passes on without reading the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from mirrorlake.model.looking import Looking
from mirrorlake.model.sources import Location
from mirrorlake.processing.pool import FETCH_THREADS, Limits
from mirrorlake.processing.store_factory import StoreFactory

WAIT_S = 300.0  # for a cluster that has no CPU, such as one that starts nodes when they are needed, or does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSetup:
    """How the nodes process: an argument of every task. It contains the credentials of the source."""

    store_factory: StoreFactory
    looking: Looking
    limits: Limits = Limits()  # noqa: RUF009  a frozen value
    fetch_threads: int = FETCH_THREADS
    folder: Location | None = None  # of a source in a folder
    inode: str | None = None  # of this folder, as the coordinator sees it


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSetup:
    """The first message to a driver."""

    address: str
    node_setup: bytes = field(repr=False)  # a pickled NodeSetup, which the driver does not read
    wait_s: float = WAIT_S


def pack_slots(slots: int) -> bytes:
    """The number of tasks that the cluster can run at once, as a frame."""
    return orjson.dumps({"slots": slots})


def unpack_slots(frame: bytes) -> int | None:
    """The number in such a frame; None for another frame."""
    return int(orjson.loads(frame)["slots"]) if frame.startswith(b'{"slots":') else None
