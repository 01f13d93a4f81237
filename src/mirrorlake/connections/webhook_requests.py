"""Send signed requests to webhooks: no redirects, no forbidden addresses; of a response, only an answer is read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from mirrorlake.connections.signatures import HEADER, sign
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.storage.connections import ForbiddenAddress, check_host
from mirrorlake.storage.http import HttpClient, NoAnswer

REQUEST_S = 15.0  # for a whole request
MAX_URL = 2048
_ACCEPTED = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a request. Without an error, it was accepted."""

    status: int | None = None  # of the response
    error: str | None = None  # without the address, which may contain a secret
    body: bytes = b""  # of the response, if it was asked for


def check_url(url: str, networks: tuple[str, ...]) -> None:
    """Raise UsageError if no webhook can have this address. Resolves no name and makes no request."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= MAX_URL
        port = parts.port
    except ValueError:
        usable, parts, port = False, urlsplit(""), None
    if not usable or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        raise UsageError(
            "The address of the webhook is not one that requests can be sent to.",
            "Write it like https://example.com/hooks/photos, without a user name.",
        )
    try:
        check_host(parts.hostname or "", port, networks=networks, resolve=False)
    except ForbiddenAddress as error:
        raise UsageError(error.message, error.fix) from error


def send(url: str, body: bytes, *, secret: str, event: str, delivery: int, at: int, networks: tuple[str, ...]) -> Sent:
    """Post a JSON body. Any status of 200 to 299 accepts it. Raises nothing."""
    headers = {"Mirrorlake-Event": event, "Mirrorlake-Delivery": str(delivery), HEADER: sign(secret, body, at)}
    return _post(url, body, headers, networks=networks, deadline_s=REQUEST_S, limit=None)


def ask(
    url: str,
    body: bytes,
    *,
    secret: str,
    event: str,
    at: int,
    networks: tuple[str, ...],
    deadline_s: float,
    limit: int,
) -> Sent:
    """Post a JSON body like `send`, and read the body of the response. Raises nothing."""
    headers = {"Mirrorlake-Event": event, HEADER: sign(secret, body, at)}
    return _post(url, body, headers, networks=networks, deadline_s=deadline_s, limit=limit)


def _post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    networks: tuple[str, ...],
    deadline_s: float,
    limit: int | None,
) -> Sent:
    """`limit` None: the body of the response is not read."""
    parts = urlsplit(url)
    try:
        client = HttpClient(f"{parts.scheme}://{parts.netloc}", networks=networks)
    except MirrorlakeError as error:
        return Sent(error=str(error))
    headers = {"Content-Type": "application/json", **headers}
    found = b""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        answer = client.send("POST", target, client.headers(headers), body, deadline_s=deadline_s)
        if limit is not None and answer.status in _ACCEPTED:
            found = client.read(answer, limit=limit)
        else:
            client.discard(answer)
    except ForbiddenAddress as error:
        return Sent(error=str(error))
    except (NoAnswer, MirrorlakeError) as error:
        return Sent(error=f"No response: {error}.")
    finally:
        client.close()
    status = int(answer.status)
    if status in _ACCEPTED:
        return Sent(status=status, body=found)
    redirected = " Redirects are not followed." if 300 <= status < 400 else ""  # noqa: PLR2004 - redirection
    return Sent(status=status, error=f"The server answered {status}.{redirected}")
