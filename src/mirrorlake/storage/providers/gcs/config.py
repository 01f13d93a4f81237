"""What requests to Google Cloud Storage need: the server, and who makes them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import Ambient, AwsKeys, Credentials, GcsServiceAccount, GcsWorkloadIdentity, Unsigned
from mirrorlake.storage.providers.gcs.access import KIND, GcsAccess
from mirrorlake.storage.server_address import is_loopback, server_url
from mirrorlake.storage.wire import MACHINE, Wire

if TYPE_CHECKING:
    from mirrorlake.storage.providers.gcs.tokens import TokenSource  # not loaded by commands that only show

GOOGLE = "https://storage.googleapis.com"
EMULATOR = "STORAGE_EMULATOR_HOST"  # of Google's own libraries, which then send no credentials
CONFIGURED = "set in mirrorlake"


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacKeys:
    """HMAC keys of a service account or user, for the XML API."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsServer:
    """The server that requests go to."""

    url: str  # scheme, host and perhaps a path
    origin: str | None = None  # what specifies it, for users; None: it is Google's own

    @property
    def is_google(self) -> bool:
        """Whether it is one of Google's addresses, reached by TLS. Only these receive the machine's credentials."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" and f".{parts.hostname or ''}".endswith(".googleapis.com")

    @property
    def is_private(self) -> bool:
        """Whether nobody else can read what is sent: by TLS, or within this machine."""
        return urlsplit(self.url).scheme == "https" or is_loopback(urlsplit(self.url).hostname or "")

    def __str__(self) -> str:
        return self.url if self.origin is None else f"{self.url} ({self.origin})"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsConfig:
    """The configuration of one access. With neither `source` nor `hmac`, requests are anonymous."""

    server: GcsServer = GcsServer(url=GOOGLE)
    source: TokenSource | None = None
    hmac: HmacKeys | None = None
    billed_project: str | None = None
    wire: Wire = MACHINE

    @property
    def anonymous(self) -> bool:
        """Whether requests carry no credentials."""
        return self.source is None and self.hmac is None


def config_of(access: GcsAccess, credentials: Credentials | None = None) -> GcsConfig:
    """The configuration for `credentials` of a connection, else for the machine's own. Makes no request.

    Raises SettingsError for unusable credentials, and for credentials that may not be sent to the server.
    """
    server = _server_of(access)
    billed = access.project if access.requester_pays else None
    if access.requester_pays and not billed:
        raise SettingsError("Requester pays needs the project that is billed.", "Specify a project.")
    wire = Wire(ca_bundle=access.ca_bundle, proxy=access.proxy, networks=access.networks)
    emulated = server.origin == EMULATOR and credentials is None
    if access.anonymous or emulated or isinstance(credentials, Unsigned):
        return GcsConfig(server=server, billed_project=billed, wire=wire)
    if isinstance(credentials, AwsKeys):
        if billed is not None:
            raise SettingsError("Requester pays is not supported with HMAC keys.", "Use a service account.")
        keys = HmacKeys(
            access_key=_sendable(credentials.access_key_id), secret_key=credentials.secret_access_key.strip()
        )
        return GcsConfig(server=server, hmac=keys, wire=wire)
    return GcsConfig(server=server, source=_source(server, credentials, wire), billed_project=billed, wire=wire)


def _source(server: GcsServer, credentials: Credentials | None, wire: Wire) -> TokenSource:
    from mirrorlake.storage.providers.gcs import machine  # noqa: PLC0415  loads the HTTP client

    ambient = credentials is None or isinstance(credentials, Ambient)
    if not ambient and not server.is_private:
        raise SettingsError(
            f"Credentials are not sent without encryption: {server} is not an HTTPS address.", "Write https://host."
        )
    match credentials:
        case None | Ambient():
            if not server.is_google:
                raise SettingsError(
                    f"The machine's credentials of Google Cloud are sent only to Google, not to {server}.",
                    "Use --anonymous, or a connection with credentials of its own.",
                )
            return machine.machine_source()
        case GcsServiceAccount(info=info) | GcsWorkloadIdentity(info=info):
            what = "The key of the service account" if isinstance(credentials, GcsServiceAccount) else "The file"
            document = machine.parse_document(info, what)
            expected = "service_account" if isinstance(credentials, GcsServiceAccount) else "external_account"
            if document.get("type") != expected:
                raise SettingsError(f"{what} is not of the type {expected}.", "Use the whole file as it was created.")
            return machine.source_of(document, operator=False, wire=wire)
        case _:
            raise SettingsError(
                "These credentials are not for Google Cloud Storage.",
                "Use a service account, a workload identity, HMAC keys or the machine's own credentials.",
            )


def _server_of(access: GcsAccess) -> GcsServer:
    if access.endpoint is not None:
        url = server_url(access.endpoint, CONFIGURED, KIND)
        return GcsServer(url=url, origin=None if url == GOOGLE else CONFIGURED)
    emulator = os.environ.get(EMULATOR)
    if emulator:
        address = emulator if "://" in emulator else f"http://{emulator}"
        return GcsServer(url=server_url(address, EMULATOR, KIND), origin=EMULATOR)
    return GcsServer(url=GOOGLE)


def _sendable(text: str) -> str:
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise SettingsError("The access key of the HMAC key is not valid.", "Copy it again.")
    return text
