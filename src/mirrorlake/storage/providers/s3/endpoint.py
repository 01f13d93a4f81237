"""Where a bucket's requests go, how a key becomes the path of a URL, and which addresses are never asked."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, cast
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.storage.providers.s3.access import S3Access

CONNECT_S = 10  # seconds to a connection
READ_S = 60  # seconds of silence in an answer

# Metadata services hand out credentials: an endpoint that leads there is never asked.
_METADATA = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),
    ipaddress.ip_network("100.100.100.200/32"),
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddress(AccessDenied):
    """The endpoint's name leads to an address that is never asked."""


def forbidden(address: str) -> bool:
    """Whether a resolved address is link-local or a metadata service, in any of its IPv6 disguises."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        teredo = ip.teredo[1] if ip.teredo else None
        nat64 = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or teredo or nat64 or ip
    return any(ip in network for network in _METADATA)


def _check_peer(connection: HTTPConnection, connected: socket.socket) -> socket.socket:
    peer = str(connected.getpeername()[0])
    if forbidden(peer):
        connected.close()
        raise _forbidden_error(connection.host, peer)
    return connected


def check_host(host: str, port: int | None) -> None:
    """Raise ForbiddenAddress where `host` resolves to an address that is never asked."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # the connection itself reports it
    for *_, address in found:
        if forbidden(str(address[0])):
            raise _forbidden_error(host, str(address[0]))


def _forbidden_error(host: str, address: str) -> ForbiddenAddress:
    return ForbiddenAddress(
        f"The endpoint {host} leads to {address}, a link-local or metadata address.",
        "Name the address of an S3 server with --endpoint.",
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
    """Connections that refuse forbidden addresses, before a byte is sent."""

    ConnectionCls = cast("Any", _CheckedHTTP)


class CheckedHTTPSPool(urllib3.HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = cast("Any", _CheckedHTTPS)


class Endpoint:
    """One bucket's place on the network: AWS by host name, other servers by path.

    `base` is scheme and host, `for_clients` what other S3 clients call the endpoint, `root` the bucket's path.
    Raises SettingsError for an endpoint that is no HTTP address.
    """

    def __init__(self, bucket: str, access: S3Access, region: str) -> None:
        self.bucket = bucket
        if access.endpoint is None:
            suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
            # A wildcard certificate covers one label: a bucket with dots goes into the path.
            self.virtual = "." not in bucket
            self.base = f"https://{bucket + '.' if self.virtual else ''}s3.{region}.{suffix}"
            self.for_clients = self.base
        else:
            self.virtual = False
            self.base, path = _endpoint_parts(access.endpoint)
            self.for_clients = self.base + path
        self.root = "" if self.virtual else f"{self.for_clients.removeprefix(self.base)}/{bucket}"

    def path(self, key: str) -> str:
        """The percent-encoded path of `key`, encoded once; what is signed is what is sent."""
        return f"{self.root}/{quote(key, safe='/-_.~')}"

    @property
    def bucket_path(self) -> str:
        """The path of the bucket itself."""
        return self.root or "/"


def _endpoint_parts(endpoint: str) -> tuple[str, str]:
    parts = urlsplit(endpoint)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or parts.query or parts.fragment:
        raise SettingsError(
            f"{endpoint!r} is not the address of an S3 server.", "Write --endpoint https://host or http://host:port."
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            "The endpoint holds a user name or password.", "Give credentials by the environment or a profile instead."
        )
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
