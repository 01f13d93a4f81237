"""Own functions: what users register to be called for assets and runs, and what came of each call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.public import public_noun

DEFAULT_TIMEOUT_S = 60
DEFAULT_MEMORY_MB = 1024
DEFAULT_ATTEMPTS = 3
MAX_TIMEOUT_S = 3600
MAX_MEMORY_MB = 1 << 20
MAX_ATTEMPTS = 10


class FunctionKind(StrEnum):
    """What a function is."""

    PYTHON = "python"  # in processes of a worker
    WEBHOOK = "webhook"  # an address that is sent requests


class FunctionEvent(StrEnum):
    """What a function is called for."""

    CREATED = "asset.created"
    UPDATED = "asset.updated"
    REMOVED = "asset.removed"  # moved to the trash
    RUN_FINISHED = "run.finished"


class Repeat(StrEnum):
    """How often a function is called for one asset."""

    ONCE = "once"  # until it succeeded
    ALWAYS = "always"  # at each of its events


class CallState(StrEnum):
    """What came of calling a function for an asset or run."""

    WAITING = "waiting"  # for its first or another attempt
    DONE = "done"
    FAILED = "failed"  # after the last attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFunction:
    """A function to add: either an address, or a file in Python and its callable."""

    name: str
    url: str | None = None
    source: str | None = None  # the text of the file
    entry: str | None = None  # the name of the callable
    events: tuple[FunctionEvent, ...] = (FunctionEvent.CREATED,)
    query: str = ""
    repeat: Repeat = Repeat.ALWAYS
    pool: str = DEFAULT_POOL
    timeout_s: int = DEFAULT_TIMEOUT_S
    memory_mb: int = DEFAULT_MEMORY_MB
    attempts: int = DEFAULT_ATTEMPTS


@public_noun
class Function:
    """A function: what it is called for, where, and what came of it."""

    name: str
    kind: FunctionKind
    events: tuple[FunctionEvent, ...]
    query: str
    """The assets that it is called for; empty: all."""
    repeat: Repeat
    pool: str = DEFAULT_POOL
    """The workers that call it, by the name of their pool."""
    timeout_s: int = DEFAULT_TIMEOUT_S
    """The longest time of one call."""
    memory_mb: int = DEFAULT_MEMORY_MB
    """The most memory of a process that calls it, as address space. 0: no limit."""
    attempts: int = DEFAULT_ATTEMPTS
    """How often it is called for the same before it has failed."""
    paused: bool = False
    entry: str | None = None
    """Of Python: the name of the callable in the file."""
    digest: str | None = None
    """Of Python: the BLAKE3 digest of the file, hexadecimal."""
    url: str | None = None
    """Of webhooks: where requests are sent to."""
    problem: str | None = None
    """Why it cannot be called at all, such as a module that is not installed."""
    created: datetime
    by: str
    waiting: int = 0
    """Assets or runs that it will be called for."""
    done: int = 0
    failed: int = 0
    secret: str | None = None
    """Signs the requests of a webhook. Shown once, when the function is added."""


@public_noun
class FunctionFailure:
    """A call that failed, or that waits for another attempt after a failure."""

    function: str
    asset: str | None
    """The id of the asset; null: of a run."""
    run: int | None
    key: str | None
    """The key of the asset."""
    event: FunctionEvent
    state: CallState
    attempts: int
    error: str
    next_attempt: datetime | None
    """Null after the last attempt."""


@public_noun
class FunctionWork:
    """What one job of a function did."""

    function: str
    called: int
    changed: int
    """Assets whose metadata, tags or annotations it changed."""
    failed: int
    """Calls that failed for good."""
    retried: int
    """Calls that failed and will be repeated."""
