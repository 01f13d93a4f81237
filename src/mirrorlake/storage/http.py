"""Persistent HTTP connections to a storage server, for all providers: forbidden addresses, TLS, limits and deadlines.

Redirects are not followed, nothing is retried, no response is read beyond its limit, and no error contains a header
or a credential.
"""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from mirrorlake.core.errors import SettingsError, StorageError
from mirrorlake.core.text import reason_of
from mirrorlake.storage.connections import PROXY_POOLS, Networks, PacedConnection, Pool, check_host, checked_pools
from mirrorlake.storage.pace import CURRENT, Pace
from mirrorlake.storage.responses import Headers, PacedResponse
from mirrorlake.storage.wire import Wire

CONNECT_S = 10  # seconds to connect
METADATA_CONNECT_S = 2  # seconds to connect to a metadata service, which is on the same machine
REQUEST_S = 300  # seconds for a whole request; more for large bodies, see `deadline_of`
SLOWEST_BYTES_S = 16 << 10  # bytes per second that a large body may take at least
ERROR_BYTES = 64 * 1024  # maximum bytes of an error body that are read
BODY_BYTES = 32 << 20  # maximum of a page of a listing; the largest one of S3 has an eighth of that
POOL = 64  # connections that are kept; more are opened for more threads
USER_AGENT = "mirrorlake"
_BODILESS = ("GET", "HEAD", "DELETE")
_NO_TARGET = re.compile(r"[^!-~]")  # blanks, and what must be percent-encoded
_UNSENDABLE = "the request cannot be sent as it is"
_NO_TUNNEL = "Tunnel connection failed: "  # of http.client, followed by the status and its reason
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")  # of OpenSSL, for an answer without TLS
_CAUSE_CHARACTERS = 200  # of the text of an error; a part of it may come from the server


class NoAnswer(Exception):
    """No usable response was received. The text is the cause, readable and without any header."""


class ResponseTooLong(NoAnswer):
    """The body has more bytes than the caller allowed."""


@dataclass(slots=True, kw_only=True)
class Response:
    """The status and headers of a response. `HttpClient.read` reads its body; it or `discard` must be called."""

    status: int
    headers: Headers
    answer: PacedResponse
    connection: PacedConnection | None  # None once it was returned to the pool


def deadline_of(size: int) -> float:
    """The seconds that a request with bodies of at most `size` bytes may take."""
    return REQUEST_S + size / SLOWEST_BYTES_S


class HttpClient:
    """Requests to one server. Thread-safe. Raises NoAnswer, and ForbiddenAddress for forbidden addresses.

    `networks`: see `connections.is_forbidden`. `proxy` is that of a connection; None uses the machine's own, if any.
    With `metadata`, addresses of metadata services are allowed and no proxy is used: `base` must then be a constant, or
    from this machine's own environment, never from a user.
    """

    def __init__(
        self,
        base: str,
        ca_bundle: str | None = None,
        *,
        networks: Networks = None,
        proxy: str | None = None,
        metadata: bool = False,
    ) -> None:
        parts = urlsplit(base)
        self._networks = networks
        self._server = parts.hostname or "", parts.port
        self._headers = {"Host": parts.netloc, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        self._proxied, self._manager = (
            (False, _metadata_manager()) if metadata else _manager(base, ca_bundle, networks, proxy)
        )
        try:
            self._pool = cast("Pool", self._manager.connection_from_url(base))
        except LocationValueError:
            raise SettingsError(
                f"{parts.scheme}://{parts.hostname} is not the address of a server.", "Check the name of its host."
            ) from None
        self._tunnels = self._proxied and parts.scheme == "https"
        # A proxy needs the whole address and its own headers, unless it only forwards the bytes of a TLS connection.
        forwarded = self._proxied and not self._tunnels
        self._before_target = base if forwarded else ""
        self._for_proxy = dict(cast("Any", self._pool).proxy_headers) if forwarded else {}

    def headers(self, more: Mapping[str, str]) -> dict[str, str]:
        """The headers of every request with `more`: the headers to sign."""
        return {**self._headers, **more}

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        deadline_s: float = REQUEST_S,
    ) -> Response:
        """The status and headers of the response to a request with exactly these headers; `read` reads its body.

        All of it, including the body, must arrive within `deadline_s` seconds, and at a minimum rate.
        """
        if self._proxied:
            # The proxy resolves the name; what this machine knows of it is checked as well as possible.
            check_host(*self._server, networks=self._networks, resolve=self._networks is not None)
        headers = {**headers, **self._for_proxy} if self._for_proxy else headers
        head = _request_head(method, self._before_target + target, headers, body)
        pace = Pace(deadline_s)
        CURRENT.set(pace)
        try:
            connection = self._pool.take(tunnel=self._tunnels)
        except (HTTPError, OSError, http.client.HTTPException) as error:
            raise NoAnswer(pace.failure or _describe_error(error)) from error
        except ValueError:
            raise NoAnswer(_UNSENDABLE) from None
        try:
            answer = connection.exchange(method, head, body)
        except BaseException as error:
            connection.close()
            self._pool.put(connection)
            if isinstance(error, HTTPError | OSError | http.client.HTTPException):
                raise NoAnswer(pace.failure or _describe_error(error)) from error
            if isinstance(error, ValueError):  # such as a name of a server that TLS cannot send
                raise NoAnswer(_UNSENDABLE) from None
            raise
        return Response(status=answer.status, headers=answer.fields, answer=answer, connection=connection)

    def read(self, response: Response, *, limit: int = BODY_BYTES) -> bytes:
        """The remaining body of a response; the connection is returned to the pool, or closed if more data remains."""
        answer = response.answer
        try:
            data = answer.read(limit + 1)
        except BaseException as error:
            self.discard(response)
            if isinstance(error, OSError | http.client.HTTPException):
                raise NoAnswer(_describe_error(error)) from error
            if isinstance(error, ValueError):
                raise NoAnswer("its response cannot be read") from None
            raise
        if len(data) > limit:
            self.discard(response)
            raise ResponseTooLong(f"its response has more than {limit:,} bytes")
        if answer.length:  # a limited read treats the end of the connection as the end of the body
            self.discard(response)
            raise NoAnswer("its response was truncated")
        self._release(response)
        return data

    def read_or_raise(
        self,
        response: Response,
        *,
        limit: int,
        too_long: StorageError | None,
        unreadable: Callable[[str], StorageError],
    ) -> bytes:
        """As `read`, but raises a provider's own errors: `too_long`, if it is given, and `unreadable` of the cause."""
        try:
            return self.read(response, limit=limit)
        except NoAnswer as error:
            if too_long is not None and isinstance(error, ResponseTooLong):
                raise too_long from error
            raise unreadable(str(error)) from error

    def read_error(self, response: Response) -> bytes:
        """The body of an error response; empty if it cannot be read or is too large. Its connection is released."""
        try:
            return self.read(response, limit=ERROR_BYTES)
        except NoAnswer:
            return b""

    def discard(self, response: Response) -> None:
        """Release the connection of a response; one that was not read completely cannot be used again."""
        if response.connection is not None:
            self._release(response)

    def _release(self, response: Response) -> None:
        connection, response.connection = response.connection, None
        if connection is None:
            return
        if response.answer.unread or response.answer.will_close:
            response.answer.close()
            connection.close()
        self._pool.put(connection)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._pool.close_kept()
        self._manager.clear()


def client_of(base: str, wire: Wire, *, metadata: bool = False) -> HttpClient:
    """A client of the server at `base`, which is reached as a connection specifies."""
    return HttpClient(base, wire.ca_bundle, networks=wire.networks, proxy=wire.proxy, metadata=metadata)


def _request_head(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The bytes of a request before its body. Raises NoAnswer for what would be another request than it seems."""
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]]
    if "Content-Length" not in headers and (body is not None or method not in _BODILESS):
        lines.append(f"Content-Length: {len(body or b'')}")
    text = "\r\n".join(lines)
    ends = len(lines) - 1
    if text.count("\r") != ends or text.count("\n") != ends or "\0" in text or _NO_TARGET.search(target):
        raise NoAnswer(_UNSENDABLE)  # without the text, which may contain a secret
    try:
        return f"{text}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise NoAnswer(_UNSENDABLE) from None


def _describe_error(error: BaseException) -> str:
    """The innermost cause in readable form, without line ends and not longer than a line."""
    while (cause := error.__cause__ or error.__context__) is not None and isinstance(error, HTTPError):
        error = cause
    odd = isinstance(error, http.client.BadStatusLine | http.client.UnknownProtocol)
    if odd and not isinstance(error, ConnectionError):
        return "it does not answer in HTTP"  # the error would repeat what the server sent
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return "it does not speak TLS"
    text = reason_of(error) or type(error).__name__
    if text.startswith(_NO_TUNNEL):  # the rest is the proxy's own words
        return f"the proxy answered {text.removeprefix(_NO_TUNNEL).split()[0]}"
    text = text.rpartition(": ")[2] if isinstance(error, HTTPError) and ": " in text else text
    return "".join(letter for letter in text[:_CAUSE_CHARACTERS] if letter.isprintable())


def _manager(
    base: str, ca_bundle: str | None, networks: Networks, own_proxy: str | None
) -> tuple[bool, urllib3.PoolManager]:
    """Whether requests to `base` go through a proxy, and its connections."""
    timeout = urllib3.Timeout(connect=CONNECT_S, read=REQUEST_S)  # `Pace` sets shorter ones for each read
    parts = urlsplit(base)
    proxy = own_proxy or (None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme))
    context = _tls(ca_bundle) if parts.scheme == "https" else None
    manager = urllib3.PoolManager(num_pools=2, maxsize=POOL, timeout=timeout, ssl_context=context)
    if proxy:
        manager = _proxy_manager(parts.scheme, proxy, timeout, context)
    # The machine's proxy was chosen by the operator; that of a connection is an address like its endpoint.
    pools = PROXY_POOLS if proxy and own_proxy is None else checked_pools(networks)
    cast("Any", manager).pool_classes_by_scheme = pools
    return bool(proxy), manager


def _metadata_manager() -> urllib3.PoolManager:
    """Connections whose addresses are not checked."""
    manager = urllib3.PoolManager(num_pools=1, timeout=urllib3.Timeout(connect=METADATA_CONNECT_S, read=REQUEST_S))
    cast("Any", manager).pool_classes_by_scheme = PROXY_POOLS
    return manager


def _proxy_manager(
    scheme: str, proxy: str, timeout: urllib3.Timeout, context: ssl.SSLContext | None
) -> urllib3.ProxyManager:
    """Connections through a proxy, with the user name and password of its address. They are never shown."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(address)
        login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if parts.username else None
        headers = urllib3.make_headers(proxy_basic_auth=login)
        return urllib3.ProxyManager(
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
            num_pools=2,
            maxsize=POOL,
            timeout=timeout,
            ssl_context=context,
            proxy_headers=headers,
        )
    except (ValueError, HTTPError):
        raise SettingsError(
            f"The proxy for {scheme} addresses is not the address of a server.",
            f"Check the environment variable {scheme.upper()}_PROXY.",
        ) from None


def _tls(ca_bundle: str | None) -> ssl.SSLContext:
    """The system's authorities and those of the AWS configuration's `ca_bundle`."""
    context = ssl.create_default_context()
    if ca_bundle:
        if not Path(ca_bundle).exists():
            raise SettingsError(
                f"The ca_bundle {ca_bundle} does not exist.",
                "Check the setting that names it: AWS_CA_BUNDLE, for example.",
            )
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"The ca_bundle {ca_bundle} cannot be used: {error}.", "Specify a PEM file.") from error
    return context
