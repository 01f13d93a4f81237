"""Bodies of requests: read once, before any route, with a limit of bytes and time, and checked as strict JSON."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from mirrorlake.api.problems import RequestRefused, problem
from mirrorlake.model.labels import UPLOAD_BYTES
from mirrorlake.model.likeness import PICTURE_BYTES
from mirrorlake.model.uploads import MAX_REQUEST_BYTES
from mirrorlake.select.json_reader import Json

BODY_BYTES: Final = 1024 * 1024  # an edit of 1000 metadata keys with texts of 1000 characters
BODY_S: Final = 30.0  # for the whole body
UPLOADS: Final = "/api/v1/labels/uploads"  # with those of `FORMS`, the only addresses whose body is not JSON
UPLOAD_TYPE: Final = "application/octet-stream"
FILES: Final = "/api/v1/uploads"
PICTURE: Final = "/api/v1/search/picture"
FORM_TYPE: Final = "multipart/form-data"
DEPTH: Final = 64  # of lists and objects in each other; ours have 4
# How many bytes a form may have, by its address, and what to do with more.
FORMS: Final = {
    FILES: (MAX_REQUEST_BYTES, "Send fewer files at once."),
    PICTURE: (PICTURE_BYTES + BODY_BYTES, "Send a smaller copy: 320 pixels a side are enough."),
}


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(scope: Scope, receive: Receive, *, patience_s: float = BODY_S) -> Receive:
    """Read and check the body, and return a function from which the app receives it.

    Raises RequestRefused, and ClientGone where nobody can be answered.
    """
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(patience_s):
            body = await _receive_all(receive)
    except TimeoutError as error:
        raise RequestRefused(
            problem("timeout", "Request Timeout", 408, f"The body was not complete within {patience_s:.0f} s.")
        ) from error
    if body:
        _check_body(body, headers.get("content-type", ""))
    delivered = False

    async def receive_body() -> Message:
        nonlocal delivered
        if delivered:
            return await receive()  # returns when the client disconnects
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body


def is_upload(scope: Scope) -> bool:
    """Whether the body is declared as bytes. Any other body is JSON, or refused like it."""
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower() == UPLOAD_TYPE


def is_form(scope: Scope) -> bool:
    """Whether the body is declared as a form with files."""
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower() == FORM_TYPE


def limit_form(scope: Scope, receive: Receive, *, patience_s: float = BODY_S) -> Receive:
    """A function from which a route receives a form piece by piece, each within some time.

    Raises RequestRefused for more bytes than the limit, here if they are declared, else from the function.
    """
    length = Headers(scope=scope).get("content-length", "")
    received = int(length) if length.isdecimal() else 0
    limit, fix = FORMS[scope["path"]]
    _check_form(received, limit, fix)
    received = 0

    async def receive_piece() -> Message:
        nonlocal received
        async with asyncio.timeout(patience_s):
            message = await receive()
        received += len(message.get("body", b""))
        _check_form(received, limit, fix)
        return message

    return receive_piece


def limit_stream(scope: Scope, receive: Receive, *, patience_s: float = BODY_S) -> Receive:
    """A function from which a route receives an upload piece by piece, each within some time. The route counts bytes.

    Raises RequestRefused for a declared size over the limit.
    """
    length = Headers(scope=scope).get("content-length", "")
    if length.isdecimal():
        check_upload(int(length))

    async def receive_piece() -> Message:
        async with asyncio.timeout(patience_s):
            return await receive()

    return receive_piece


def check_upload(size: int) -> None:
    """Raises RequestRefused for an upload of too many bytes."""
    if size > UPLOAD_BYTES:
        detail = f"The upload is larger than {UPLOAD_BYTES // 1_000_000:,} MB."
        raise RequestRefused(problem("body-too-large", "Body too large", 413, detail, "Import it from a bucket."))


def _check_form(size: int, limit: int, fix: str) -> None:
    if size > limit:
        detail = f"The upload is larger than {limit // 1_000_000:,} MB."
        raise RequestRefused(problem("body-too-large", "Body too large", 413, detail, fix))


async def _receive_all(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > BODY_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def _too_large() -> RequestRefused:
    detail = f"The body is larger than {BODY_BYTES // 1024:,} KiB."
    return RequestRefused(problem("body-too-large", "Body too large", 413, detail, "Send several smaller requests."))


def _check_body(body: bytes, media_type: str) -> None:
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(
            problem(
                "unsupported-media-type",
                "Unsupported media type",
                415,
                "The body is not declared as JSON.",
                "Send it with the header `Content-Type: application/json`.",
            )
        )
    try:
        document = orjson.loads(body)  # refuses NaN, half surrogate pairs and bytes that are not UTF-8
    except orjson.JSONDecodeError as error:
        raise RequestRefused(
            problem("invalid-request", "Invalid request", 422, f"The body is not valid JSON: {error}.")
        ) from error
    # Most bodies need no walk: a NUL has only this form in JSON, and depth needs brackets.
    if b"\\u0000" in body or body.count(b"[") + body.count(b"{") > DEPTH:
        _walk(document)


def _walk(document: Json) -> None:
    """Raises RequestRefused for a NUL in any text, and for a document that is nested too deeply."""
    remaining: list[tuple[Json, int]] = [(document, 1)]
    while remaining:
        value, depth = remaining.pop()
        if isinstance(value, str) and "\0" in value:
            raise RequestRefused(
                problem("usage-error", "Invalid request", 400, "The body contains a NUL character.", "Remove \\u0000.")
            )
        children: list[Json] = []
        if isinstance(value, dict):
            children = [*value.keys(), *value.values()]
        elif isinstance(value, list):
            children = value
        if children and depth > DEPTH:
            detail = f"The body is nested more than {DEPTH} levels deep."
            raise RequestRefused(problem("usage-error", "Invalid request", 400, detail))
        remaining += [(child, depth + 1) for child in children]
