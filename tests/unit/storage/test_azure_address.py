"""Addresses of Azure containers: one place, several forms, and clear words for wrong names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.sources import Access, AccessOptions
from mirrorlake.storage.address import parse_location, stored_location
from mirrorlake.storage.providers.azure.access import AzureAccess, account_url
from mirrorlake.storage.providers.registry import provider_of


@pytest.mark.parametrize(
    ("given_uri", "uri"),
    [
        ("az://acc1/con", "az://acc1/con/"),
        ("AZ://acc1/con/a b//c", "az://acc1/con/a b//c/"),
        ("az://acc1/$web/x/", "az://acc1/$web/x/"),
        ("https://acc1.blob.core.windows.net/con/a%20b", "az://acc1/con/a b/"),
        ("https://ACC1.blob.core.windows.net/con", "az://acc1/con/"),
        ("abfss://con@acc1.dfs.core.windows.net/a%20b", "az://acc1/con/a%20b/"),
        ("wasbs://con@acc1.blob.core.windows.net", "az://acc1/con/"),
    ],
)
def test_every_form_of_an_address_is_the_same_place(given_uri: str, uri: str) -> None:
    location = parse_location(given_uri)
    assert location.uri == uri
    assert stored_location(uri) == location == parse_location(uri)


def test_two_accounts_never_mix() -> None:
    assert parse_location("az://acc1/con").container != parse_location("az://acc2/con").container
    assert parse_location("az://acc1/con/p").object_uri("p/ä b") == "az://acc1/con/p/%C3%A4%20b"


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("az://", "storage account: the name is missing"),
        ("az://Acc1/con", "storage account: 'Acc1'"),
        ("az://ab/con", "storage account: 'ab'"),
        ("az://acc1", "container: the name is missing"),
        ("az://acc1/ab", "container: 'ab'"),
        ("az://acc1/a--b", "container: 'a--b'"),
        ("az://acc1/-ab", "container"),
        ("az://acc1/Con", "container"),
        ("az://acc1/" + "a" * 64, "container"),
        ("az://acc1/con/" + "x" * 1025, "folder for keys"),
        ("az://acc1/con/a\0b", "folder for keys"),
        ("https://example.com/con", "its host does not end in"),
        ("https://acc1.blob.core.windows.net.evil.example/con", "its host does not end in"),
        ("abfss://acc1.dfs.core.windows.net/con", "does not name a container and its account"),
        ("abfss://con@acc1.evil.example/x", "does not name a container and its account"),
    ],
)
def test_a_wrong_name_is_told_with_its_rule(uri: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_location(uri)
    assert told in refused.value.message
    assert "az://account/container" in refused.value.fix or "at most" in refused.value.fix


@pytest.mark.parametrize(
    "uri", ["https://acc1.blob.core.windows.net/con?sv=1&sig=canary", "https://u:canary@acc1.blob.core.windows.net/con"]
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_location(uri)
    assert "canary" not in str(refused.value)


@given(st.text(max_size=40))
def test_what_is_parsed_is_parsed_again_as_the_same(text: str) -> None:
    for uri in (f"az://acc1/con/{text}", f"az://{text}", f"https://acc1.blob.core.windows.net/con/{text}"):
        try:
            location = parse_location(uri)
        except UsageError:
            continue
        assert parse_location(location.uri) == location


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (None, "https://acc1.blob.core.windows.net"),
        ("http://127.0.0.1:10000/acc1", "http://127.0.0.1:10000/acc1"),
        ("http://127.0.0.1:10000", "http://127.0.0.1:10000/acc1"),
        ("http://azurite:10000", "http://azurite:10000/acc1"),
        ("https://acc1.blob.core.usgovcloudapi.net/", "https://acc1.blob.core.usgovcloudapi.net"),
    ],
)
def test_the_account_is_part_of_the_path_where_hosts_have_no_accounts(endpoint: str | None, url: str) -> None:
    assert account_url("acc1", endpoint, "a test") == url


def test_options_that_azure_does_not_have_are_refused() -> None:
    location = parse_location("az://acc1/con")
    provider = provider_of(location.provider)
    for options in (AccessOptions(region="eu"), AccessOptions(profile="p"), AccessOptions(endpoint="ftp://x")):
        with pytest.raises(SettingsError):
            provider.check_options(location, options)
    changed = provider.change_access(Access(), AccessOptions(endpoint=" http://h.example/ ", anonymous=True))
    assert changed == AzureAccess(endpoint="http://h.example", anonymous=True)
    assert provider.read_access({"endpoint": "http://h.example", "anonymous": True, "later": 1}) == changed
