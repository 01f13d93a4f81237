"""The address of a caller behind proxies: what trusted proxies report, and nothing that anybody else sends. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks of a setting, which was checked."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """The address from which a request comes.

    `peer` is the other end of the connection, `forwarded` the values of X-Forwarded-For. Each proxy appends the address
    from which it got the request, so the list is read from its end, as long as who wrote an entry is trusted: the
    right-most address that is no trusted proxy. What is to the left of it could have been sent by anybody.
    """
    address = _parse(peer or "")
    if address is None or not _is_trusted(address, trusted):
        return peer
    for entry in reversed(",".join(forwarded).split(",")):
        found = _parse(entry)
        if found is None:
            break  # who wrote it is trusted, but it is not an address: the proxy that wrote it is the last one known
        address = found
        if not _is_trusted(address, trusted):
            break
    return str(address)


def _parse(text: str) -> Address | None:
    """The address of an entry, perhaps with a port: 192.0.2.1, 192.0.2.1:80, 2001:db8::1 or [2001:db8::1]:80."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
