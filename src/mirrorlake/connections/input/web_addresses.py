"""Recognise buckets in addresses that people copy from a browser or another tool.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_REGION = r"(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d)"
_AWS = r"amazonaws\.com(?:\.cn)?"
_HOSTED = re.compile(rf"(?P<bucket>.+)\.s3(?:-website)?(?:-fips)?(?:\.dualstack)?(?:[.-]{_REGION})?\.{_AWS}")
_PATH_STYLE = re.compile(rf"s3(?:-fips)?(?:\.dualstack)?(?:[.-]{_REGION})?\.{_AWS}")
_CONSOLE = re.compile(rf"(?:s3\.)?(?:{_REGION}\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)")
_AZURE = re.compile(r"(?P<account>[a-z0-9]{3,24})\.(?:blob|dfs)\.(?:core\.[a-z.]+|storage\.azure\.net)")
_ACCOUNT_AND_CONTAINER = re.compile(
    r"/storageAccounts/(?P<account>[a-z0-9]{3,24})(?:.*?/(?:path|containers)/(?P<bucket>[a-z0-9-]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """What an address names. `scheme` is that of the cloud: s3, gs or az."""

    scheme: str
    what: str  # of the address, for messages
    bucket: str | None = None
    prefix: str = ""
    region: str | None = None
    account: str | None = None


def recognise(text: str) -> WebAddress | None:
    """The bucket in an http address of a cloud or its console; None if there is none."""
    try:
        parts = urlsplit(text.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https"):
        return _hadoop(text.strip())
    return next((found for reader in _READERS if (found := reader(parts, host)) is not None), None)


def folder_of(key: str) -> str:
    """The folder of a key: a file's name is left out."""
    return key if key.endswith("/") else key.rpartition("/")[0] + ("/" if "/" in key else "")


def _aws_console(parts: SplitResult, host: str) -> WebAddress | None:
    found = _CONSOLE.fullmatch(host)
    if found is None:
        return None
    query = parse_qs(parts.query)
    path = parts.path.split("/")
    bucket = path[3] if len(path) > 3 and path[1] == "s3" and path[2] in ("buckets", "object") else None  # noqa: PLR2004
    return WebAddress(
        scheme="s3",
        what="a page of the AWS console",
        bucket=bucket,
        prefix=folder_of(query.get("prefix", [""])[0]),
        region=query.get("region", [found["region"]])[0],
    )


def _aws_hosted(parts: SplitResult, host: str) -> WebAddress | None:
    found = _HOSTED.fullmatch(host)
    if found is None:
        return None
    prefix = folder_of(unquote(parts.path).removeprefix("/"))
    return WebAddress(
        scheme="s3", what="a web address of S3", bucket=found["bucket"], prefix=prefix, region=found["region"]
    )


def _aws_path(parts: SplitResult, host: str) -> WebAddress | None:
    found = _PATH_STYLE.fullmatch(host)
    if found is None:
        return None
    bucket, _, key = unquote(parts.path).removeprefix("/").partition("/")
    return WebAddress(
        scheme="s3",
        what="a web address of S3",
        bucket=bucket or None,
        prefix=folder_of(key),
        region=found["region"],
    )


def _google(parts: SplitResult, host: str) -> WebAddress | None:
    path = unquote(parts.path).removeprefix("/")
    if host == "console.cloud.google.com":
        _, mark, rest = path.partition("storage/browser/")
        details = rest.startswith("_details/")
        bucket, _, key = rest.removeprefix("_details/").partition(";")[0].partition("/")
        folder = folder_of(key) if details else key and key.rstrip("/") + "/"
        what = "a page of the Google Cloud console"
        return WebAddress(scheme="gs", what=what, bucket=bucket or None if mark else None, prefix=folder)
    if host in ("storage.googleapis.com", "storage.cloud.google.com"):
        bucket, _, key = path.partition("/")
        return WebAddress(
            scheme="gs", what="a web address of Google Cloud Storage", bucket=bucket, prefix=folder_of(key)
        )
    bucket, mark, _ = host.partition(".storage.googleapis.com")
    if not mark:
        return None
    return WebAddress(scheme="gs", what="a web address of Google Cloud Storage", bucket=bucket, prefix=folder_of(path))


def _azure(parts: SplitResult, host: str) -> WebAddress | None:
    if host in ("portal.azure.com", "portal.azure.us", "portal.azure.cn"):
        found = _ACCOUNT_AND_CONTAINER.search(unquote(parts.fragment + parts.path))
        account = bucket = None if found is None else found["account"]
        bucket = None if found is None else found["bucket"]
        return WebAddress(scheme="az", what="a page of the Azure portal", account=account, bucket=bucket)
    found = _AZURE.fullmatch(host)
    if found is None:
        return None
    container, _, key = unquote(parts.path).removeprefix("/").partition("/")
    what = "a web address of Azure" + (" with a signature" if "sig=" in parts.query else "")
    return WebAddress(scheme="az", what=what, account=found["account"], bucket=container or None, prefix=folder_of(key))


def _hadoop(text: str) -> WebAddress | None:
    """`abfss://container@account.dfs.core.windows.net/path` and its kin."""
    found = re.fullmatch(r"(?:abfss?|wasbs?)://([a-z0-9-]+)@([a-z0-9]+)\.(?:dfs|blob)\.[a-z.]+/?(.*)", text)
    if found is None:
        return None
    return WebAddress(
        scheme="az", what="an address of Hadoop", bucket=found[1], account=found[2], prefix=folder_of(found[3])
    )


_READERS: tuple[Callable[[SplitResult, str], WebAddress | None], ...] = (
    _aws_console,
    _aws_hosted,
    _aws_path,
    _google,
    _azure,
)
