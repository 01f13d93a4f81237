"""What is kept of an identity provider that does not answer."""

from __future__ import annotations

from traceback import walk_tb

import pytest

from mirrorlake.core.errors import SourceUnreachable
from mirrorlake.core.settings import OidcSettings
from mirrorlake.services.identity_provider import Endpoints, IdentityProvider


def test_each_caller_gets_an_error_of_its_own_and_the_provider_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()

    def fail(_provider: IdentityProvider) -> Endpoints:
        asked.append(1)
        raise SourceUnreachable("It does not answer.", "Try again later.", again_after_s=5)

    monkeypatch.setattr(IdentityProvider, "_discover", fail)
    provider = IdentityProvider(OidcSettings(issuer="https://id.example", client_id="lake"), (), clock=lambda: 0.0)
    found = list[SourceUnreachable]()
    for _ in range(9):
        with pytest.raises(SourceUnreachable) as raised:
            provider.endpoints()
        found.append(raised.value)
    assert len(asked) == 1
    assert len({id(each) for each in found}) == len(found)
    assert len({len(list(walk_tb(each.__traceback__))) for each in found[1:]}) == 1
    assert {(each.message, each.fix, each.again_after_s) for each in found} == {
        ("It does not answer.", "Try again later.", 5)
    }
