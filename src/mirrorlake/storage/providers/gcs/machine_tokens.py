"""Tokens that this machine provides: of the user who signed in with gcloud, and of the machine's service account."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.storage.providers.gcs.impersonation import IamSigner
from mirrorlake.storage.providers.gcs.service_account import TOKEN_URL
from mirrorlake.storage.providers.gcs.token_requests import Unanswered, object_of, post_form, request_text, token_of
from mirrorlake.storage.providers.gcs.tokens import UrlSigner
from mirrorlake.storage.tokens import AccessToken, NoCredentials

_METADATA_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?")
_ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default"
_FLAVOR = {"Metadata-Flavor": "Google"}
_EMAIL = re.compile(r"[\w.+-]{1,200}@[\w.-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInUser:
    """The user of `gcloud auth application-default login`. A TokenSource."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> SignedInUser:
        """The user of a credentials file. Raises SettingsError if it is incomplete."""
        found = [document.get(name) for name in ("client_id", "client_secret", "refresh_token")]
        if not all(isinstance(value, str) and value for value in found):
            raise SettingsError(
                "The file with the credentials of a Google user is incomplete.",
                "Run `gcloud auth application-default login` again.",
            )
        client_id, client_secret, refresh_token = map(str, found)
        return cls(client_id=client_id, client_secret=client_secret, refresh_token=refresh_token)

    @property
    def principal(self) -> str | None:
        """Unknown: the file does not contain the user's name."""
        return None

    def fetch(self, scope: str) -> AccessToken:
        """A token with the scopes that the user granted; `scope` cannot widen them."""
        del scope
        what = "No access token for the user of gcloud"
        fields = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }
        return token_of(post_form(TOKEN_URL, fields, what), what)

    def signer(self) -> UrlSigner | None:
        """None: a user has no key."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataService:
    """The service account of a virtual machine or container of Google. A TokenSource.

    https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
    """

    host: str

    @classmethod
    def of_this_machine(cls) -> MetadataService:
        """At the address of Google, or at that in GCE_METADATA_HOST. Raises SettingsError for another text in it."""
        host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
        if not _METADATA_HOST.fullmatch(host):
            raise SettingsError("GCE_METADATA_HOST is not the name of a server.", "Write host or host:port.")
        return cls(host=host)

    @property
    def principal(self) -> str | None:
        """Unknown without a request."""
        return None

    def fetch(self, scope: str) -> AccessToken:
        """The token of the machine. Raises AccessDenied if there is no such service."""
        url = f"http://{self.host}{_ACCOUNT}/token?scopes={quote(scope, safe='')}"
        what = "No access token for the service account of this machine"
        try:
            return token_of(object_of(self._get(url, what), url, what), what)
        except Unanswered as error:
            raise NoCredentials(
                "No credentials of Google Cloud were found on this machine.",
                "Run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS to the path of a key "
                "file, or use --anonymous for a public bucket.",
            ) from error

    def signer(self) -> UrlSigner | None:
        """The IAM Credentials service, in the name of the machine's service account."""
        return IamSigner(self, self._email)

    def _get(self, url: str, what: str) -> bytes:
        return request_text("GET", url, what, headers=_FLAVOR, expected=_FLAVOR, metadata=True)

    def _email(self) -> str:
        what = "The service account of this machine is not known"
        url = f"http://{self.host}{_ACCOUNT}/email"
        found = self._get(url, what).decode("utf-8", "replace")
        if not _EMAIL.fullmatch(found.strip()):
            raise AccessDenied(f"{what}: the answer is not an e-mail address.", "Assign a service account to it.")
        return found.strip()
