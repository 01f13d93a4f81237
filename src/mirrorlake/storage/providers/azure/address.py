"""`az://account/container/folder`, and the addresses that Azure's portal and Hadoop show for the same place.

A location's container is `account/container`: names of containers are unique only within an account.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider

KEY_CHARACTERS = 1024  # of a blob's name
BLOB_HOST, LAKE_HOST = ".blob.core.windows.net", ".dfs.core.windows.net"
HADOOP_SCHEMES = ("abfss", "abfs", "wasbs", "wasb")
EXAMPLE = "az://account/container/folder"

# https://learn.microsoft.com/azure/storage/common/storage-account-overview#storage-account-name
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
# https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
_CONTAINER = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,62}")
_SPECIAL = ("$root", "$web", "$logs")


def parse(uri: str, rest: str) -> Location:
    """The location that `uri` names; `rest` is the part after `://`. Raises UsageError, without secrets of a URL."""
    scheme = uri.partition("://")[0].lower()
    if scheme == "https":
        return _of_url(rest)
    if scheme in HADOOP_SCHEMES:
        return _of_hadoop(uri, rest)
    account, _, path = rest.partition("/")
    container, _, prefix = path.partition("/")
    return _location(uri, account, container, prefix)


def account_of(location: Location) -> str:
    """The storage account."""
    return location.container.partition("/")[0]


def container_of(location: Location) -> str:
    """The container within its account."""
    return location.container.partition("/")[2]


def is_account(name: str) -> bool:
    """Whether this can be the name of a storage account."""
    return _ACCOUNT.fullmatch(name) is not None


def _of_url(rest: str) -> Location:
    host, _, path = rest.partition("/")
    if "?" in rest or "#" in rest or "@" in host:
        raise UsageError(
            "The address contains a query or a login, which may be a shared access signature.",
            f"Write only the address, such as {EXAMPLE}, and set AZURE_STORAGE_SAS_TOKEN.",
        )
    shown = f"https://{rest}"
    host = host.lower()
    if not host.endswith(BLOB_HOST):
        raise UsageError(
            f"{shown!r} is not the address of a container: its host does not end in {BLOB_HOST}.",
            f"Write {EXAMPLE}; name another server with --endpoint.",
        )
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown!r} does not decode to UTF-8.", "Percent-encode the folder as UTF-8.") from error
    container, _, prefix = decoded.partition("/")
    return _location(shown, host.removesuffix(BLOB_HOST), container, prefix)


def _of_hadoop(uri: str, rest: str) -> Location:
    """`container@account.dfs.core.windows.net/folder`, literal."""
    place, _, prefix = rest.partition("/")
    container, mark, host = place.partition("@")
    host = host.lower()
    suffix = next((one for one in (LAKE_HOST, BLOB_HOST) if host.endswith(one)), None)
    if not mark or suffix is None:
        raise UsageError(
            f"{uri!r} does not name a container and its account.",
            f"Write abfss://container@account{LAKE_HOST}/folder or {EXAMPLE}.",
        )
    return _location(uri, host.removesuffix(suffix), container, prefix)


def _location(uri: str, account: str, container: str, prefix: str) -> Location:
    if not is_account(account):
        raise UsageError(
            f"{uri!r} does not name a storage account: {_shown(account)}.",
            f"Names of accounts have 3 to 24 lowercase letters and digits: {EXAMPLE}.",
        )
    if container not in _SPECIAL and not (_CONTAINER.fullmatch(container) and len(container) <= 63):  # noqa: PLR2004
        raise UsageError(
            f"{uri!r} does not name a container: {_shown(container)}.",
            "Names of containers have 3 to 63 lowercase letters, digits and single hyphens, and begin and end with a "
            f"letter or digit: {EXAMPLE}.",
        )
    prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    try:
        prefix.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{uri!r} is not valid UTF-8.", "Keys are UTF-8; check how the address was typed.") from error
    if "\0" in prefix or len(prefix) > KEY_CHARACTERS:
        raise UsageError(
            f"{uri!r} contains an invalid folder for keys.",
            f"Keys have at most {KEY_CHARACTERS} characters and no NUL.",
        )
    return Location(provider=Provider.AZURE, container=f"{account}/{container}", prefix=prefix)


def _shown(name: str) -> str:
    return f"{name!r} is not a valid name" if name else "the name is missing"
