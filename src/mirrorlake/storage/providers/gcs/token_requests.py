"""Requests to services that issue tokens and sign: small JSON documents, from servers that may be hostile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from mirrorlake.core.errors import AccessDenied, ServerAnswer, SettingsError, SourceUnreachable
from mirrorlake.storage.http import NoAnswer, client_of
from mirrorlake.storage.retry import is_passing, retry_after_s
from mirrorlake.storage.server_address import is_loopback
from mirrorlake.storage.server_words import clean_code, clean_text
from mirrorlake.storage.tokens import AccessToken
from mirrorlake.storage.wire import MACHINE, Wire

ANSWER_BYTES = 64 * 1024
DEADLINE_S = 30.0
LONGEST_LIFE_S = 12 * 3600.0  # the longest that Google issues; a server may claim anything
DEFAULT_LIFE_S = 600.0  # of a token without a stated life
_FIX = "Check that the credentials are complete and have not been revoked."


class Unanswered(SourceUnreachable):
    """No answer was received."""


def post_form(url: str, fields: Mapping[str, str], what: str, wire: Wire = MACHINE) -> dict[str, Any]:
    """The JSON object that the server at `url` returns for a form. `what` names the request in messages."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return object_of(
        request_text("POST", url, what, headers=headers, body=urlencode(fields).encode(), wire=wire), url, what
    )


def post_json(url: str, document: Mapping[str, object], token: str, what: str, wire: Wire = MACHINE) -> dict[str, Any]:
    """The JSON object that the server at `url` returns for another one, with an access token."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps(document).encode()
    return object_of(request_text("POST", url, what, headers=headers, body=body, wire=wire), url, what)


def object_of(text: bytes, url: str, what: str) -> dict[str, Any]:
    """The JSON object in a response. Raises AccessDenied if it is none."""
    document = _parse(text)
    if document is None:
        raise AccessDenied(f"{what}: {_host(url)} did not answer with a JSON object.", _FIX)
    return document


def request_text(
    method: str,
    url: str,
    what: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    expected: Mapping[str, str] | None = None,
    wire: Wire = MACHINE,
    metadata: bool = False,
) -> bytes:
    """The body of a successful response that has the `expected` headers.

    With `metadata`, the operator of this machine named the address: it may be that of a metadata service.
    """
    parts = urlsplit(url)
    client = client_of(f"{parts.scheme}://{parts.netloc}", wire, metadata=metadata)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        answer = client.send(method, target, client.headers(headers), body, deadline_s=DEADLINE_S)
        text = client.read(answer, limit=ANSWER_BYTES)
    except NoAnswer as error:
        raise Unanswered(
            f"{what}: {_host(url)} cannot be reached: {error}.", "Check the network, or try again later."
        ) from error
    finally:
        client.close()
    if any(answer.headers.get(name) != value for name, value in (expected or {}).items()):
        raise AccessDenied(f"{what}: {_host(url)} is not the expected service.", _FIX)
    if answer.status == HTTPStatus.OK:
        return text
    if is_passing(answer.status):
        raise SourceUnreachable(
            f"{what}: {_host(url)} answered {answer.status}.",
            "Try again later.",
            again_after_s=retry_after_s(answer.headers.get("Retry-After", "").strip()),
        )
    error = AccessDenied(f"{what}: {_host(url)} answered {answer.status}{_words(text)}.", _FIX)
    code = (_parse(text) or {}).get("error")  # of OAuth, such as invalid_grant
    error.answer = ServerAnswer(
        status=answer.status,
        code=clean_code(code) if isinstance(code, str) else "",
        words=_words(text).strip(" ()"),
        service="google",
    )
    raise error


def token_of(document: Mapping[str, Any], what: str) -> AccessToken:
    """The token in the response of a token server. Raises AccessDenied if it has none that can be sent."""
    text, life = document.get("access_token"), document.get("expires_in", DEFAULT_LIFE_S)
    if isinstance(life, str) and life.isascii() and life.isdigit():
        life = float(life[:9])
    valid = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
    return access_token(text, min(float(life), LONGEST_LIFE_S) if valid else DEFAULT_LIFE_S, what)


def access_token(text: object, life_s: float, what: str) -> AccessToken:
    """A token that a header can contain. Raises AccessDenied otherwise."""
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable() or " " in text:
        raise AccessDenied(f"{what}: the answer contains no usable token.", _FIX)
    return AccessToken(text=text, life_s=life_s)


def checked_address(url: object, name: str) -> str:
    """An address in credentials that secrets are sent to. Raises SettingsError unless it is HTTPS, or this machine."""
    text = url if isinstance(url, str) and url.isascii() and url.isprintable() and not set(url) & set(" #") else ""
    try:
        parts = urlsplit(text)
        secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        secure = secure and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        secure = False
    if not secure:
        raise SettingsError(f"The {name} of the credentials is not an HTTPS address.", "Check the file with them.")
    return text


def as_object(value: object) -> Mapping[str, object]:
    """A part of a JSON document, if it is an object; otherwise an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"


def _words(body: bytes) -> str:
    """The server's explanation: `error_description` of OAuth, or the message of an error of Google."""
    document = _parse(body) or {}
    error = document.get("error")
    if isinstance(error, dict):
        found = cast("dict[str, Any]", error).get("message")
    else:
        found = ": ".join(text for text in (error, document.get("error_description")) if isinstance(text, str))
    words = clean_text(found).rstrip(".") if isinstance(found, str) else ""
    return f" ({words})" if words else ""
