"""From credentials of a connection, or from the machine's environment, to what authenticates requests."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import (
    Ambient,
    AzureAccountKey,
    AzureManagedIdentity,
    AzureSas,
    AzureServicePrincipal,
    Credentials,
    Unsigned,
)
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.connection_string import clean_sas, decode_key, parse_connection_string
from mirrorlake.storage.providers.azure.credentials import (
    Anonymous,
    AzureConfig,
    Bearer,
    Sas,
    SharedKey,
)
from mirrorlake.storage.providers.azure.receivers import CONNECTION_STRING, check_receiver
from mirrorlake.storage.providers.azure.tokens import (
    AUTHORITY,
    METADATA,
    STORAGE,
    ClientSecret,
    FederatedToken,
    Grant,
    MachineIdentity,
    check_authority,
    source_of,
)
from mirrorlake.storage.server_address import server_url
from mirrorlake.storage.wire import Wire

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,127}")
_CONFIGURED = "set in mirrorlake"
_VARIABLES = (CONNECTION_STRING, "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY")


def config_of(
    access: AzureAccess, account: str | None, credentials: Credentials | None, environ: Mapping[str, str] = os.environ
) -> AzureConfig:
    """How to reach containers of `account` (None: of any). Makes no request. Raises SettingsError.

    Credentials of a connection are complete in themselves, whatever the machine's environment contains.
    """
    wire = Wire(ca_bundle=access.ca_bundle, proxy=access.proxy, networks=access.networks)
    stored = None if isinstance(credentials, Ambient) else credentials
    if access.anonymous or isinstance(stored, Unsigned):
        own = AzureConfig(authentication=Anonymous())
    elif stored is None:
        own = _of_environment(environ, account, wire)
    else:
        own = _of_credentials(stored, environ, wire, access.holder)
    if access.endpoint is not None:
        own = replace(own, endpoint=access.endpoint, origin=_CONFIGURED)
    check_receiver(own, stored, operator=access.networks is None)
    return replace(own, wire=wire)


def resolved_config(
    access: AzureAccess, credentials: Credentials | None, environ: Mapping[str, str] = os.environ
) -> AzureConfig | None:
    """The same for containers of any account; None if the environment has a key and does not name its account."""
    variables = {name for name in _VARIABLES if environ.get(name, "").strip()}
    unnamed = variables == {"AZURE_STORAGE_KEY"} and not access.anonymous
    if unnamed and (credentials is None or isinstance(credentials, Ambient)):
        return None
    return config_of(access, None, credentials, environ)


def _of_credentials(
    credentials: Credentials, environ: Mapping[str, str], wire: Wire, holder: str | None
) -> AzureConfig:
    match credentials:
        case AzureAccountKey(account=account, key=key):
            return AzureConfig(authentication=SharedKey(account=account, key=decode_key(key)), account=account)
        case AzureSas(account=account, token=token):
            return AzureConfig(authentication=Sas(token=clean_sas(token)), account=account)
        case AzureServicePrincipal() as own:
            grant = ClientSecret(
                tenant_id=_identifier(own.tenant_id, "tenant id"),
                client_id=_identifier(own.client_id, "client id"),
                client_secret=own.client_secret,
                authority=_authority(environ) if own.authority is None else check_authority(own.authority),
            )
            return AzureConfig(authentication=_bearer(grant, wire, holder), account=own.account)
        case AzureManagedIdentity(account=account, client_id=client_id):
            return AzureConfig(authentication=_bearer(_machine(client_id, environ), wire, holder), account=account)
        case _:
            raise SettingsError(
                "These credentials are not for Azure.", "Use a connection whose kind begins with azure-."
            )


def _of_environment(environ: Mapping[str, str], account: str | None, wire: Wire) -> AzureConfig:
    """The variables of the Azure command line and libraries, most specific first; else the machine's identity."""
    text = environ.get(CONNECTION_STRING, "").strip()
    if text:
        parsed = parse_connection_string(text)
        config = _of_credentials(parsed.credentials, environ, wire, None)
        return replace(config, endpoint=parsed.endpoint, origin=CONNECTION_STRING)
    named = environ.get("AZURE_STORAGE_ACCOUNT", "").strip() or account
    key = environ.get("AZURE_STORAGE_KEY", "").strip()
    if key and named:
        return AzureConfig(authentication=SharedKey(account=named, key=decode_key(key)), account=named)
    token = environ.get("AZURE_STORAGE_SAS_TOKEN", "").strip()
    if token:
        return AzureConfig(
            authentication=Sas(token=clean_sas(token)), account=environ.get("AZURE_STORAGE_ACCOUNT", "").strip() or None
        )
    return AzureConfig(authentication=_bearer(machine_grant(environ), wire))


def machine_grant(environ: Mapping[str, str], resource: str = STORAGE) -> Grant:
    """How this machine obtains tokens for `resource`: its variables of an application, else its managed identity."""
    tenant, client = environ.get("AZURE_TENANT_ID", ""), environ.get("AZURE_CLIENT_ID", "")
    secret, file = environ.get("AZURE_CLIENT_SECRET", ""), environ.get("AZURE_FEDERATED_TOKEN_FILE", "")
    authority = _authority(environ)
    if not (tenant and client and (secret or file)):
        return replace(_machine(client or None, environ), resource=resource)
    tenant, client = _identifier(tenant, "AZURE_TENANT_ID"), _identifier(client, "AZURE_CLIENT_ID")
    if secret:
        return ClientSecret(
            tenant_id=tenant, client_id=client, client_secret=secret, authority=authority, resource=resource
        )
    return FederatedToken(tenant_id=tenant, client_id=client, token_file=file, authority=authority, resource=resource)


def _authority(environ: Mapping[str, str]) -> str:
    """Where this machine's cloud issues tokens."""
    host = environ.get("AZURE_AUTHORITY_HOST", "").strip()
    return check_authority(host if "://" in host else f"https://{host}") if host else AUTHORITY


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


def _bearer(grant: Grant, wire: Wire, holder: str | None = None) -> Bearer:
    return Bearer(tokens=source_of(grant, wire, holder))


def _identifier(text: str, name: str) -> str:
    """An id as a part of an address. Raises SettingsError."""
    text = text.strip()
    if not _ID.fullmatch(text):
        raise SettingsError(f"The {name} of Microsoft Entra ID is not valid.", "It is a UUID, or the tenant's domain.")
    return text
