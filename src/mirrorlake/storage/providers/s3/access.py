"""How an S3 bucket is reached: the options that a person gives, typed and checked, without loading a client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Access, AccessOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Access(Access):
    """Access to S3 or a server that speaks its protocol."""

    endpoint: str | None = None  # the server's address; None = AWS
    region: str | None = None
    profile: str | None = None  # of the machine's own AWS configuration
    anonymous: bool = False


def s3_access(access: Access) -> S3Access:
    """`access` in this provider's type: options as public JSON names them, or the defaults for a plain Access()."""
    return access if isinstance(access, S3Access) else read_access(asdict(access))


def read_access(values: Mapping[str, object]) -> S3Access:
    """Access as it is stored. Names that only another version knows are left alone."""
    known = {field.name: values[field.name] for field in fields(S3Access) if field.name in values}
    return S3Access(**cast("dict[str, Any]", known))


def change_access(stored: S3Access, given: AccessOptions) -> S3Access:
    """What was given now over what is stored; --anonymous and --profile replace each other."""
    if given.anonymous:
        stored = replace(stored, anonymous=True, profile=None)
    if given.profile is not None:
        stored = replace(stored, anonymous=False, profile=given.profile)
    return replace(
        stored,
        endpoint=given.endpoint.rstrip("/") if given.endpoint else stored.endpoint,
        region=given.region or stored.region,
    )


def check_options(given: AccessOptions) -> None:
    """Raise SettingsError for options that exclude each other or cannot be addresses."""
    if given.anonymous and given.profile is not None:
        raise SettingsError("--anonymous and --profile exclude each other.", "Leave one of them out.")
    if given.endpoint:
        address = urlsplit(given.endpoint)
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.username:
            raise SettingsError(
                f"{given.endpoint!r} is not the address of a server.",
                "Write --endpoint http://127.0.0.1:9000, for example.",
            )
