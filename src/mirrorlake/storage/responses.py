"""HTTP responses: status and headers are read by ourselves, in a tenth of the time of `http.client`; it reads bodies.

RFC 9112 is read as strictly as this, so that two readers of one response never see two: a body has one length.
"""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from io import BufferedReader
from typing import Any, cast, overload

from mirrorlake.storage.pace import paced_socket

MAX_HEAD_BYTES = 256 << 10  # status and headers; servers of buckets send 2 to 16 KiB at most
_STATUS = re.compile(rb"HTTP/1\.(\d)[ \t]+(\d{3})(?:[ \t][^\r\n]*)?\r?\n")
MAX_HEADERS = 1000
MAX_INFORMATIONAL = 20  # responses before the final one
_LENGTH = re.compile(r"[0-9]{1,19}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MAX_CHUNK_LINE = 4096  # bytes; extensions of chunks are not used
_NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Headers(Mapping[str, str]):
    """The headers of a response by their names, in any case. Values of a repeated one are joined by commas."""

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields  # names in lower case

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The value of a header, or `default`."""
        return self._fields.get(name.lower(), default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


class PacedResponse(http.client.HTTPResponse):
    """A response whose status, headers and body are read within the time limits of the current request."""

    status: int
    will_close: bool  # whether the connection cannot be used again
    fields: Headers

    def __init__(self, sock: socket.socket, *args: Any, method: str | None = None, **named: Any) -> None:
        super().__init__(cast("socket.socket", paced_socket(sock)), *args, method=method, **named)
        self._asked = method

    def begin(self) -> None:
        """Read status and headers, and how the body ends. Raises HTTPException and OSError."""
        stream = self.fp
        self.version, self.status, fields = _read_head(stream)
        self.fields = Headers(fields)
        connection = fields.get("connection", "").lower()
        self.will_close = "close" in connection or (self.version == 10 and "keep-alive" not in connection)  # noqa: PLR2004 - 1.0
        coding = fields.get("transfer-encoding", "").lower()
        self.chunked = coding == "chunked"
        self.chunk_left = None
        if self._asked == "HEAD" or self.status in _NO_BODY:
            self.chunked, self.length = False, 0
        elif coding in ("", "identity", "chunked"):
            self.length = None if self.chunked else _length(fields.get("content-length"))
        else:
            raise http.client.HTTPException("its response has an unknown transfer encoding")
        self.will_close = self.will_close or (self.length is None and not self.chunked)

    def _get_chunk_left(self) -> int | None:
        """The bytes left of the current chunk, or of the next one; None after the last one. Raises HTTPException."""
        left = self.chunk_left
        if left:
            return left
        if left is not None:
            self._check_end_of_chunk()
        left = self._read_next_chunk_size() or None
        if left is None:
            if self.fp.peek(1):  # a few servers end here
                _read_fields(self.fp)  # trailers; nothing in them is used
            cast("Any", self)._close_conn()  # noqa: SLF001  inherited, but not declared
        self.chunk_left = left
        return left

    def _read_next_chunk_size(self) -> int:
        """The size of the next chunk, by RFC 9112 7.1: no sign, prefix or blank before it."""
        found = _CHUNK_SIZE.fullmatch(self.fp.readline(_MAX_CHUNK_LINE))
        if found is None:
            raise http.client.HTTPException("its response has a chunk without a size")
        return int(found[1], 16)

    def _check_end_of_chunk(self) -> None:
        if self.fp.read(2) != b"\r\n":
            raise http.client.HTTPException("its response has a chunk of another size than it states")

    @property
    def unread(self) -> bool:
        """Whether a part of the body, or its end, has not been read."""
        return not self.isclosed()


def _read_head(stream: BufferedReader) -> tuple[int, int, dict[str, str]]:
    """Version, status and headers of the final response; the informational ones before it are skipped."""
    for _ in range(MAX_INFORMATIONAL + 1):
        line = stream.readline(MAX_HEAD_BYTES)
        if not line:
            raise http.client.RemoteDisconnected("it closed the connection without a response")
        found = _STATUS.fullmatch(line)
        if found is None:
            raise http.client.BadStatusLine("")  # its text would be the server's
        status = int(found[2])
        fields = _read_fields(stream)
        if status >= HTTPStatus.OK or status == HTTPStatus.SWITCHING_PROTOCOLS:
            return 10 if found[1] == b"0" else 11, status, fields
    raise http.client.HTTPException(f"it sent more than {MAX_INFORMATIONAL} informational responses")


def _read_fields(stream: BufferedReader) -> dict[str, str]:
    """Headers by their names. Their lines are joined at the end: joining each at once would take quadratic time."""
    fields: dict[str, list[str]] = {}
    name = ""
    left = MAX_HEAD_BYTES
    for _ in range(MAX_HEADERS + 1):
        line = stream.readline(left)
        left -= len(line)
        if not line.endswith(b"\n"):
            raise http.client.HTTPException(
                "its response was truncated"
                if left
                else f"its response has more than {MAX_HEAD_BYTES:,} bytes of headers"
            )
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return {name: "".join(parts) for name, parts in fields.items()}
        if text[0] in " \t":  # the line before continues
            if name:
                fields[name] += (" ", text.strip())
            continue
        name, colon, value = text.partition(":")
        if not colon:
            name = ""
            continue
        name, value = name.strip().lower(), value.strip()
        if name in fields:
            fields[name] += (", ", value)
        else:
            fields[name] = [value]
    raise http.client.HTTPException(f"its response has more than {MAX_HEADERS:,} lines of headers")


def _length(text: str | None) -> int | None:
    """The length that a response states, perhaps more than once; None if it states none. Raises HTTPException.

    An invalid one cannot be passed over: RFC 9112 6.3.
    """
    if text is None:
        return None
    lengths = {part.strip() for part in text.split(",")} if "," in text else {text}
    if len(lengths) > 1:
        raise http.client.HTTPException("its response states two lengths")
    (length,) = lengths
    if _LENGTH.fullmatch(length) is None:
        raise http.client.HTTPException("its response states a length that is no number")
    return int(length)
