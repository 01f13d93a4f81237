"""The field for the JSON file of a Google credential. No part of a file is repeated, except its type and project."""

from __future__ import annotations

import base64
import binascii
import json
from shlex import quote
from typing import Any, cast

from mirrorlake.connections.input.advice import Advice, shown

_CREATE = "Create a key of type JSON: IAM, Service accounts, the account, Keys, Add key."
_REQUIRED = ("client_email", "private_key", "token_uri")
_TYPES = {
    "authorized_user": "the login of a person (gcloud auth), which expires and may do everything that person may",
    "external_account": "a configuration of workload identity federation",
    "impersonated_service_account": "an impersonation, which needs the login of a person",
    "gdch_service_account": "a service account of Google Distributed Cloud",
}


def advise_service_account(text: str) -> Advice | None:
    """What is wrong with the key file of a service account; None if nothing is."""
    read = _read(text)
    if isinstance(read, Advice):
        return read
    kind = read.get("type")
    if kind == "external_account":
        return Advice(
            message="The file is a configuration of workload identity federation, not the key of a service account.",
            fix="Create a connection of kind gcs-workload-identity with it.",
        )
    if "installed" in read or "web" in read:
        return Advice(message="The file is the client of an OAuth application, not a service account.", fix=_CREATE)
    if kind != "service_account":
        what = _TYPES.get(kind, "of an unknown type") if isinstance(kind, str) else "of no type"
        return Advice(message=f"The file is {what}, not the key of a service account.", fix=_CREATE)
    return None


def advise_key_file(text: str) -> Advice | None:
    """Whether the key file of a service account is probably not complete; None if it is."""
    read = _read(text)
    if isinstance(read, Advice):
        return read
    missing = [name for name in _REQUIRED if not isinstance(read.get(name), str) or not read[name]]
    if missing:
        return Advice(message=f"The key file has no {' and no '.join(missing)}.", fix=_CREATE)
    key = cast("str", read["private_key"])
    if not key.startswith("-----BEGIN ") or "-----END " not in key:
        return Advice(
            message="The private key of the file is not complete.",
            fix="Store the file itself: line ends of the key are often lost when it is copied.",
        )
    return None


def advise_workload_identity(text: str) -> Advice | None:
    """What is wrong with a configuration of workload identity federation; None if nothing is."""
    read = _read(text)
    if isinstance(read, Advice):
        return read
    if read.get("type") == "service_account":
        return Advice(
            message="The file is the key of a service account.", fix="Create a connection of kind gcs-service-account."
        )
    if read.get("type") != "external_account":
        return Advice(
            message="The file is no configuration of workload identity federation.",
            fix="Create one with: gcloud iam workload-identity-pools create-cred-config",
        )
    return None


def _read(text: str) -> dict[str, Any] | Advice:
    plain = text.strip().removeprefix("\ufeff")
    if not plain:
        return Advice(message="The key file is empty.", fix=_CREATE)
    if not plain.startswith(("{", "[", '"')):
        return _advise_plain(plain)
    try:
        read = json.loads(plain)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        return Advice(
            message=f"The key file is not valid JSON{where}: it was cut off or changed.", fix="Store the file itself."
        )
    if not isinstance(read, dict):
        return Advice(message="The key file contains no JSON object.", fix=_CREATE)
    return cast("dict[str, Any]", read)


def _advise_plain(plain: str) -> Advice:
    if plain.startswith("-----BEGIN"):
        return Advice(message="This is only the private key of a key file.", fix="Store the whole JSON file.")
    if plain.startswith("AIza"):
        return Advice(message="This is an API key, which does not grant access to buckets.", fix=_CREATE)
    if plain.endswith((".json", ".JSON")) and "\n" not in plain:
        return Advice(
            message=f"{shown(plain)} is the name of a file, not its content.",
            fix=f"Give what is in the file: --credentials-json - < {quote(plain)}",
        )
    try:
        decoded = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if decoded.lstrip().startswith(b"{"):
        return Advice(message="The key file is encoded in base64.", fix="Decode it first: base64 -d.")
    if decoded.startswith(b"0\x82"):
        return Advice(message="The key file is of type P12.", fix=_CREATE)
    return Advice(message="The key file is not JSON.", fix=_CREATE)
