"""Behind trusted proxies, the caller is whom the first of them saw; without them, nothing that a caller says counts."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.unit.api.conftest import TOKEN

from mirrorlake.api.client_address import client_address, read_networks
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import read_settings

TRUSTED = read_networks(["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("198.51.100.7", ["203.0.113.1"], "198.51.100.7"),  # not a proxy: whatever it says is ignored
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("127.0.0.1", ["1.1.1.1, 203.0.113.1"], "203.0.113.1"),  # the first was sent by the caller
        ("127.0.0.1", ["1.1.1.1", "203.0.113.1"], "203.0.113.1"),  # the same in two headers
        ("127.0.0.1", ["203.0.113.1, 10.1.2.3"], "203.0.113.1"),  # two proxies
        ("127.0.0.1", ["127.0.0.1, 203.0.113.1, 10.1.2.3"], "203.0.113.1"),
        ("127.0.0.1", ["10.9.9.9"], "10.9.9.9"),  # a proxy itself asks
        ("127.0.0.1", ["203.0.113.1:4711"], "203.0.113.1"),
        ("127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("127.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["203.0.113.1"], "203.0.113.1"),  # of a socket for both versions
        ("127.0.0.1", ["203.0.113.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.1, , 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", [""], "127.0.0.1"),
        (None, ["203.0.113.1"], None),
        ("testclient", ["203.0.113.1"], "testclient"),
    ],
)
def test_the_caller_is_the_last_address_that_no_trusted_proxy_has(
    peer: str | None, forwarded: list[str], found: str | None
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == found


@pytest.mark.parametrize("forwarded", [["203.0.113.1"], ["127.0.0.1"], ["garbage"]])
def test_nothing_is_trusted_by_default(forwarded: list[str]) -> None:
    assert read_settings({}).trusted_proxies == ()
    assert client_address("127.0.0.1", forwarded, ()) == "127.0.0.1"


def test_the_setting_takes_networks_and_refuses_names() -> None:
    assert read_settings({"MIRRORLAKE_TRUSTED_PROXIES": "10.1.2.3, fd00::/8"}).trusted_proxies == (
        "10.1.2.3/32",
        "fd00::/8",
    )
    # Not all private networks either: clients there could write any address.
    for wrong in ("proxy.example", "private"):
        with pytest.raises(
            SettingsError, match=f"MIRRORLAKE_TRUSTED_PROXIES contains '{wrong}', which is not .* proxy"
        ):
            read_settings({"MIRRORLAKE_TRUSTED_PROXIES": f"10.1.2.3, {wrong}"})


@pytest.mark.usefixtures("library")  # sessions are written
def test_a_session_has_the_address_that_a_trusted_proxy_saw(app: FastAPI, stranger: TestClient) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "1.1.1.1, 203.0.113.9"}
    proxied = TestClient(app, base_url=str(stranger.base_url), client=("10.7.7.7", 1), headers=headers)
    for trusted in (TRUSTED, ()):
        app.state.trusted_proxies = trusted
        headers = {"origin": "http://127.0.0.1:8000"}
        assert proxied.post("/api/v1/session", headers=headers).status_code == 204
        proxied.cookies.clear()  # else the next session would end this one
    addresses = [session["address"] for session in proxied.get("/api/v1/sessions").json()]
    assert sorted(addresses) == ["10.7.7.7", "203.0.113.9"]
