"""What a server needs to admit requests and to let members sign in."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.admission import Admission
from mirrorlake.services.key_refusals import KeyRefusals
from mirrorlake.services.sign_in import SignIn

if TYPE_CHECKING:
    from mirrorlake.services.oidc import OidcSignIn  # loads what reaches providers


TO_PROVIDER: Final = "/api/v1/sign-in/oidc"  # where a browser goes to the identity provider
FROM_PROVIDER: Final = f"{TO_PROVIDER}/callback"  # and where the provider sends it back


class Entrance:
    """The entrance of a library with one access token."""

    def __init__(self, catalog: Catalog, settings: Settings, token: str) -> None:
        self.admission = Admission(catalog, token)
        self.key_refusals = KeyRefusals(catalog)
        self._catalog = catalog
        self._settings = settings
        self._token = token

    @cached_property
    def sign_in(self) -> SignIn:
        """How sessions begin."""
        return SignIn(self._catalog, self._token, self.admission)

    @cached_property
    def oidc(self) -> OidcSignIn | None:
        """How people sign in at the identity provider; None: the settings have none."""
        if self._settings.oidc is None:
            return None
        from mirrorlake.services.oidc import OidcSignIn  # noqa: PLC0415  loads what reaches providers

        return OidcSignIn(self._catalog, self._settings, self._settings.oidc, self.sign_in, self._token)

    @property
    def oidc_host(self) -> str | None:
        """The host of the identity provider."""
        return None if self._settings.oidc is None else urlsplit(self._settings.oidc.issuer).netloc

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the pages by HTTPS."""
        return self._settings.origin.startswith("https://")
