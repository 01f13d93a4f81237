"""What documents are made of: a connection, and what they need to know beside it."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import DEFAULT_ORIGIN
from mirrorlake.model.connections import Connection

CORS_SECONDS = 3600  # how long a browser may remember the answer to a preflight request
READ_METHODS = ("GET", "HEAD")
REQUEST_HEADERS = ("Range",)  # of videos and large files
RESPONSE_HEADERS = ("Accept-Ranges", "Content-Length", "Content-Range", "ETag")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """The claims of a token with which a role is assumed."""

    issuer: str  # such as https://token.actions.githubusercontent.com
    subject: str
    audience: str = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a document depends on besides the connection itself."""

    origin: str = DEFAULT_ORIGIN  # scheme, host and port of the web pages, as browsers send it
    principal: str | None = None  # who accesses the bucket; None: not known
    queue: str | None = (
        None  # ARN of a queue of AWS, or name of a topic or queue of the other clouds: events are wanted
    )
    web_identity: WebIdentity | None = None
    versions: bool = False  # whether earlier versions of objects, which snapshots may have frozen, are read too


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The objects that a connection may access. `prefix` is literal: it ends in `/` or is empty."""

    bucket: str
    prefix: str
    writes: bool


def scope_of(connection: Connection) -> Scope:
    """The default scope of a connection. Raises UsageError if it has no bucket."""
    settings = connection.settings
    if not settings.bucket:
        raise UsageError(
            f"The connection {connection.name} names no bucket, so there is nothing to write documents for.",
            "Set --bucket, and --prefix to limit it to a folder.",
        )
    prefix = settings.prefix
    if prefix and not prefix.endswith("/"):
        prefix += "/"  # like an address: `photos` means the folder, not all keys that begin with it
    return Scope(bucket=settings.bucket, prefix=prefix, writes=settings.allow_writes)
