"""The fields for accounts, keys, signatures and connection strings of Azure. No secret is repeated.

https://learn.microsoft.com/rest/api/storageservices/create-service-sas
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from mirrorlake.connections.input.advice import Advice, options, shown
from mirrorlake.connections.input.web_addresses import recognise

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_KEY_BYTES = 64
_MAKE = "Make a new one, with the commands of `mirrorlake connection documents`."
_PERMISSIONS = {"r": "read", "l": "list", "w": "write", "d": "delete"}


def advise_account(text: str) -> Advice | None:
    """What is wrong with the name of a storage account; None if nothing is."""
    if _ACCOUNT.fullmatch(text):
        return None
    found = recognise(text) or recognise(f"https://{text}")
    account = None if found is None else found.account
    return options(
        Advice(
            message=f"{shown(text)} is not the name of a storage account.",
            fix="Names have 3 to 24 lower-case letters and digits.",
            account=account or (text.strip().lower() if _ACCOUNT.fullmatch(text.strip().lower()) else None),
        )
    )


def advise_key(text: str) -> Advice | None:
    """What is wrong with the key of a storage account; None if nothing is."""
    if "AccountKey=" in text:
        return Advice(message="The account key is a whole connection string.", fix="Use --connection-string for it.")
    if "sig=" in text:
        return Advice(message="The account key is a shared access signature.", fix="Use --sas-token for it.")
    if _size(text) is None:
        return Advice(message="The account key is not base64.", fix="Copy it again: az storage account keys list.")
    return None


def advise_key_size(text: str) -> Advice | None:
    """Whether the key of a storage account was probably cut off; None if not."""
    size = _size(text)
    if size is not None and size != _KEY_BYTES:
        return Advice(
            message=f"The account key has {size} bytes, and keys have {_KEY_BYTES}: it was cut off.",
            fix="Copy it again: az storage account keys list.",
        )
    return None


def advise_sas(text: str, *, writes: bool = False, now: datetime | None = None) -> Advice | None:
    """What is wrong with a shared access signature; None if nothing is."""
    if "AccountName=" in text or "BlobEndpoint=" in text:
        return Advice(message="The signature is a connection string.", fix="Use --connection-string for it.")
    if text.startswith(("http://", "https://")):
        return Advice(
            message="The signature is a whole address.", fix="Store only the part after the question mark: sv=…&sig=…"
        )
    if "&amp;" in text:
        return Advice(message="The signature was copied from a web page: & became &amp;.", fix="Replace &amp; by &.")
    if "%26" in text or "%253A" in text or "%252F" in text:
        return Advice(message="The signature is percent-encoded twice.", fix="Copy it from where it was made.")
    fields = dict(parse_qsl(text.strip().removeprefix("?"), keep_blank_values=True))
    if "sig" not in fields or not fields["sig"]:
        return Advice(message="The signature has no `sig`: it was cut off, or is something else.", fix=_MAKE)
    if "si" in fields and "sp" not in fields:
        return None  # a stored access policy, which only the server knows
    return _advise_period(fields, now or datetime.now(UTC)) or _advise_scope(fields, writes=writes)


def advise_connection_string(text: str) -> Advice | None:
    """What is wrong with a connection string; None if nothing is."""
    plain = text.strip()
    if plain.startswith(("http://", "https://")):
        return Advice(
            message="The connection string is an address.",
            fix="Use --account and --sas-token, or copy the connection string from Access keys of the portal.",
        )
    fields = {name.strip().lower(): value for name, _, value in (part.partition("=") for part in plain.split(";"))}
    if "usedevelopmentstorage" in fields:
        return None
    if "accountname" not in fields and "blobendpoint" not in fields:
        return Advice(
            message="The connection string names no account.",
            fix="Copy it whole: it begins with DefaultEndpointsProtocol and contains AccountName and AccountKey.",
        )
    if "sharedaccesssignature" in fields:
        return advise_sas(fields["sharedaccesssignature"])
    if "accountkey" not in fields:
        return Advice(
            message="The connection string has neither AccountKey nor SharedAccessSignature.",
            fix="Copy it from Access keys of the storage account, and choose to show the keys.",
        )
    return advise_key(fields["accountkey"])


def _size(text: str) -> int | None:
    """The bytes of a text in base64; None if it is none."""
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def _advise_period(fields: dict[str, str], now: datetime) -> Advice | None:
    start, end = _time(fields.get("st")), _time(fields.get("se"))
    if end is not None and end <= now:
        return Advice(message=f"The signature expired on {end:%Y-%m-%d %H:%M} UTC.", fix=_MAKE)
    if start is not None and start > now:
        return Advice(
            message=f"The signature is valid only from {start:%Y-%m-%d %H:%M} UTC.",
            fix="Leave its start out, or check this machine's clock.",
        )
    return None


def _advise_scope(fields: dict[str, str], *, writes: bool) -> Advice | None:
    if fields.get("sr") == "b":
        return Advice(message="The signature is for a single blob.", fix=f"It must be for the container. {_MAKE}")
    if "ss" in fields and "b" not in fields["ss"]:
        return Advice(message="The signature is not for the blob service (ss=b).", fix=_MAKE)
    if "srt" in fields and not {"c", "o"} <= set(fields["srt"]):
        return Advice(message="The signature is not for containers and objects (srt=co).", fix=_MAKE)
    given = fields.get("sp", "")
    for letter in ("lrwd" if writes else "lr") if "sp" in fields else "":
        if letter not in given:
            return Advice(
                message=f"The signature does not permit to {_PERMISSIONS[letter]} ({letter} is missing in sp={given}).",
                fix=_MAKE,
            )
    return None


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
