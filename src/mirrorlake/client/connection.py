"""Requests to a server: responses become nouns of the library, problem documents its errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import httpx
import msgspec

from mirrorlake.core.errors import (
    AccessDenied,
    Conflict,
    CoolingDown,
    MirrorlakeError,
    NotFound,
    PassRunning,
    PermissionDenied,
    QueryError,
    SignInRefused,
    SourceUnreachable,
    StaleVersion,
    TooManyAttempts,
    UsageError,
)
from mirrorlake.core.settings import SERVER_ADDRESS
from mirrorlake.core.text import reason_of
from mirrorlake.model.pages import Page

UPLOAD_S = 600.0
TIMEOUT_S = 30.0
PIECE_BYTES = 1 << 20
WORKSPACE_HEADER = "Mirrorlake-Workspace"  # its value is percent-encoded
_KEY = re.compile(r"[\x21-\x7e]+")
# The connection broke after the request had begun: the server may have executed it.
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
T = TypeVar("T")
Parameters = Mapping[str, str | int | None]


class Connection:
    """A connection to one server. Thread-safe."""

    def __init__(self, url: str, api_key: str | None, workspace: str | None = None) -> None:
        """Raises UsageError for an address, a key or a workspace that no server has."""
        if not SERVER_ADDRESS.fullmatch(url):
            # The message does not repeat what may contain a token or a password.
            raise UsageError("The URL is not the address of a server.", "Write it like http://127.0.0.1:8765.")
        headers = {} if api_key is None else {"Authorization": f"Bearer {_checked(api_key)}"}
        if workspace is not None:
            headers[WORKSPACE_HEADER] = segment(workspace)
        try:
            self._http = httpx.Client(base_url=url.rstrip("/") + "/api/v1", headers=headers, timeout=TIMEOUT_S)
        except httpx.InvalidURL as error:
            raise UsageError(f"The URL is not the address of a server: {error}.", "Correct it.") from error

    def close(self) -> None:
        """Close the sockets."""
        self._http.close()

    def ask(
        self,
        kind: type[T],
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        body: Mapping[str, object] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Send a request and return the response as a noun or a list of nouns. Raises the error of the response."""
        sent = self.send(method, path, params=params, body=body, content=content, headers=headers)
        return self._decode(sent, kind)

    def page(self, kind: type[T], path: str, params: Parameters) -> Page[T]:
        """Get one page of a list, with the cursor of the next one from the Link header."""
        answer = self.send("GET", path, params=params)
        items = self._decode(answer, list[kind])
        following = answer.links.get("next", {}).get("url")
        if following is None:
            return Page(tuple(items), None)
        cursors = parse_qs(urlsplit(following).query).get("cursor", [])
        if len(cursors) != 1:
            raise self._foreign("the address of its next page has no cursor")
        return Page(tuple(items), cursors[0])

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        body: Mapping[str, object] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        redirects: bool = False,
    ) -> httpx.Response:
        """Send a request, with `body` or `content` (JSON unless a header names another type), and return the response.

        Redirects are not followed: with `redirects`, they are returned, else they are an error. Raises the error of the
        response, and UsageError for values that no request can contain.
        """
        repeatable = method == "POST" and content is None
        if repeatable:  # if the connection breaks, the request is sent again: the server executes it once
            headers = {"Idempotency-Key": uuid4().hex, **(headers or {})}
        if content is not None:
            headers = {"Content-Type": "application/json", **(headers or {})}
        answer = self._answer(
            method, path, params=params, repeatable=repeatable, json=body, content=content, headers=headers
        )
        if answer.is_redirect and not redirects:  # of a proxy or to a login page: not a success
            raise SourceUnreachable(
                f"The server at {self._http.base_url} redirects requests. Redirects are not followed.",
                "Correct MIRRORLAKE_URL.",
            )
        return answer

    def stream(self, path: str, *, params: Parameters | None = None) -> Iterator[bytes]:
        """Get a response piece by piece. Raises as `send`, and SourceUnreachable later if it breaks off.

        Read it to the end, or close it.
        """
        answer = self._answer("GET", path, params=params, stream=True)

        def pieces() -> Iterator[bytes]:
            try:
                with closing(answer):
                    yield from answer.iter_bytes(PIECE_BYTES)
            except httpx.HTTPError as error:
                raise self._silent(error) from error

        return pieces()

    def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None,
        stream: bool = False,
        repeatable: bool = False,
        **options: Any,
    ) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            request = self._http.build_request(method, path, params=given, **options)
        except (httpx.InvalidURL, ValueError, TypeError) as error:  # half a surrogate pair, NaN, a date, a long query
            raise UsageError(
                f"The request cannot be sent: {error}.", "Use valid Unicode text, finite numbers and JSON values."
            ) from error
        try:
            try:
                answer = self._http.send(request, stream=stream)
            except _BROKEN:
                if not repeatable:
                    raise
                answer = self._http.send(request, stream=stream)
            if answer.is_error:
                answer.read()
        except httpx.HTTPError as error:
            raise self._silent(error) from error
        if answer.is_error:
            raise _problem(answer)
        return answer

    def _silent(self, error: httpx.HTTPError) -> SourceUnreachable:
        return SourceUnreachable(
            f"The server at {self._http.base_url} does not respond: {reason_of(error)}.",
            "Start it with `mirrorlake up`, or correct MIRRORLAKE_URL.",
        )

    def upload(self, kind: type[T], path: str, fields: Mapping[str, Any], files: Iterable[tuple[str, BinaryIO]]) -> T:
        """Send files and fields as a form, streamed, and return the response as a noun. Raises its error."""
        named = [("file", (name, file, "application/octet-stream")) for name, file in files]
        return self._decode(
            self._answer("POST", path, params=None, data=dict(fields), files=named, timeout=UPLOAD_S), kind
        )

    def _decode(self, answer: httpx.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise self._foreign(str(error)) from error

    def _foreign(self, reason: str) -> SourceUnreachable:
        return SourceUnreachable(
            f"{self._http.base_url} is not a mirrorlake server or has another version: {reason}.",
            "Correct MIRRORLAKE_URL, or install the server's version.",
        )


@dataclass(frozen=True, slots=True)
class NounClient:
    """The use cases of one noun, over HTTP."""

    connection: Connection


def _checked(api_key: str) -> str:
    """The key without surrounding blanks. Raises UsageError, without showing it, if no header can contain it."""
    key = api_key.strip()
    if not _KEY.fullmatch(key):
        raise UsageError(
            "The API key contains a blank, a line end or another character that none has.",
            "Set MIRRORLAKE_API_KEY to an API key, or to the token printed by `mirrorlake up`.",
        )
    return key


def segment(text: str) -> str:
    """Any text as one segment of a path. Raises UsageError for what no name or id can be."""
    try:
        segment = quote(text, safe="")
    except TypeError:
        raise UsageError(f"Invalid name or id {text!r}: it is not text.", f"Write {str(text)!r}.") from None
    except UnicodeEncodeError as error:
        raise UsageError(f"Invalid name or id {text!r}: {error}.", "Use valid Unicode text.") from error
    if "\0" in text:
        raise UsageError(f"Invalid name or id {text!r}: it contains a NUL character.", "Remove it.")
    return segment


def _problem(answer: httpx.Response) -> MirrorlakeError:
    """The error that an RFC 9457 problem document describes."""
    try:
        body: object = answer.json()
    except ValueError:
        body = None
    problem = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    message = str(problem.get("detail") or f"The server returned {answer.status_code} {answer.reason_phrase}.")
    fix = str(problem.get("fix") or "")
    match answer.status_code:
        case 403 if problem.get("type") == "urn:mirrorlake:permission-denied":
            permission = problem.get("permission")
            return PermissionDenied(message, fix, permission=permission if isinstance(permission, str) else None)
        case 401 if problem.get("type") == "urn:mirrorlake:sign-in-refused":
            return SignInRefused(message, fix)
        case 401 | 403:
            return AccessDenied(
                message, "Set MIRRORLAKE_API_KEY to an API key, or to the token printed by `mirrorlake up`."
            )
        case 429:
            seconds = problem.get("seconds")
            return TooManyAttempts(message, fix, seconds=seconds if isinstance(seconds, int) else 0)
        case 404:
            return NotFound(message, fix)
        case 409:
            return _conflict(problem, message, fix)
        case 412:
            return StaleVersion(message, fix)
        case 400 if isinstance(problem.get("position"), int):
            return QueryError(message, fix, text=str(problem.get("text", "")), position=problem["position"])
        case 400 | 413 | 415 | 422:
            return UsageError(message, fix)
        case _:
            return MirrorlakeError(message, fix)


def _conflict(problem: Mapping[str, Any], message: str, fix: str) -> MirrorlakeError:
    match problem.get("type"):
        case "urn:mirrorlake:pass-running":
            return PassRunning(message, fix)
        case "urn:mirrorlake:cooling-down":
            minutes = problem.get("minutes")
            return CoolingDown(message, fix, minutes=minutes if isinstance(minutes, int) else 0)
        case _:
            return Conflict(message, fix)
