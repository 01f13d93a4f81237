"""Signatures of Azure Storage: Shared Key for requests, and shared access signatures for URLs. Pure.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
https://learn.microsoft.com/rest/api/storageservices/create-service-sas
https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote

# Of every request and signature: the newest one that all clouds of Azure and Azure Stack Hub's successor know.
VERSION = "2023-11-03"

_SIGNED = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationKey:
    """A key that signs URLs in the name of a user or application of Microsoft Entra ID."""

    object_id: str
    tenant_id: str
    start: str  # as the server wrote it; part of what is signed
    expiry: str
    service: str
    version: str
    key: bytes = field(repr=False)


def shared_key(method: str, target: str, headers: Mapping[str, str], account: str, key: bytes) -> str:
    """The Authorization header of a request; `target` is its path and query as they are sent.

    `headers` has all headers whose names begin with x-ms- and, for a body, Content-Length.
    """
    return f"SharedKey {account}:{_signature(key, text_to_sign(method, target, headers, account))}"


def text_to_sign(method: str, target: str, headers: Mapping[str, str], account: str) -> str:
    """What Shared Key signs of a request, for the Blob service since version 2015-02-21."""
    values = {name.lower(): value.strip() for name, value in headers.items()}
    if values.get("content-length") == "0":
        del values["content-length"]
    own = [f"{name}:{values[name]}" for name in sorted(values) if name.startswith("x-ms-")]
    path, _, query = target.partition("?")
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        fields.setdefault(name.lower(), []).append(value)
    asked = [f"{name}:{','.join(sorted(fields[name]))}" for name in sorted(fields)]
    return "\n".join([method, *(values.get(name, "") for name in _SIGNED), *own, f"/{account}{path}", *asked])


def blob_sas(
    account: str, container: str, key: str, *, secret: bytes, expires: datetime, https: bool, version: str = ""
) -> str:
    """The query of a URL that permits anyone to read one blob until `expires`, signed with the account's key.

    With a `version`, only that one of the blob; the URL names it too.
    """
    fields = _read_fields(expires, https=https, version=version)
    text = [
        fields["sp"], "", fields["se"], f"/blob/{account}/{container}/{key}", "", "", fields["spr"], fields["sv"],
        fields["sr"], version, *[""] * 6,  # encryption scope, and the five headers of the response
    ]  # fmt: skip
    return _query({**fields, "sig": _signature(secret, "\n".join(text))})


def delegated_sas(
    account: str,
    container: str,
    key: str,
    *,
    delegation: DelegationKey,
    expires: datetime,
    https: bool,
    version: str = "",
) -> str:
    """The same, signed with a user delegation key."""
    fields = _read_fields(expires, https=https, version=version)
    own = {
        "skoid": delegation.object_id, "sktid": delegation.tenant_id, "skt": delegation.start, "ske": delegation.expiry,
        "sks": delegation.service, "skv": delegation.version,
    }  # fmt: skip
    text = [
        fields["sp"], "", fields["se"], f"/blob/{account}/{container}/{key}", *own.values(),
        *[""] * 3,  # authorised and unauthorised user, correlation id
        "", fields["spr"], fields["sv"], fields["sr"],
        version, *[""] * 6,  # encryption scope, and the five headers of the response
    ]  # fmt: skip
    return _query({**fields, **own, "sig": _signature(delegation.key, "\n".join(text))})


def _read_fields(expires: datetime, *, https: bool, version: str) -> dict[str, str]:
    return {
        "sv": VERSION,
        "spr": "https" if https else "https,http",
        "se": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sr": "bv" if version else "b",
        "sp": "r",
    }


def _query(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in fields.items())


def _signature(key: bytes, text: str) -> str:
    return b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
