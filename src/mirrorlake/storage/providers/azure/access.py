"""Access to an Azure container: the user's options, typed and checked, without loading a client."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Access, AccessOptions
from mirrorlake.storage.providers.azure.address import BLOB_HOST
from mirrorlake.storage.server_address import server_url


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureAccess(Access):
    """Access to Azure Blob Storage or a server that speaks its protocol."""

    endpoint: str | None = None  # the server's address; None = the account's own on Azure
    anonymous: bool = False
    holder: str | None = None  # the external id of a connection: no other one uses tokens that were issued to it

    def stored(self) -> dict[str, object]:
        """As users gave it; what its connection decides at each use is left out."""
        return {name: getattr(self, name) for name in ("endpoint", "anonymous")}


def azure_access(access: Access) -> AzureAccess:
    """`access` in this provider's type; the defaults for a plain Access()."""
    return access if isinstance(access, AzureAccess) else read_access(asdict(access))


def read_access(values: Mapping[str, object]) -> AzureAccess:
    """Access as stored. Names that this version does not know are ignored."""
    known = {field.name: values[field.name] for field in fields(AzureAccess) if field.name in values}
    return AzureAccess(**cast("dict[str, Any]", known))


def change_access(stored: AzureAccess, given: AccessOptions) -> AzureAccess:
    """`stored` with the given options applied."""
    return replace(
        stored,
        anonymous=stored.anonymous if given.anonymous is None else given.anonymous,
        endpoint=given.endpoint.strip().rstrip("/") if given.endpoint else stored.endpoint,
    )


def check_options(given: AccessOptions) -> None:
    """Raise SettingsError for options that Azure does not have, or that are not valid addresses."""
    if given.region is not None or given.profile is not None:
        raise SettingsError(
            "A container of Azure has neither a region nor an AWS profile.", "Leave out --region and --profile."
        )
    if given.endpoint:
        account_url("account", given.endpoint, "--endpoint")


def account_url(account: str, endpoint: str | None, origin: str) -> str:
    """Scheme, host and path of the account, without a final slash. `origin` is what specifies the endpoint.

    Servers without a host name for each account (Azurite) have its name as the first part of the path; it is added if
    the endpoint is an IP address or localhost without a path. Raises SettingsError.
    """
    if endpoint is None:
        return f"https://{account}{BLOB_HOST}"
    url = server_url(endpoint, origin, "an Azure Blob Storage server")
    parts = urlsplit(url)
    return f"{url}/{account}" if not parts.path and _has_no_accounts(parts.hostname or "") else url


def _has_no_accounts(host: str) -> bool:
    """Whether a host name cannot contain the name of an account."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host
    return True
