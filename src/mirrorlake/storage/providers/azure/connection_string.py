"""Parse connection strings and shared access signatures of Azure Storage. Pure; their text is never shown.

https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import AzureAccountKey, AzureSas
from mirrorlake.storage.providers.azure.address import is_account
from mirrorlake.storage.server_address import server_url

LONGEST = 8192  # characters of a connection string; real ones have a few hundred

# The account and key of the emulator are public: every installation of it has them.
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
EMULATOR_ACCOUNT = "devstoreaccount1"
EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_EMULATOR_ENDPOINT = "http://127.0.0.1:10000/devstoreaccount1"

_DEFAULT_SUFFIX = "core.windows.net"
_SUFFIX = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,100}[a-z0-9])?")
# The parameters of all kinds of signatures. Others would change what a request asks for.
_SAS_NAMES = frozenset(
    {"sv", "ss", "srt", "sp", "st", "se", "spr", "sip", "sr", "si", "sig", "skoid", "sktid", "skt", "ske", "sks", "skv",
     "saoid", "suoid", "scid", "sdd", "ses", "skdutid", "sduoid", "srh", "srq", "rscc", "rscd", "rsce", "rscl", "rsct"}
)  # fmt: skip
_SAS_VALUE = re.compile(r"[A-Za-z0-9%._~+:/,=*()!$';@-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionString:
    """What a connection string consists of."""

    credentials: AzureAccountKey | AzureSas
    endpoint: str | None  # None = the account's own on Azure


def parse_connection_string(text: str) -> ConnectionString:
    """The credentials and the endpoint of a connection string. Raises SettingsError, which does not repeat it."""
    fields = _fields(text)
    if fields.get("usedevelopmentstorage", "").lower() == "true":
        return ConnectionString(
            credentials=AzureAccountKey(account=EMULATOR_ACCOUNT, key=EMULATOR_KEY), endpoint=_EMULATOR_ENDPOINT
        )
    endpoint = fields.get("blobendpoint")
    if endpoint is not None:
        endpoint = server_url(endpoint, "BlobEndpoint of the connection string", "an Azure Blob Storage server")
    account = fields.get("accountname") or _account_of(endpoint)
    if not is_account(account):
        raise _unusable("names no storage account")
    if endpoint is None:
        endpoint = _derived_endpoint(account, fields)
    if "accountkey" in fields:
        decode_key(fields["accountkey"])
        return ConnectionString(
            credentials=AzureAccountKey(account=account, key=fields["accountkey"]), endpoint=endpoint
        )
    if "sharedaccesssignature" in fields:
        token = clean_sas(fields["sharedaccesssignature"])
        return ConnectionString(credentials=AzureSas(account=account, token=token), endpoint=endpoint)
    raise _unusable("has neither AccountKey nor SharedAccessSignature")


def clean_sas(token: str) -> str:
    """A shared access signature as it is appended to a URL. Raises SettingsError if it is none."""
    token = token.strip().removeprefix("?")
    names: list[str] = []
    for part in token.split("&"):
        name, mark, value = part.partition("=")
        if not mark or name not in _SAS_NAMES or not _SAS_VALUE.fullmatch(value):
            raise _bad_sas()
        names.append(name)
    if "sig" not in names or len(set(names)) != len(names) or len(token) > LONGEST:
        raise _bad_sas()
    return token.replace("+", "%2B")  # in a query, a plus would be a space; signatures often contain it undecoded


def decode_key(key: str) -> bytes:
    """The bytes of an account key. Raises SettingsError if it is not base64."""
    try:
        decoded = b64decode(key.strip(), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise SettingsError(
            "The account key is not base64: it was cut off or pasted wrongly.",
            "Copy it again from Access keys of the storage account.",
        )
    return decoded


def _fields(text: str) -> dict[str, str]:
    if len(text) > LONGEST:
        raise _unusable("is too long")
    fields: dict[str, str] = {}
    for part in text.strip().strip(";").split(";"):
        name, mark, value = part.partition("=")
        name = name.strip().lower()
        if not mark or not name:
            raise _unusable("has a part without a name and a value")
        if name in fields:
            raise _unusable("names a setting twice")
        fields[name] = value.strip()
    return fields


def _account_of(endpoint: str | None) -> str:
    """The account in an endpoint: the first label of its host."""
    host = (urlsplit(endpoint).hostname or "") if endpoint else ""
    return host.partition(".")[0] if "." in host else ""


def _derived_endpoint(account: str, fields: dict[str, str]) -> str | None:
    protocol = fields.get("defaultendpointsprotocol", "https").lower()
    suffix = fields.get("endpointsuffix", _DEFAULT_SUFFIX).lower()
    if protocol not in ("https", "http") or not _SUFFIX.fullmatch(suffix):
        raise _unusable("has an invalid protocol or suffix of endpoints")
    if (protocol, suffix) == ("https", _DEFAULT_SUFFIX):
        return None
    return f"{protocol}://{account}.blob.{suffix}"


def _unusable(why: str) -> SettingsError:
    return SettingsError(
        f"The connection string {why}.", "Copy it again from Access keys of the storage account, as one line."
    )


def _bad_sas() -> SettingsError:
    return SettingsError(
        "The shared access signature is not one: it was cut off or pasted wrongly.",
        "Copy the SAS token again; it is a query such as sv=…&sig=…, without the address of the container.",
    )
