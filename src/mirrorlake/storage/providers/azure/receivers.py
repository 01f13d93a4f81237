"""Which servers may receive credentials of Azure: an endpoint may be anybody's."""

from __future__ import annotations

from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import AzureManagedIdentity, Credentials
from mirrorlake.storage.providers.azure.access import account_url
from mirrorlake.storage.providers.azure.address import BLOB_HOST
from mirrorlake.storage.providers.azure.credentials import Anonymous, AzureConfig, SharedKey
from mirrorlake.storage.server_address import is_loopback

CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"  # of the environment
_AZURE_HOSTS = (
    BLOB_HOST,
    ".blob.storage.azure.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
)


def check_receiver(config: AzureConfig, stored: Credentials | None, *, operator: bool) -> None:
    """Raise SettingsError before credentials go to a server that could use them.

    A token opens everything that its identity may read, and a shared access signature is sent as it is. Those of a
    connection (`stored`) were given for its endpoint; those of the machine go elsewhere only if the operator named both
    in one place: a connection string of the environment, or a connection for the machine's identity. An account key
    is never sent, but what it signs could be sent on to Azure for some minutes: also the machine's own is used for an
    endpoint that only an operator can name.
    """
    if config.endpoint is None or isinstance(config.authentication, Anonymous):
        return
    parts = urlsplit(account_url("account", config.endpoint, config.origin))
    host = parts.hostname or ""
    if (parts.scheme == "https" and host.endswith(_AZURE_HOSTS)) or (operator and is_loopback(host)):
        return
    own = stored is None or isinstance(stored, AzureManagedIdentity)  # of the machine
    if isinstance(config.authentication, SharedKey):
        if not own or operator:
            return
    elif parts.scheme != "https" and not is_loopback(host):
        raise SettingsError(
            f"Tokens and shared access signatures are not sent without encryption: {host} is not reached by HTTPS.",
            "Write https://host, or use an account key.",
        )
    if own and not (operator and (stored is not None or config.origin == CONNECTION_STRING)):
        raise SettingsError(
            f"The machine's tokens for Azure are not sent to {host}, which is no host of Azure.",
            "Leave --endpoint out, or give an account key of that server.",
        )
