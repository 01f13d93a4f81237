"""Connections to a server: forbidden addresses are refused before anything is sent, and every request has its pace."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from queue import Empty
from typing import Any, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from mirrorlake.core.errors import AccessDenied
from mirrorlake.storage.pace import send_paced
from mirrorlake.storage.responses import PacedResponse

# Metadata services return credentials: an endpoint with such an address is refused.
_METADATA = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),
    ipaddress.ip_network("fd20:ce::254/128"),  # Google Cloud
    ipaddress.ip_network("100.100.100.200/32"),  # Alibaba Cloud
    ipaddress.ip_network("168.63.129.16/32"),  # Azure
    ipaddress.ip_network("192.0.0.192/32"),  # Oracle Cloud
)
# Not public, besides what `ipaddress` knows: the registries of IANA have changed since some of its versions.
# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
_SPECIAL = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        "::/8", "64:ff9b:1::/48", "100::/63", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7",
        "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")  # IPv4-compatible, RFC 4291
_ISATAP = (0x00005EFE, 0x02005EFE)  # the third quarter of an address with an IPv4 address in its last one, RFC 5214

Networks = tuple[str, ...] | None
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(AccessDenied):
    """The endpoint's name resolves to a forbidden address."""


def is_forbidden(address: str, networks: Networks = None) -> bool:
    """Whether no connection may be made to a resolved address, in any of its forms.

    Link-local addresses and metadata services are always forbidden. `networks` None: an operator chose the address,
    and everything else is allowed. Otherwise only public addresses are, and those in these networks.
    """
    forms = _forms(ipaddress.ip_address(address.partition("%")[0]))
    if any(form in network for form in forms for network in _METADATA):
        return True
    return networks is not None and any(not _is_public(form) and not _is_in(form, networks) for form in forms)


def _forms(ip: Address) -> list[Address]:
    """The address where its packets end: an IPv4 address within it, else itself. Both for forms that routers ignore."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped is not None or ip in _NAT64:
        return [last]
    inner = ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inner is not None:
        return [ip, inner]
    if (ip in _COMPATIBLE and int(ip) > 1) or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        return [ip, last]
    return [ip]


def _is_public(ip: Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and (ip.sixtofour or ip.teredo):
        return True  # the IPv4 address within it decides
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SPECIAL)


def _is_in(ip: Address, networks: tuple[str, ...]) -> bool:
    return any(ip in ipaddress.ip_network(each) for each in networks)


def check_host(host: str, port: int | None, *, networks: Networks = None, resolve: bool = True) -> None:
    """Raise ForbiddenAddress if `host` is a forbidden address or, with `resolve`, the name of one."""
    flags = 0 if resolve else socket.AI_NUMERICHOST
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return  # the connection reports it
    for *_, address in found:
        if is_forbidden(str(address[0]), networks):
            raise _forbidden_error(host, str(address[0]))


def _forbidden_error(host: str, address: str) -> ForbiddenAddress:
    if is_forbidden(address):
        return ForbiddenAddress(
            f"The endpoint {host} resolves to {address}, a link-local or metadata address.",
            "Specify the address of the storage server with --endpoint.",
        )
    return ForbiddenAddress(
        f"The endpoint {host} resolves to {address}, which is not a public address.",
        "If this server may be reached, an operator allows it: MIRRORLAKE_ALLOW_ADDRESSES=private, or its network.",
    )


class PacedConnection(HTTPConnection):
    """A connection that keeps the time limits of each request."""

    response_class = PacedResponse

    def send(self, data: Any) -> None:
        """Connect if necessary, and send within the time limits of the request."""
        if self.sock is None:
            self.connect()
        send_paced(cast("socket.socket", self.sock), data)

    def exchange(self, method: str, head: bytes, body: bytes | None) -> PacedResponse:
        """Send a request, and read the status and headers of its response. Raises OSError and HTTPException."""
        if self.sock is None:
            self.connect()
        wire = cast("socket.socket", self.sock)
        try:
            send_paced(wire, head)
            if body:
                send_paced(wire, body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # a server may refuse a request before it has read all of it: its response is the reason
        response = PacedResponse(wire, method=method)
        response.begin()
        return response


class _CheckedConnection(PacedConnection):
    networks: Networks = None

    def _new_conn(self) -> socket.socket:
        check_host(self.host, self.port, networks=self.networks)
        connected = super()._new_conn()
        peer = str(connected.getpeername()[0])  # a second resolution may have given another address
        if is_forbidden(peer, self.networks):
            connected.close()
            raise _forbidden_error(self.host, peer)
        return connected


class _PacedTls(PacedConnection, HTTPSConnection):
    pass


class _CheckedTls(_CheckedConnection, HTTPSConnection):
    pass


class Pool(urllib3.HTTPConnectionPool):
    """The connections to one server or proxy. Thread-safe."""

    ConnectionCls = cast("Any", PacedConnection)

    def take(self, *, tunnel: bool) -> PacedConnection:
        """A connection, perhaps not yet open. With `tunnel`, it leads through a proxy. `put` must return it."""
        connection = cast("PacedConnection", self._get_conn())
        if tunnel and connection.is_closed:
            try:
                self._prepare_proxy(cast("Any", connection))
            except BaseException:
                connection.close()
                raise
        return connection

    def put(self, connection: PacedConnection) -> None:
        """Keep a connection for the next request."""
        self._put_conn(cast("Any", connection))

    def close_kept(self) -> None:
        """Close the connections that are kept. The pool can still be used: it opens others."""
        with suppress(Empty):
            while True:
                kept = cast("Any", self.pool).get(block=False)
                if kept is not None:  # a place for one
                    kept.close()


class TlsPool(Pool, urllib3.HTTPSConnectionPool):
    """The same with TLS."""

    ConnectionCls = cast("Any", _PacedTls)


@lru_cache(maxsize=64)
def checked_pools(networks: Networks) -> Mapping[str, type[Pool]]:
    """Pools whose connections refuse forbidden addresses before they send anything, by scheme."""
    plain = type("CheckedConnection", (_CheckedConnection,), {"networks": networks})
    tls = type("CheckedTls", (_CheckedTls,), {"networks": networks})
    return {
        "http": type("CheckedPool", (Pool,), {"ConnectionCls": plain}),
        "https": type("CheckedTlsPool", (TlsPool,), {"ConnectionCls": tls}),
    }


# Connections to a proxy, which the operator chose, by scheme. It resolves the names of servers.
PROXY_POOLS: Mapping[str, type[Pool]] = {"http": Pool, "https": TlsPool}
