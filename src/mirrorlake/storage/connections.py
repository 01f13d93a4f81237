"""Connections to a server: forbidden addresses are refused before anything is sent, and every request has its pace."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from mirrorlake.core.errors import AccessDenied
from mirrorlake.storage.pace import PacedResponse, send_paced

# Metadata services return credentials: an endpoint with such an address is refused.
_METADATA = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),
    ipaddress.ip_network("100.100.100.200/32"),
    ipaddress.ip_network("168.63.129.16/32"),  # of the host of every machine on Azure
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


def check_host(host: str, port: int | None, *, resolve: bool = True) -> None:
    """Raise ForbiddenAddress if `host` is a forbidden address or, with `resolve`, the name of one."""
    flags = 0 if resolve else socket.AI_NUMERICHOST
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=flags)
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


class _PacedConnection(HTTPConnection):
    response_class = PacedResponse

    def send(self, data: Any) -> None:
        """Connect if necessary, and send within the time limits of the request."""
        if self.sock is None:
            self.connect()
        send_paced(cast("socket.socket", self.sock), data)


class _CheckedConnection(_PacedConnection):
    def _new_conn(self) -> socket.socket:
        check_host(self.host, self.port)
        return _check_peer(self, super()._new_conn())


class _PacedTls(_PacedConnection, HTTPSConnection):
    pass


class _CheckedTls(_CheckedConnection, HTTPSConnection):
    pass


class CheckedPool(urllib3.HTTPConnectionPool):
    """Connections that refuse forbidden addresses before they send anything."""

    ConnectionCls = cast("Any", _CheckedConnection)


class CheckedTlsPool(urllib3.HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = cast("Any", _CheckedTls)


class ProxyPool(urllib3.HTTPConnectionPool):
    """Connections to a proxy, which the operator chose. It resolves the names of servers."""

    ConnectionCls = cast("Any", _PacedConnection)


class ProxyTlsPool(urllib3.HTTPSConnectionPool):
    """TLS connections through a proxy."""

    ConnectionCls = cast("Any", _PacedTls)
