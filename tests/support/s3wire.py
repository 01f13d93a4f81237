"""Requests and answers of the S3 server of the tests, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape

Framing = Literal["length", "chunked", "close"]  # how the end of a body is recognised


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire. `cut` closes the connection after that many bytes of the body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    framing: Framing = "length"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    bucket: str
    key: bytes  # empty for the bucket itself
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes = b""


def error(status: int, code: str, **fields: str) -> Answer:
    """An S3 error document."""
    parts = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{code}</Message>{parts}</Error>'
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})
