"""The login of a proxy: however it is given, it is a secret, and whole again where requests are made."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.httpstub import Answer, HttpStub, Request

from mirrorlake.connections.kinds import access_values, make_credentials
from mirrorlake.connections.proxy_login import PROXY_LOGIN, add_login, split_login
from mirrorlake.core.errors import SettingsError
from mirrorlake.model.connections import ConnectionKind, ConnectionSettings
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.registry import provider_of

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=("L", "N", "P", "S")), min_size=1)
EMPTY = b"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>"


@given(user=TEXT.filter(lambda text: ":" not in text), password=TEXT)
def test_a_login_leaves_the_address_and_returns_to_it_unchanged(user: str, password: str) -> None:
    address = f"http://{quote(user, safe='')}:{quote(password, safe='')}@proxy.example:3128"
    settings, secrets = split_login({"proxy": address, "region": "eu"}, {})
    assert settings == {"proxy": "http://proxy.example:3128", "region": "eu"}
    assert secrets == {PROXY_LOGIN: f"{user}:{password}"}
    stored = ConnectionSettings(proxy=str(settings["proxy"]))
    whole = add_login(stored, {PROXY_LOGIN: f"{user}:{password}"}).proxy
    assert whole is not None
    parts = urlsplit(whole)
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, password)
    assert (parts.hostname, parts.port) == ("proxy.example", 3128)


@pytest.mark.parametrize(
    ("proxy", "secrets"),
    [
        ("http://canary@proxy:3128", {}),
        ("http://:canary@proxy:3128", {}),
        ("http://canary:%ff@proxy:3128", {}),
        ("http://[canary:x@proxy", {}),
        ("http://canary:x@proxy", {PROXY_LOGIN: "other:canary"}),
    ],
)
def test_half_a_login_and_two_logins_are_refused_and_not_shown(proxy: str, secrets: dict[str, str | None]) -> None:
    with pytest.raises(SettingsError, match="login in the address of the proxy") as refused:
        split_login({"proxy": proxy}, secrets)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("login", ["canary", ":canary", "canary:a\nb", f"canary:{'x' * 2000}"])
def test_a_login_that_no_header_can_hold_is_refused_and_not_shown(login: str) -> None:
    with pytest.raises(SettingsError, match="not valid") as refused:
        add_login(ConnectionSettings(proxy="http://proxy"), {PROXY_LOGIN: login})
    assert "canary" not in str(refused.value)


def test_without_a_proxy_or_a_login_nothing_is_added() -> None:
    for proxy, secrets in (("http://proxy", {}), (None, {PROXY_LOGIN: "a:b"})):
        settings = ConnectionSettings(proxy=proxy)
        assert add_login(settings, secrets) is settings


def test_a_proxy_gets_the_login_and_no_repr_has_it() -> None:
    def answer(request: Request) -> Answer:
        admitted = request.headers.get("proxy-authorization") == "Basic YW5uYTpwOnc="  # anna:p:w
        return Answer(200, EMPTY) if admitted else Answer(407)

    with HttpStub(answer) as proxy:
        settings = ConnectionSettings(endpoint="http://s3.example", proxy=proxy.endpoint)
        used, credentials = make_credentials(
            ConnectionKind.S3_ANONYMOUS, settings, {PROXY_LOGIN: "anna:p:w"}, external_id="x"
        )
        provider = provider_of(Provider.S3)
        access = provider.read_access(access_values(used, region=None))
        resolved = provider.resolve(access, credentials)
        store = provider.open(Location(provider=Provider.S3, container="lake"), access, resolved=resolved)
        assert store.list_page(KeyRange(), None).batch.num_rows == 0
        store.close()
        [request] = proxy.requests
    assert request.path.startswith("http://s3.example/lake")
    assert "authorization" not in request.headers
    assert "p%3Aw" not in f"{access!r} {resolved!r} {access.options()!r} {access.stored()!r}"
