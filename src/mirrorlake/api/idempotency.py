"""Idempotency keys: a POST that is repeated with the same `Idempotency-Key` is answered, not executed again.

The key is claimed in the database before the route runs, so that this also holds for simultaneous requests and for
several servers. A request that was refused changed nothing, and its key can be used again. One that failed (5xx) may
have changed something before it did: its answer is stored as that of one that succeeded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol

import blake3
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlake.api.bodies import FILES, FORM_TYPE
from mirrorlake.api.problems import problem_of, problem_response
from mirrorlake.api.routing import is_api
from mirrorlake.catalog.stored_answers import Claim, StoredAnswer
from mirrorlake.connections.signatures import HEADER as SIGNATURE
from mirrorlake.core.errors import MirrorlakeError, UsageError

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"  # in an answer that was stored
KEY_CHARS: Final = 255
BODY_BYTES: Final = 256 * 1024  # of a stored answer
JSON_TYPE: Final = "application/json"
UPLOAD_TYPES: Final = frozenset({FORM_TYPE, "application/octet-stream"})  # read as they come: no digest to compare
EXEMPT: Final = frozenset(
    {"/api/v1/search", "/api/v1/session", "/api/v1/me/password"}
)  # create nothing; no digest of a password
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{KEY_CHARS}}}")
_KEPT_HEADERS: Final = ("content-type", "location", "link", "etag")
_REFUSED: Final = range(400, 500)


class Answers(Protocol):
    """The stored answers of one caller."""

    def claim(self, key: str, digest: bytes) -> Claim | StoredAnswer:
        """Claim a key for a request, or return the answer to an equal one. Raises Conflict."""
        ...

    def store(self, claimed: Claim, status: int, answer: StoredAnswer | None) -> None:
        """Store the answer to a claimed key, or only that its request was executed."""
        ...

    def release(self, claimed: Claim) -> None:
        """Release a claimed key, so that its request can be repeated."""
        ...


@dataclass(slots=True)
class _Recorder:
    """Sends an answer and remembers it."""

    send: Send
    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytearray = field(default_factory=bytearray)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = Headers(raw=message["headers"])
        elif message["type"] == "http.response.body" and len(self.body) <= BODY_BYTES:
            self.body += message.get("body", b"")
        await self.send(message)

    def answer(self) -> StoredAnswer | None:
        """What is stored; None for an answer with a secret, for a large one, and if there is none."""
        if not self.status or "no-store" in self.headers.get("cache-control", "") or len(self.body) > BODY_BYTES:
            return None
        kept = {name: self.headers[name] for name in _KEPT_HEADERS if name in self.headers}
        return StoredAnswer(status=self.status, headers=kept, body=bytes(self.body))


class IdempotencyGuard:
    """Executes a POST with an Idempotency-Key at most once. Runs after the guard that sets the caller."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        key, caller = _key_of(scope), scope.get("state", {}).get("caller")
        if key is None or caller is None:  # signing in has no caller yet
            await self._app(scope, receive, send)
            return
        if _media_type(scope) in UPLOAD_TYPES:
            await problem_response(problem_of(_upload_refused(scope["path"])))(scope, receive, send)
            return
        request = await receive()  # whole: the guard of bodies has read it
        try:
            library = await run_in_threadpool(scope["app"].state.library_for, caller)
            answers: Answers = library.answers
            if not _KEY.fullmatch(key):
                raise UsageError(
                    f"Invalid {HEADER}.", f"Send 1 to {KEY_CHARS} visible ASCII characters, such as a random UUID."
                )
            claimed = await run_in_threadpool(answers.claim, key, _digest(scope, request))
        except MirrorlakeError as error:
            await problem_response(problem_of(error))(scope, receive, send)
            return
        if isinstance(claimed, StoredAnswer):
            await _replay(claimed, send)
            return
        await self._execute(answers, claimed, scope, _Again(request, receive), send)

    async def _execute(self, answers: Answers, claimed: Claim, scope: Scope, receive: Receive, send: Send) -> None:
        recorder = _Recorder(send)
        try:
            await self._app(scope, receive, recorder)
        finally:
            if recorder.status in _REFUSED:
                await run_in_threadpool(answers.release, claimed)
            else:
                status = recorder.status or HTTPStatus.INTERNAL_SERVER_ERROR  # an unexpected error is answered outside
                await run_in_threadpool(answers.store, claimed, status, recorder.answer())


class _Again:
    """Receives a request that was read once more, then what follows it."""

    def __init__(self, request: Message, receive: Receive) -> None:
        self._request: Message | None = request
        self._receive = receive

    async def __call__(self) -> Message:
        request, self._request = self._request, None
        return request if request is not None else await self._receive()


def takes_key(method: str, path: str) -> bool:
    """Whether requests to this path can have a key."""
    return method.upper() == "POST" and is_api(path) and path not in EXEMPT and not path.startswith("/api/v1/events/")


def _key_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or not takes_key(scope["method"], scope["path"]):
        return None
    headers = Headers(scope=scope)
    taken = _media_type(scope) in {JSON_TYPE, *UPLOAD_TYPES} and SIGNATURE not in headers
    return headers.get(HEADER) if taken else None


def _media_type(scope: Scope) -> str:
    return Headers(scope=scope).get("content-type", JSON_TYPE).partition(";")[0].strip().lower()


def _upload_refused(path: str) -> UsageError:
    twice = " A file that was uploaded twice is named in `duplicates`." if path == FILES else ""
    return UsageError(
        f"An upload takes no {HEADER}: its bytes are read as they come, and not compared with an earlier request.",
        f"Leave {HEADER} out.{twice}",
    )


def _digest(scope: Scope, request: Message) -> bytes:
    """Identifies the request apart from its headers."""
    parts = (scope["path"].encode("utf-8", "surrogatepass"), scope["query_string"], request.get("body", b""))
    digest = blake3.blake3()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


async def _replay(answer: StoredAnswer, send: Send) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers += [(REPLAYED.lower().encode(), b"true"), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
