"""Access to a bucket of Google Cloud Storage: the user's options, typed and checked, without loading a client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Access, AccessOptions
from mirrorlake.storage.server_address import server_url

KIND = "a server of Google Cloud Storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsAccess(Access):
    """Access to Google Cloud Storage or a server that speaks its protocol."""

    endpoint: str | None = None  # the server's address; None = Google
    anonymous: bool = False
    project: str | None = None  # of Google Cloud
    requester_pays: bool = False  # requests are billed to `project`

    def stored(self) -> dict[str, object]:
        """As users gave it; what its connection decides at each use is left out."""
        return {name: getattr(self, name) for name in ("endpoint", "anonymous")}


def gcs_access(access: Access) -> GcsAccess:
    """`access` in this provider's type; the defaults for a plain Access()."""
    return access if isinstance(access, GcsAccess) else read_access(asdict(access))


def read_access(values: Mapping[str, object]) -> GcsAccess:
    """Access as stored. Names that this version does not know are ignored."""
    known = {field.name: values[field.name] for field in fields(GcsAccess) if field.name in values}
    return GcsAccess(**cast("dict[str, Any]", known))


def change_access(stored: GcsAccess, given: AccessOptions) -> GcsAccess:
    """`stored` with the given options applied."""
    return replace(
        stored,
        endpoint=given.endpoint.strip().rstrip("/") if given.endpoint else stored.endpoint,
        anonymous=stored.anonymous if given.anonymous is None else given.anonymous,
    )


def check_options(given: AccessOptions) -> None:
    """Raise SettingsError for a profile and for invalid addresses. A region is ignored: requests do not need it."""
    if given.profile is not None:
        raise SettingsError("--profile names a profile of AWS.", "Leave it out for Google Cloud Storage.")
    if given.endpoint:
        server_url(given.endpoint, "--endpoint", KIND)
