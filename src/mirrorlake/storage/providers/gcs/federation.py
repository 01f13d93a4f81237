"""Workload identity federation: the token of another identity provider is exchanged for one of Google.

https://cloud.google.com/iam/docs/workload-identity-federation, and RFC 8693 for the exchange.

A configuration file names the addresses that receive the foreign token, and what is read to get it. Google warns of
files from others: https://cloud.google.com/docs/authentication/external/externally-sourced-credentials. Those of users
of the library may therefore name only Google's own addresses; the operator of this machine may name others.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.storage.providers.gcs.impersonation import Impersonation
from mirrorlake.storage.providers.gcs.token_requests import (
    as_object,
    checked_address,
    post_form,
    request_text,
    token_of,
)
from mirrorlake.storage.providers.gcs.tokens import TokenSource, UrlSigner
from mirrorlake.storage.tokens import AccessToken
from mirrorlake.storage.wire import MACHINE, Wire

SUBJECT_BYTES = 64 * 1024  # a token of an identity provider has a few kilobytes
# The services for tokens and impersonation, global and of a region.
_GOOGLE = re.compile(r"(?:sts|iamcredentials)(?:\.[a-z0-9-]{1,40}\.rep)?\.googleapis\.com")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_FIX = "Create it again with `gcloud iam workload-identity-pools create-cred-config`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Where the foreign token is read: from a file or an address, each time it is needed, because it expires."""

    file: str | None
    url: str | None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    json_field: str | None = None  # of a JSON document; None: the whole text
    operator: bool = False  # the operator of this machine named it: it may be a metadata service
    wire: Wire = MACHINE

    def read(self) -> str:
        """The token. Raises AccessDenied or SourceUnreachable, without any part of it."""
        text = self._read_file(self.file) if self.file is not None else self._read_url(self.url or "")
        if self.json_field is not None:
            try:
                document = json.loads(text)
            except (ValueError, RecursionError):
                document = None
            text = cast("dict[str, object]", document).get(self.json_field) if isinstance(document, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise AccessDenied(f"{self._name} contains no token of an identity provider.", "Check what writes it.")
        return text.strip()

    @property
    def _name(self) -> str:
        return (
            f"The file {self.file}" if self.file is not None else f"The answer of {urlsplit(self.url or '').hostname}"
        )

    def _read_file(self, name: str) -> str:
        try:
            if not stat.S_ISREG(Path(name).stat().st_mode):  # opening a pipe would wait for its writer
                raise AccessDenied(f"{name} is not a regular file.", "Check the credential_source.")
            with Path(name).open("rb") as file:
                data = file.read(SUBJECT_BYTES + 1)
        except OSError as error:
            raise AccessDenied(
                f"The token file {name} cannot be read: {error.strerror}.", "Check the credential_source."
            ) from error
        if len(data) > SUBJECT_BYTES:
            raise AccessDenied(f"{name} has more than {SUBJECT_BYTES:,} bytes.", "Check the credential_source.")
        return data.decode("utf-8", "replace")

    def _read_url(self, url: str) -> str:
        what = "No token of the identity provider"
        found = request_text("GET", url, what, headers=dict(self.headers), wire=self.wire, metadata=self.operator)
        return found.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """An identity of another provider in a workload identity pool. A TokenSource."""

    audience: str
    subject_type: str
    token_url: str
    subject: Subject
    wire: Wire = MACHINE

    @property
    def principal(self) -> str | None:
        """Unknown: only the token contains it."""
        return None

    def fetch(self, scope: str) -> AccessToken:
        """A token of Google, for the current foreign token."""
        what = "No access token for the workload identity"
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": self.audience,
            "scope": scope,
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": self.subject_type,
            "subject_token": self.subject.read(),
        }
        return token_of(post_form(self.token_url, fields, what, self.wire), what)

    def signer(self) -> UrlSigner | None:
        """None: without a service account, nothing can sign."""
        return None


def federation(document: Mapping[str, object], *, operator: bool, wire: Wire = MACHINE) -> TokenSource:
    """The source of an `external_account` file; `operator`: it is the machine's own, not one of a user of the library.

    Raises SettingsError for incomplete files, addresses that are not Google's, and sources that are not supported.
    """
    found = [document.get(name) for name in ("audience", "subject_token_type")]
    if not all(isinstance(value, str) and value for value in found):
        raise SettingsError("The configuration of the workload identity names no audience or token type.", _FIX)
    base = Federation(
        audience=str(found[0]),
        subject_type=str(found[1]),
        token_url=_address(document.get("token_url"), "token_url", operator=operator),
        subject=replace(_subject(document.get("credential_source"), operator=operator), wire=wire),
        wire=wire,
    )
    impersonated = document.get("service_account_impersonation_url")
    if impersonated is None:
        return base
    name = "service_account_impersonation_url"
    return Impersonation.from_address(base, _address(impersonated, name, operator=operator), wire)


def _address(url: object, name: str, *, operator: bool) -> str:
    address = checked_address(url, name)
    if not operator and not _GOOGLE.fullmatch(urlsplit(address).netloc):
        raise SettingsError(
            f"The {name} of the workload identity is not an address of Google: {urlsplit(address).hostname}.",
            "It would receive the token of your identity provider. " + _FIX,
        )
    return address


def _subject(source: object, *, operator: bool) -> Subject:
    document, form = as_object(source), as_object(as_object(source).get("format"))
    file, url = document.get("file"), document.get("url")
    headers = tuple((str(name), str(value)) for name, value in as_object(document.get("headers")).items())
    json_field = form.get("subject_token_field_name") if form.get("type") == "json" else None
    if isinstance(json_field, str | None) and all(_is_sendable(name, value) for name, value in headers):
        if isinstance(file, str) and file and "\0" not in file:
            return Subject(file=file, url=None, json_field=json_field, operator=operator)
        if isinstance(url, str) and "environment_id" not in document:
            if not operator and not url.startswith("https://"):  # services of this machine are the operator's
                raise SettingsError("The credential_source is not an HTTPS address.", _FIX)
            address = url if operator and url.startswith("http://") else checked_address(url, "credential_source")
            return Subject(file=None, url=address, headers=headers, json_field=json_field, operator=operator)
    raise SettingsError(
        "The configuration of the workload identity reads its token neither from a file nor from an address.",
        "Programs and metadata of AWS are not supported as its credential_source; use one of these two.",
    )


def _is_sendable(name: str, value: str) -> bool:
    return _HEADER.fullmatch(name) is not None and value.isascii() and value.isprintable()
