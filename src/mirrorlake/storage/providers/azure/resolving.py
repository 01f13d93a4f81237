"""From credentials of a connection, or from the machine's environment, to what authenticates requests."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import (
    Ambient,
    AzureAccountKey,
    AzureManagedIdentity,
    AzureSas,
    AzureServicePrincipal,
    Credentials,
)
from mirrorlake.storage.providers.azure.access import AzureAccess, account_url
from mirrorlake.storage.providers.azure.address import BLOB_HOST
from mirrorlake.storage.providers.azure.connection_string import clean_sas, decode_key, parse_connection_string
from mirrorlake.storage.providers.azure.credentials import (
    Anonymous,
    Authentication,
    AzureConfig,
    Bearer,
    Sas,
    SharedKey,
)
from mirrorlake.storage.providers.azure.tokens import (
    AUTHORITY,
    METADATA,
    ClientSecret,
    FederatedToken,
    Grant,
    MachineIdentity,
    check_authority,
    source_of,
)
from mirrorlake.storage.server_address import server_url

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,127}")
_CONFIGURED = "set in mirrorlake"
_VARIABLES = ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY")
_AZURE_HOSTS = (
    BLOB_HOST,
    ".blob.storage.azure.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
)


def config_of(
    access: AzureAccess, account: str | None, credentials: Credentials | None, environ: Mapping[str, str] = os.environ
) -> AzureConfig:
    """How to reach containers of `account` (None: of any). Makes no request. Raises SettingsError."""
    own = AzureConfig(authentication=Anonymous()) if access.anonymous else None
    if own is None:
        own = _of_credentials(credentials) or _of_environment(environ, account)
    if access.endpoint is None:
        return own
    stored = credentials is not None and not isinstance(credentials, Ambient)
    _check_receiver(access.endpoint, own.authentication, stored=stored)
    return AzureConfig(
        authentication=own.authentication, account=own.account, endpoint=access.endpoint, origin=_CONFIGURED
    )


def resolved_config(
    access: AzureAccess, credentials: Credentials | None, environ: Mapping[str, str] = os.environ
) -> AzureConfig | None:
    """The same for containers of any account; None if the environment has a key and does not name its account."""
    variables = {name for name in _VARIABLES if environ.get(name, "").strip()}
    unnamed = variables == {"AZURE_STORAGE_KEY"} and not access.anonymous
    if unnamed and (credentials is None or isinstance(credentials, Ambient)):
        return None
    return config_of(access, None, credentials, environ)


def _of_credentials(credentials: Credentials | None) -> AzureConfig | None:
    match credentials:
        case None | Ambient():
            return None
        case AzureAccountKey(account=account, key=key):
            return AzureConfig(authentication=SharedKey(account=account, key=decode_key(key)), account=account)
        case AzureSas(account=account, token=token):
            return AzureConfig(authentication=Sas(token=clean_sas(token)), account=account)
        case AzureServicePrincipal() as own:
            grant = ClientSecret(
                tenant_id=_identifier(own.tenant_id, "tenant id"),
                client_id=_identifier(own.client_id, "client id"),
                client_secret=own.client_secret,
                authority=AUTHORITY if own.authority is None else check_authority(own.authority),
            )
            return AzureConfig(authentication=_bearer(grant), account=own.account)
        case AzureManagedIdentity(account=account, client_id=client_id):
            return AzureConfig(authentication=_bearer(_machine(client_id, os.environ)), account=account)
        case _:
            raise SettingsError(
                "These credentials are not for Azure.", "Use a connection whose kind begins with azure-."
            )


def _of_environment(environ: Mapping[str, str], account: str | None) -> AzureConfig:
    """The variables of the Azure command line and libraries, most specific first; else the machine's identity."""
    text = environ.get("AZURE_STORAGE_CONNECTION_STRING", "").strip()
    if text:
        parsed = parse_connection_string(text)
        config = _of_credentials(parsed.credentials)
        assert config is not None  # noqa: S101  only for other kinds
        return AzureConfig(
            authentication=config.authentication,
            account=config.account,
            endpoint=parsed.endpoint,
            origin="AZURE_STORAGE_CONNECTION_STRING",
        )
    named = environ.get("AZURE_STORAGE_ACCOUNT", "").strip() or account
    key = environ.get("AZURE_STORAGE_KEY", "").strip()
    if key and named:
        return AzureConfig(authentication=SharedKey(account=named, key=decode_key(key)), account=named)
    token = environ.get("AZURE_STORAGE_SAS_TOKEN", "").strip()
    if token:
        return AzureConfig(
            authentication=Sas(token=clean_sas(token)), account=environ.get("AZURE_STORAGE_ACCOUNT", "").strip() or None
        )
    return AzureConfig(authentication=_entra(environ))


def _entra(environ: Mapping[str, str]) -> Authentication:
    tenant, client = environ.get("AZURE_TENANT_ID", ""), environ.get("AZURE_CLIENT_ID", "")
    secret, file = environ.get("AZURE_CLIENT_SECRET", ""), environ.get("AZURE_FEDERATED_TOKEN_FILE", "")
    host = environ.get("AZURE_AUTHORITY_HOST", "").strip()
    authority = check_authority(host if "://" in host else f"https://{host}") if host else AUTHORITY
    if tenant and client and (secret or file):
        tenant, client = _identifier(tenant, "AZURE_TENANT_ID"), _identifier(client, "AZURE_CLIENT_ID")
        if secret:
            return _bearer(ClientSecret(tenant_id=tenant, client_id=client, client_secret=secret, authority=authority))
        return _bearer(FederatedToken(tenant_id=tenant, client_id=client, token_file=file, authority=authority))
    return _bearer(_machine(client or None, environ))


def _machine(client_id: str | None, environ: Mapping[str, str]) -> MachineIdentity:
    """The machine's identity. Its address is fixed, or that of the machine's own environment."""
    client_id = None if client_id is None else _identifier(client_id, "client id")
    endpoint, header = environ.get("IDENTITY_ENDPOINT", ""), environ.get("IDENTITY_HEADER", "")
    if endpoint and header:  # App Service, Functions, Container Apps
        base, path = _identity_server(endpoint, "IDENTITY_ENDPOINT")
        return MachineIdentity(client_id=client_id, base=base, path=path, header=header)
    pod = environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "")
    return MachineIdentity(
        client_id=client_id, base=_identity_server(pod, "AZURE_POD_IDENTITY_AUTHORITY_HOST")[0] if pod else METADATA
    )


def _identity_server(address: str, variable: str) -> tuple[str, str]:
    """Server and path of a metadata service. Raises SettingsError; those of machines have no TLS."""
    parts = urlsplit(server_url(address, variable, "a metadata service"))
    if parts.scheme != "http":
        raise SettingsError(
            f"{variable} does not begin with http://, and other managed identities are not supported.",
            "Give other credentials, such as AZURE_STORAGE_KEY.",
        )
    return f"{parts.scheme}://{parts.netloc}", parts.path


def _bearer(grant: Grant) -> Bearer:
    return Bearer(tokens=source_of(grant))


def _check_receiver(endpoint: str, authentication: Authentication, *, stored: bool) -> None:
    """Raise SettingsError before a token goes to a server that could use it: an endpoint may be anybody's.

    A token of Entra ID opens everything that the identity may read. A SAS of a connection was given for its endpoint.
    """
    if not isinstance(authentication, Bearer) and (stored or not isinstance(authentication, Sas)):
        return
    parts = urlsplit(account_url("account", endpoint, _CONFIGURED))
    host = parts.hostname or ""
    of_azure = parts.scheme == "https" and host.endswith(_AZURE_HOSTS)
    if not of_azure and host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(
            f"The machine's tokens for Azure are not sent to {host}, which is no host of Azure.",
            "Leave --endpoint out, or give an account key of that server.",
        )


def _identifier(text: str, name: str) -> str:
    """An id as a part of an address. Raises SettingsError."""
    text = text.strip()
    if not _ID.fullmatch(text):
        raise SettingsError(f"The {name} of Microsoft Entra ID is not valid.", "It is a UUID, or the tenant's domain.")
    return text
