"""Access to an S3 bucket: the user's options, typed and checked, without loading a client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Access, AccessOptions

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Access(Access):
    """Access to S3 or a server that speaks its protocol."""

    endpoint: str | None = None  # the server's address; None = AWS
    region: str | None = None
    profile: str | None = None  # of the machine's own AWS configuration
    anonymous: bool = False
    # Of a connection:
    path_style: bool | None = None  # None: by host name on AWS, by path on other servers
    requester_pays: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None

    def stored(self) -> dict[str, object]:
        """As users gave it; what its connection decides at each use is left out."""
        return {name: getattr(self, name) for name in ("endpoint", "region", "profile", "anonymous")}


def s3_access(access: Access) -> S3Access:
    """`access` in this provider's type; the defaults for a plain Access()."""
    return access if isinstance(access, S3Access) else read_access(asdict(access))


def read_access(values: Mapping[str, object]) -> S3Access:
    """Access as stored. Names that this version does not know are ignored."""
    known = {field.name: values[field.name] for field in fields(S3Access) if field.name in values}
    return S3Access(**cast("dict[str, Any]", known))


def change_access(stored: S3Access, given: AccessOptions) -> S3Access:
    """`stored` with the given options applied; --anonymous and --profile replace each other."""
    if given.anonymous:
        stored = replace(stored, anonymous=True, profile=None)
    if given.profile is not None:
        stored = replace(stored, anonymous=False, profile=given.profile)
    return replace(
        stored,
        endpoint=given.endpoint.strip().rstrip("/") if given.endpoint else stored.endpoint,
        region=given.region or stored.region,
    )


def check_options(given: AccessOptions) -> None:
    """Raise SettingsError for options that exclude each other or are not valid addresses."""
    if given.anonymous and given.profile is not None:
        raise SettingsError("--anonymous and --profile cannot be combined.", "Remove one of them.")
    if given.endpoint:
        server_url(given.endpoint, "--endpoint")


def server_url(endpoint: str, origin: str) -> str:
    """The address of a server as requests need it; `origin` is what specifies it.

    Raises SettingsError for an endpoint that is not an HTTP address. It is not shown if it contains a login.
    """
    try:
        parts = urlsplit(endpoint.strip())
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if "@" in endpoint:
        raise SettingsError(
            f"The endpoint contains a user name or password ({origin}).",
            "Use the environment or a profile for credentials.",
        )
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or parts.query
        or parts.fragment
        or not (parts.netloc + parts.path).isprintable()
        or " " in parts.netloc + parts.path
    ):
        raise SettingsError(
            f"{endpoint!r} is not the address of an S3 server ({origin}).", "Write https://host or http://host:port."
        )
    # Browsers do not send a default port, so a signature must not contain it.
    host = parts.netloc.removesuffix(f":{port}") if port == _DEFAULT_PORTS[parts.scheme] else parts.netloc
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
