"""All storage providers: one row each. Rows are loaded on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from mirrorlake.model.events import ReceiverKind
from mirrorlake.model.sources import Provider
from mirrorlake.storage.key_services import ServiceKey
from mirrorlake.storage.providers.base import StorageProvider
from mirrorlake.storage.queues import QueueService

if TYPE_CHECKING:
    from mirrorlake.storage.inventories import InventoryService  # loads Arrow
    from mirrorlake.storage.providers.azure.connection_string import ConnectionString  # loads a parser


def _s3() -> StorageProvider:
    from mirrorlake.storage.providers.s3.provider import S3Provider  # noqa: PLC0415  only S3 datasources need it

    return S3Provider()


def _gcs() -> StorageProvider:
    from mirrorlake.storage.providers.gcs.provider import GcsProvider  # noqa: PLC0415  only its datasources need it

    return GcsProvider()


def _azure() -> StorageProvider:
    from mirrorlake.storage.providers.azure.provider import AzureProvider  # noqa: PLC0415  only Azure datasources need it

    return AzureProvider()


def _folder() -> StorageProvider:
    from mirrorlake.storage.providers.folder.provider import FolderProvider  # noqa: PLC0415  only folders need it

    return FolderProvider()


def _memory() -> StorageProvider:
    from mirrorlake.storage.providers.memory.provider import MemoryProvider  # noqa: PLC0415  only tests need it

    return MemoryProvider()


_PROVIDERS: dict[Provider, Callable[[], StorageProvider]] = {
    Provider.S3: _s3,
    Provider.GCS: _gcs,
    Provider.AZURE: _azure,
    Provider.FILE: _folder,
    Provider.MEMORY: _memory,
}


@cache
def provider_of(provider: Provider) -> StorageProvider:
    """The provider with this name."""
    return _PROVIDERS[provider]()


def all_providers() -> Iterator[StorageProvider]:
    """All providers, in the order in which messages list them."""
    return map(provider_of, _PROVIDERS)


def _s3_inventories() -> InventoryService:
    from mirrorlake.storage.providers.s3.inventory import S3Inventories  # noqa: PLC0415  only few datasources need it

    return S3Inventories()


_INVENTORIES: Mapping[Provider, Callable[[], InventoryService]] = {Provider.S3: _s3_inventories}


def has_inventories(provider: Provider) -> bool:
    """Whether this provider writes inventories that we read."""
    return provider in _INVENTORIES


@cache
def inventory_service(provider: Provider) -> InventoryService:
    """How this provider writes inventories. Raises KeyError if it has none."""
    return _INVENTORIES[provider]()


def _sqs() -> QueueService:
    from mirrorlake.storage.providers.s3.queue_service import SqsService  # noqa: PLC0415  only its events need it

    return SqsService()


def _azure_queue() -> QueueService:
    from mirrorlake.storage.providers.azure.queue_service import AzureQueueService  # noqa: PLC0415  as above

    return AzureQueueService()


def _pubsub() -> QueueService:
    from mirrorlake.storage.providers.gcs.pubsub_service import PubsubService  # noqa: PLC0415  as above

    return PubsubService()


# Queues that hold the events of buckets. Receivers without one are webhooks.
_QUEUES: Mapping[ReceiverKind, Callable[[], QueueService]] = {
    ReceiverKind.SQS: _sqs,
    ReceiverKind.AZURE_QUEUE: _azure_queue,
    ReceiverKind.PUBSUB: _pubsub,
}


@cache
def queue_service(kind: ReceiverKind) -> QueueService | None:
    """The service of these queues; None if events of this kind are not polled."""
    return _QUEUES[kind]() if kind in _QUEUES else None


def parse_connection_string(text: str) -> ConnectionString:
    """Credentials and endpoint of a connection string of Azure. Raises SettingsError, which does not repeat it."""
    from mirrorlake.storage.providers.azure import connection_string  # noqa: PLC0415  few connections need it

    return connection_string.parse_connection_string(text)


def _aws_kms(name: str) -> ServiceKey:
    from mirrorlake.storage.providers.s3.kms import AwsKmsKey  # noqa: PLC0415  loads botocore

    return AwsKmsKey(name)


def _gcp_kms(name: str) -> ServiceKey:
    from mirrorlake.storage.providers.gcs.kms import GcpKmsKey  # noqa: PLC0415  loads an HTTP client

    return GcpKmsKey(name)


def _key_vault(name: str) -> ServiceKey:
    from mirrorlake.storage.providers.azure.key_vault import KeyVaultKey  # noqa: PLC0415  as above

    return KeyVaultKey(name)


# Services with keys that encrypt the secrets of a library, by the first part of a key in MIRRORLAKE_SECRET_KEY.
KEY_SERVICES: Mapping[str, Callable[[str], ServiceKey]] = {
    "aws-kms": _aws_kms,
    "gcp-kms": _gcp_kms,
    "azure-key-vault": _key_vault,
}


def read_aws_secret(name: str) -> str:
    """A secret of AWS Secrets Manager. Raises AccessDenied, SettingsError and SourceUnreachable."""
    from mirrorlake.storage.providers.s3.secrets_manager import read_secret  # noqa: PLC0415  loads botocore

    return read_secret(name)


def read_google_secret(name: str) -> str:
    """A secret of Google Cloud Secret Manager. Raises SettingsError and SourceUnreachable."""
    from mirrorlake.storage.providers.gcs.secret_manager import read_secret  # noqa: PLC0415  loads an HTTP client

    return read_secret(name)


def is_google_secret(name: str) -> bool:
    """Whether this is the resource name of such a secret."""
    from mirrorlake.storage.providers.gcs.secret_manager import is_secret_name  # noqa: PLC0415  as above

    return is_secret_name(name)


def read_azure_secret(address: str) -> str:
    """A secret of Azure Key Vault. Raises SettingsError and SourceUnreachable."""
    from mirrorlake.storage.providers.azure.vault_secrets import read_secret  # noqa: PLC0415  as above

    return read_secret(address)


def is_azure_secret(address: str) -> bool:
    """Whether this is the address of such a secret."""
    from mirrorlake.storage.providers.azure.vault_secrets import is_secret_address  # noqa: PLC0415  as above

    return is_secret_address(address)
