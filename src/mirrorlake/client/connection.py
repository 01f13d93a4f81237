"""Requests to a server: responses become nouns of the library, problem documents its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, quote, urlsplit

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
    SourceUnreachable,
    UsageError,
)
from mirrorlake.model.pages import Page

TIMEOUT_S = 30.0
T = TypeVar("T")
Parameters = Mapping[str, str | int | None]


class Connection:
    """A connection to one server. Thread-safe."""

    def __init__(self, url: str, api_key: str | None) -> None:
        headers = {} if api_key is None else {"Authorization": f"Bearer {_checked(api_key)}"}
        self._http = httpx.Client(base_url=url.rstrip("/") + "/api/v1", headers=headers, timeout=TIMEOUT_S)
        self._server = self._http.base_url.copy_with(username=None, password=None)  # for messages

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
    ) -> T:
        """Send a request and return the response as a noun or a list of nouns. Raises the error of the response."""
        return self._decode(self.send(method, path, params=params, body=body), kind)

    def page(self, kind: type[T], path: str, params: Parameters) -> Page[T]:
        """Get one page of a list, with the cursor of the next one from the Link header."""
        answer = self.send("GET", path, params=params)
        items = self._decode(answer, list[kind])
        following = answer.links.get("next", {}).get("url")
        cursor = None if following is None else parse_qs(urlsplit(following).query)["cursor"][0]
        return Page(tuple(items), cursor)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        redirects: bool = False,
    ) -> httpx.Response:
        """Send a request and return the response. Raises the error of the response.

        Redirects are not followed: with `redirects`, they are returned, else they are an error.
        """
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = self._http.request(method, path, params=given, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise SourceUnreachable(
                f"The server at {self._server} does not respond: {error}.",
                "Start it with `mirrorlake up`, or correct MIRRORLAKE_URL.",
            ) from error
        if answer.is_error:
            raise _problem(answer)
        if answer.is_redirect and not redirects:  # of a proxy or to a login page: not a success
            raise SourceUnreachable(
                f"The server at {self._server} redirects requests. Redirects are not followed.",
                "Correct MIRRORLAKE_URL.",
            )
        return answer

    def _decode(self, answer: httpx.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise SourceUnreachable(
                f"{self._server} is not a mirrorlake server or has another version: {error}.",
                "Correct MIRRORLAKE_URL, or install the server's version.",
            ) from error


@dataclass(frozen=True, slots=True)
class NounClient:
    """The use cases of one noun, over HTTP."""

    connection: Connection


def _checked(api_key: str) -> str:
    """The key without surrounding blanks. Raises UsageError, without showing it, if no header can contain it."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            "The API key contains a blank, a line end or another character that none has.",
            "Set MIRRORLAKE_API_KEY to the token printed by `mirrorlake up`.",
        )
    return key


def segment(text: str) -> str:
    """Any text as one segment of a path."""
    return quote(text, safe="")


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
            return PermissionDenied(message, fix)
        case 401 | 403:
            return AccessDenied(message, "Set MIRRORLAKE_API_KEY to the token printed by `mirrorlake up`.")
        case 404:
            return NotFound(message, fix)
        case 409:
            return _conflict(problem, message, fix)
        case 400 | 422 if "position" not in problem:
            return UsageError(message, fix)
        case _ if "position" in problem:
            return QueryError(message, fix, text=str(problem.get("text", "")), position=int(problem["position"]))
        case _:
            return MirrorlakeError(message, fix)


def _conflict(problem: Mapping[str, Any], message: str, fix: str) -> MirrorlakeError:
    match problem.get("type"):
        case "urn:mirrorlake:pass-running":
            return PassRunning(message, fix)
        case "urn:mirrorlake:cooling-down":
            return CoolingDown(message, fix, minutes=int(problem.get("minutes", 0)))
        case _:
            return Conflict(message, fix)
