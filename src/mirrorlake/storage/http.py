"""Persistent HTTP connections to a storage server, for all providers: forbidden addresses, TLS, limits and deadlines.

Redirects are not followed, nothing is retried, and no response is read beyond its limit.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from mirrorlake.core.errors import AccessDenied, MirrorlakeError, SettingsError
from mirrorlake.storage.deadline import DeadlineWatch

CONNECT_S = 10  # seconds to connect
READ_S = 60  # seconds of silence in a response
BODY_S = 300  # seconds for the body of a page or an error, also from a server that sends one byte per second
BODY_BYTES = 32 << 20  # maximum of such a body; the largest page of S3 has an eighth of that
POOL = 64  # connections that are kept; more are opened for more threads
USER_AGENT = "mirrorlake"
_DEADLINES = DeadlineWatch()

# Metadata services return credentials: an endpoint with such an address is refused.
_METADATA = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),
    ipaddress.ip_network("100.100.100.200/32"),
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddress(AccessDenied):
    """The endpoint's name resolves to a forbidden address."""


def is_forbidden(address: str) -> bool:
    """Whether a resolved address is link-local or a metadata service, in any IPv6 form."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        teredo = ip.teredo[1] if ip.teredo else None
        nat64 = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or teredo or nat64 or ip
    return any(ip in network for network in _METADATA)


def _check_peer(connection: HTTPConnection, connected: socket.socket) -> socket.socket:
    peer = str(connected.getpeername()[0])
    if is_forbidden(peer):
        connected.close()
        raise _forbidden_error(connection.host, peer)
    return connected


def check_host(host: str, port: int | None) -> None:
    """Raise ForbiddenAddress if `host` resolves to a forbidden address."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # the connection reports it
    for *_, address in found:
        if is_forbidden(str(address[0])):
            raise _forbidden_error(host, str(address[0]))


def _forbidden_error(host: str, address: str) -> ForbiddenAddress:
    return ForbiddenAddress(
        f"The endpoint {host} resolves to {address}, a link-local or metadata address.",
        "Specify the address of the storage server with --endpoint.",
    )


class _CheckedHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        check_host(self.host, self.port)
        return _check_peer(self, super()._new_conn())


class _CheckedHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        check_host(self.host, self.port)
        return _check_peer(self, super()._new_conn())


class CheckedHTTPPool(urllib3.HTTPConnectionPool):
    """Connections that refuse forbidden addresses before they send anything."""

    ConnectionCls = cast("Any", _CheckedHTTP)


class CheckedHTTPSPool(urllib3.HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = cast("Any", _CheckedHTTPS)


class NoAnswer(Exception):
    """No usable response was received. The text is the cause, readable and without any header."""


class ResponseTooLong(NoAnswer):
    """The body has more bytes than the caller allowed."""


class HttpClient:
    """Requests to one server. Thread-safe. Raises NoAnswer, and ForbiddenAddress for forbidden addresses."""

    def __init__(self, base: str, ca_bundle: str | None = None) -> None:
        self.base = base
        self._headers = {"Host": urlsplit(base).netloc, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        self._manager = _manager(base, ca_bundle)
        self._pool = self._manager.connection_from_url(base)

    def headers(self, more: Mapping[str, str]) -> dict[str, str]:
        """The headers of every request with `more`: the headers to sign."""
        return {**self._headers, **more}

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        """The status and headers of the response to a request with exactly these headers; `read` reads its body."""
        try:
            return self._pool.urlopen(
                method,
                target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                assert_same_host=False,
            )
        except MirrorlakeError:
            raise
        except ValueError as error:  # its text may contain a header
            raise NoAnswer("the request cannot be sent as it is") from error
        except (HTTPError, OSError) as error:
            raise NoAnswer(_describe_error(error)) from error

    def read(self, answer: urllib3.BaseHTTPResponse, *, limit: int = BODY_BYTES, deadline_s: float = BODY_S) -> bytes:
        """The remaining body of a response; the connection is returned to the pool, or closed if more data remains."""
        try:
            with _DEADLINES.limit(answer, deadline_s):
                data = answer.read(limit + 1)
        except (HTTPError, OSError) as error:
            self.discard(answer)
            raise NoAnswer(_describe_error(error)) from error
        if len(data) > limit:
            self.discard(answer)
            raise ResponseTooLong(f"its response has more than {limit:,} bytes")
        if answer.length_remaining:  # a limited read treats the end of the connection as the end of the body
            self.discard(answer)
            raise NoAnswer("its response was truncated")
        answer.release_conn()
        return data

    def discard(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Release a connection whose response was not read completely: it cannot be reused."""
        if answer.connection is not None:
            answer.close()
        answer.release_conn()

    def close(self) -> None:
        """Close all connections."""
        self._manager.clear()


def _describe_error(error: Exception) -> str:
    """The innermost cause in readable form."""
    if isinstance(error, NewConnectionError) and error.__cause__ is not None:
        error = cast("Exception", error.__cause__)
    text = str(error) or type(error).__name__
    return text.rpartition(": ")[2] if isinstance(error, HTTPError) and ": " in text else text


def _manager(base: str, ca_bundle: str | None) -> urllib3.PoolManager:
    timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
    parts = urlsplit(base)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    context = _tls(ca_bundle) if parts.scheme == "https" else None
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=POOL, timeout=timeout, ssl_context=context)
    manager = urllib3.PoolManager(num_pools=2, maxsize=POOL, timeout=timeout, ssl_context=context)
    cast("Any", manager).pool_classes_by_scheme = {"http": CheckedHTTPPool, "https": CheckedHTTPSPool}
    return manager


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
