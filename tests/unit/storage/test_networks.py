# ruff: noqa: S104  these addresses are refused, not bound
"""Addresses that callers of the API may not reach, refused before a byte is sent."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.rawserver import RawServer, response, sends

from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import PRIVATE_NETWORKS, read_settings
from mirrorlake.storage import connections
from mirrorlake.storage.connections import ForbiddenAddress, is_forbidden
from mirrorlake.storage.http import HttpClient, NoAnswer

METADATA = [
    "169.254.169.254", "169.254.170.2", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "fe80::1", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::", "2002:a9fe:a9fe::1", "::169.254.169.254", "2001:0:4136:e378:8000:63bf:5601:5601",
    "2001:db8::5efe:169.254.169.254",
]  # fmt: skip
PRIVATE = [
    "127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:192.168.1.1", "::127.0.0.1",
    "::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::7f00:1", "64:ff9b:1::10.0.0.1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::", "2001:0:53aa:64c:0:fbff:80ff:fffe", "2001:db8::1", "3fff::1",
    "fc00::1", "fd12:3456:789a::1", "fec0::1", "ff02::1", "100::1", "5f00::1", "2600::5efe:10.0.0.1",
    "2600::200:5efe:127.0.0.1", "fd00::5efe:8.8.8.8",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "52.216.0.1", "2606:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    "2002:808:808::1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "198.17.255.255", "11.0.0.1",
]  # fmt: skip
# How one address is written: every one of these reaches 127.0.0.1 or 169.254.169.254 through the resolver.
WRITTEN = [
    "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "017700000001", "127.1", "127.0.1",
    "127.0.0.1", "0", "0.0.0.0", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.16689662", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::ffff:169.254.169.254]", "localhost", "LOCALHOST",
]  # fmt: skip


def _status(client: HttpClient) -> int:
    response = client.send("GET", "/", client.headers({}))
    client.discard(response)
    return response.status


@pytest.mark.parametrize("address", METADATA)
def test_a_metadata_service_is_never_reached_whatever_an_operator_allows(address: str) -> None:
    assert is_forbidden(address)
    assert is_forbidden(address, ("0.0.0.0/0", "::/0"))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_to_callers_of_the_api_alone(address: str) -> None:
    assert is_forbidden(address, ())
    assert not is_forbidden(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert not is_forbidden(address, ())


@pytest.mark.parametrize(
    ("address", "networks", "forbidden"),
    [
        ("10.1.2.3", ("10.1.0.0/16",), False),
        ("10.2.2.3", ("10.1.0.0/16",), True),
        ("::ffff:10.1.2.3", ("10.1.0.0/16",), False),
        ("64:ff9b::10.2.0.1", ("10.1.0.0/16",), True),
        ("127.0.0.1", PRIVATE_NETWORKS, False),
        ("::1", PRIVATE_NETWORKS, False),
        ("fd00::1", PRIVATE_NETWORKS, False),
        ("0.0.0.0", PRIVATE_NETWORKS, True),
        ("224.0.0.1", PRIVATE_NETWORKS, True),
        ("169.254.169.254", PRIVATE_NETWORKS, True),
    ],
)
def test_an_operator_allows_networks(*, address: str, networks: tuple[str, ...], forbidden: bool) -> None:
    assert is_forbidden(address, networks) is forbidden


def test_the_setting_lists_networks() -> None:
    allowed = read_settings({"MIRRORLAKE_ALLOW_ADDRESSES": "10.1.0.0/16, private fd00::/8"}).allow_addresses
    assert set(allowed) == {"10.1.0.0/16", *PRIVATE_NETWORKS, "fd00::/8"}
    assert read_settings({}).allow_addresses == ()
    with pytest.raises(SettingsError, match="not a network"):
        read_settings({"MIRRORLAKE_ALLOW_ADDRESSES": "everything"})


@pytest.fixture
def server() -> Iterator[RawServer]:
    """It answers whoever reaches it; `heads` shows who did."""
    with RawServer(sends(response("200 OK"))) as found:
        yield found


@pytest.mark.parametrize("host", WRITTEN)
def test_no_way_to_write_an_address_reaches_it(host: str, server: RawServer) -> None:
    client = HttpClient(f"http://{host}:{server.port}", networks=())
    with pytest.raises((ForbiddenAddress, NoAnswer)):
        client.send("GET", "/", client.headers({}))
    assert server.heads == []


def test_a_name_whose_address_changes_after_the_check_is_refused_at_the_socket(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the next one, to which the socket connects, is not."""
    real = socket.getaddrinfo
    answers = iter(["8.8.8.8", "127.0.0.1"])

    def rebinding(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        return real(next(answers) if host == "rebinds.example" else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    client = HttpClient(f"http://rebinds.example:{server.port}", networks=())
    with pytest.raises(ForbiddenAddress, match=r"rebinds\.example resolves to 127\.0\.0\.1"):
        client.send("GET", "/", client.headers({}))
    assert server.heads == []


def test_of_several_addresses_of_a_name_one_forbidden_one_is_enough(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: _both(server.port))
    client = HttpClient(f"http://two.example:{server.port}", networks=())
    with pytest.raises(ForbiddenAddress):
        client.send("GET", "/", client.headers({}))
    assert server.heads == []


def _both(port: int) -> list[Any]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("8.8.8.8", "127.0.0.1")]


def test_a_redirect_to_a_private_address_is_not_followed(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "is_forbidden", lambda *_: False)  # the first server counts as public here
    moved = response("302 Found", Location=server.endpoint)
    with RawServer(sends(moved)) as first:
        client = HttpClient(first.endpoint, networks=())
        assert _status(client) == http.client.FOUND
    assert server.heads == []


def test_the_proxy_of_a_connection_is_checked_like_its_endpoint(server: RawServer) -> None:
    client = HttpClient("http://storage.example", networks=(), proxy=server.endpoint)
    with pytest.raises(ForbiddenAddress):
        client.send("GET", "/", client.headers({}))
    assert server.heads == []
    allowed = HttpClient("http://storage.example", networks=PRIVATE_NETWORKS, proxy=server.endpoint)
    assert _status(allowed) == http.client.OK
    assert len(server.heads) == 1


def test_a_private_address_behind_the_machine_s_proxy_is_refused(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.endpoint)
    monkeypatch.setenv("no_proxy", "")
    client = HttpClient("http://10.0.0.1", networks=())
    with pytest.raises(ForbiddenAddress):
        client.send("GET", "/", client.headers({}))
    assert server.heads == []


def test_clients_of_different_rules_share_no_pool() -> None:
    strict, operator = connections.checked_pools(()), connections.checked_pools(None)
    assert strict["http"] is not operator["http"]


def test_an_allowed_network_is_reached(server: RawServer) -> None:
    client = HttpClient(server.endpoint, networks=("127.0.0.0/8",))
    assert _status(client) == http.client.OK
