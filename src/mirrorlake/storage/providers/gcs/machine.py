"""The credentials of Google Cloud that this machine provides, found where Google's own libraries look for them.

https://cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.gcs.federation import federation
from mirrorlake.storage.providers.gcs.impersonation import Impersonation
from mirrorlake.storage.providers.gcs.machine_tokens import MetadataService, SignedInUser
from mirrorlake.storage.providers.gcs.service_account import ServiceAccount
from mirrorlake.storage.providers.gcs.token_requests import as_object
from mirrorlake.storage.providers.gcs.tokens import TokenSource
from mirrorlake.storage.wire import MACHINE, Wire

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
_FILE_BYTES = 256 * 1024
_KINDS = "service_account, authorized_user, external_account and impersonated_service_account"


def machine_source() -> TokenSource:
    """The machine's source of tokens. Reads files, makes no request. Raises SettingsError if a file is unusable."""
    named = os.environ.get(VARIABLE)
    if named:
        return source_of(_read(Path(named), VARIABLE), operator=True)
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    file = folder / "application_default_credentials.json"
    if file.is_file():
        return source_of(_read(file, "gcloud"), operator=True)
    return MetadataService.of_this_machine()


def parse_document(text: str, what: str) -> Mapping[str, object]:
    """The JSON object of a credentials file. Raises SettingsError, without any part of it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SettingsError(f"{what} is not a JSON object.", "Use the whole file as it was downloaded.")
    return cast("Mapping[str, object]", document)


def source_of(document: Mapping[str, object], *, operator: bool, wire: Wire = MACHINE) -> TokenSource:
    """The source that a credentials file describes; `operator`: the file is the machine's own.

    Raises SettingsError for an unknown or incomplete file.
    """
    match document.get("type"):
        case "service_account":
            return ServiceAccount.from_document(document, wire)
        case "external_account":
            return federation(document, operator=operator, wire=wire)
        case "authorized_user" if operator:
            return SignedInUser.from_document(document)
        case "impersonated_service_account" if operator:
            nested = as_object(document.get("source_credentials"))
            if nested.get("type") == "impersonated_service_account":
                raise SettingsError("Impersonated credentials cannot be the base of others.", f"Check {VARIABLE}.")
            address = document.get("service_account_impersonation_url")
            return Impersonation.from_address(source_of(nested, operator=True), address)
        case _:
            raise SettingsError(
                "The type of the Google credentials is not supported.",
                f"Supported are {_KINDS if operator else 'service_account and external_account'}.",
            )


def _read(path: Path, origin: str) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"{path} ({origin}) cannot be read: {error.strerror}.", "Check its name and mode."
        ) from error
    if len(data) > _FILE_BYTES:
        raise SettingsError(f"{path} ({origin}) is too large for a credentials file.", "Check its name.")
    return parse_document(data.decode("utf-8", "replace"), f"{path} ({origin})")
