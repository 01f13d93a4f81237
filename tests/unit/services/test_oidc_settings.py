"""The settings of an identity provider are complete and safe, or refused before anybody signs in."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import OidcSettings, read_settings

ISSUER = {"MIRRORLAKE_OIDC_ISSUER": "https://id.example/realms/lab"}
CLIENT = {"MIRRORLAKE_OIDC_CLIENT_ID": "lake"}


def test_a_provider_needs_an_address_and_our_name_there() -> None:
    assert read_settings({}).oidc is None
    assert read_settings(ISSUER | CLIENT).oidc == OidcSettings(
        issuer=ISSUER["MIRRORLAKE_OIDC_ISSUER"], client_id="lake"
    )
    more = {"MIRRORLAKE_OIDC_CLIENT_SECRET": "s3cret", "MIRRORLAKE_OIDC_DOMAINS": "Example.com, lab.example.org"}
    found = read_settings(ISSUER | CLIENT | more).oidc
    assert found is not None
    assert (found.client_secret, found.domains) == ("s3cret", ("example.com", "lab.example.org"))
    assert "s3cret" not in repr(read_settings(ISSUER | CLIENT | more))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (ISSUER, "belong together"),
        (CLIENT, "belong together"),
        (CLIENT | {"MIRRORLAKE_OIDC_ISSUER": "http://id.example"}, "HTTPS"),
        (CLIENT | {"MIRRORLAKE_OIDC_ISSUER": "https://user@id.example"}, "HTTPS"),
        (CLIENT | {"MIRRORLAKE_OIDC_ISSUER": "id.example"}, "HTTPS"),
        (CLIENT | {"MIRRORLAKE_OIDC_ISSUER": "https://id.example?x=1"}, "HTTPS"),
        (ISSUER | CLIENT | {"MIRRORLAKE_OIDC_DOMAINS": "anna@example.com"}, "anna@example.com"),
        (ISSUER | CLIENT | {"MIRRORLAKE_OIDC_DOMAINS": "*"}, "not a domain"),
        (ISSUER | CLIENT | {"MIRRORLAKE_OIDC_DOMAINS": "com"}, "not a domain"),
    ],
)
def test_an_incomplete_or_unsafe_provider_is_refused(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(wrong)
