"""Access to an S3 bucket: the user's options, typed and checked, without loading a client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Access, AccessOptions
from mirrorlake.storage.server_address import server_url


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
    if given.anonymous is not None:
        stored = replace(stored, anonymous=given.anonymous, profile=None if given.anonymous else stored.profile)
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
        server_url(given.endpoint, "--endpoint", "an S3 server")
