"""Requests as a browser makes them: to a signed address, with an origin or a range, without any header of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mirrorlake.core.errors import ServerAnswer, SourceUnreachable, StorageError
from mirrorlake.storage.connections import Networks
from mirrorlake.storage.http import HttpClient, NoAnswer, ResponseTooLong

BODY_BYTES = 64 << 10  # of an error, or of the object if the server ignores the range
DEADLINE_S = 30.0
PARTIAL, OK = 206, 200
_CODE = re.compile(r"<Code>\s*([A-Za-z0-9._-]{1,64})\s*</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{0,300})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A response, with the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def allowed_origin(self) -> str:
        """The origin that may read the response; empty without a CORS rule."""
        return self.headers.get("Access-Control-Allow-Origin", "").strip()


Fetch = Callable[[str, Mapping[str, str]], Fetched]


def fetcher(ca_bundle: str | None = None, *, networks: Networks = None, proxy: str | None = None) -> Fetch:
    """A `Fetch` with the authorities, allowed networks and proxy of a connection."""

    def fetch(url: str, headers: Mapping[str, str]) -> Fetched:
        parts = urlsplit(url)
        client = HttpClient(f"{parts.scheme}://{parts.netloc}", ca_bundle, networks=networks, proxy=proxy)
        target = url.partition(parts.netloc)[2]
        try:
            answer = client.send("GET", target, client.headers(headers), deadline_s=DEADLINE_S)
            try:
                body = client.read(answer, limit=BODY_BYTES)
            except ResponseTooLong:
                body = b""
            return Fetched(status=answer.status, headers=answer.headers, body=body)
        except NoAnswer as error:
            raise SourceUnreachable(f"The signed address cannot be reached: {error}.") from error
        finally:
            client.close()

    return fetch


def refusal_of(fetched: Fetched, what: str) -> StorageError:
    """The error of a response that is none of the object; it contains no part of the address's signature."""
    text = fetched.body.decode("utf-8", "replace")
    code, message = _CODE.search(text), _MESSAGE.search(text)
    words = "" if message is None else "".join(char for char in message[1] if char.isprintable()).strip()
    error = StorageError(f"A signed address of {what} was refused with status {fetched.status}.")
    error.answer = ServerAnswer(status=fetched.status, code="" if code is None else code[1], words=words)
    return error


def no_cors(origin: str, allowed: str) -> StorageError:
    """The error of a response that the browser would not give to the pages at `origin`."""
    found = f"only {allowed[:200]!r}" if allowed.isprintable() and allowed else "no origin"
    error = StorageError(f"A signed address permits {found} to read the response, not {origin}.")
    error.answer = ServerAnswer(status=OK, code="NoCors")
    return error


def ignored_range(status: int, size: int) -> StorageError:
    """The error of a response that is more than the requested range."""
    error = StorageError(f"One byte was requested, and the server answered with status {status} and {size:,} bytes.")
    error.answer = ServerAnswer(status=status, code="RangeIgnored")
    return error
