"""Act as a service account through the IAM Credentials service: its tokens, and its signatures of URLs.

https://cloud.google.com/iam/docs/reference/credentials/rest
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.storage.providers.gcs.token_requests import LONGEST_LIFE_S, access_token, checked_address, post_json
from mirrorlake.storage.providers.gcs.tokens import CLOUD, TokenSource, UrlSigner, token_cache
from mirrorlake.storage.tokens import AccessToken
from mirrorlake.storage.wire import MACHINE, Wire

IAM = "https://iamcredentials.googleapis.com"
_ADDRESS = re.compile(r"(.+/serviceAccounts/([^/:@\s]+@[^/:@\s]+)):generateAccessToken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Impersonation:
    """A service account that another identity may act as. A TokenSource."""

    base: TokenSource
    account_url: str  # of the service account in the IAM Credentials service
    email: str
    wire: Wire = MACHINE

    @classmethod
    def from_address(cls, base: TokenSource, address: object, wire: Wire = MACHINE) -> Impersonation:
        """The service account in a `service_account_impersonation_url`. Raises SettingsError."""
        name = "service_account_impersonation_url"
        match = _ADDRESS.fullmatch(checked_address(address, name))
        if match is None:
            raise SettingsError(f"The {name} names no service account.", "Create the configuration file again.")
        return cls(base=base, account_url=match[1], email=match[2], wire=wire)

    @property
    def principal(self) -> str | None:
        """The service account."""
        return self.email

    def fetch(self, scope: str) -> AccessToken:
        """A token of the service account, for one of the base identity."""
        what = f"No access token for {self.email}"
        base = self.base.fetch(CLOUD).text
        found = post_json(f"{self.account_url}:generateAccessToken", {"scope": [scope]}, base, what, self.wire)
        expires = read_date(str(found.get("expireTime", "")))
        life = 0.0 if expires is None else (expires - datetime.now(UTC)).total_seconds()
        return access_token(found.get("accessToken"), min(max(life, 60.0), LONGEST_LIFE_S), what)

    def signer(self) -> UrlSigner | None:
        """The service for signatures."""
        return IamSigner(self.base, lambda: self.email, self.account_url, self.wire)


class IamSigner:
    """Signatures by the IAM Credentials service, for accounts whose key is not on this machine. Thread-safe.

    The base identity needs `roles/iam.serviceAccountTokenCreator` on the service account.
    """

    def __init__(
        self,
        base: TokenSource,
        find_email: Callable[[], str],
        account_url: str | None = None,
        wire: Wire = MACHINE,
    ) -> None:
        self._tokens = token_cache(base, CLOUD)
        self._find_email = find_email
        self._account_url = account_url  # None: of the e-mail address, in the service of Google
        self._wire = wire
        self._email = ""

    @property
    def email(self) -> str:
        """The service account; a metadata service is asked for it once."""
        self._email = self._email or self._find_email()
        return self._email

    def sign(self, data: bytes) -> bytes:
        """The signature, by one request."""
        email = self.email
        what = f"No signature of {email}"
        url = self._account_url or f"{IAM}/v1/projects/-/serviceAccounts/{email}"
        document = {"payload": base64.b64encode(data).decode()}
        found = post_json(f"{url}:signBlob", document, self._tokens.current(), what, self._wire)
        try:
            signature = base64.b64decode(str(found.get("signedBlob", "")), validate=True)
        except binascii.Error:
            signature = b""
        if not signature:
            raise AccessDenied(f"{what}: the answer contains none.", "Check the proxy, if there is one.")
        return signature
