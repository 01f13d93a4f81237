"""A connection: how to reach a cloud's storage, stored once and used by any number of datasources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.sources import Provider


class ConnectionKind(StrEnum):
    """How a connection authenticates."""

    AWS_KEYS = "aws-keys"
    AWS_ROLE = "aws-role"
    AWS_AMBIENT = "aws-ambient"
    AWS_WEB_IDENTITY = "aws-web-identity"
    AWS_BUCKET_POLICY = "aws-bucket-policy"  # the bucket's own policy grants our principal
    S3 = "s3"  # keys of a server that speaks the protocol of S3
    GCS_SERVICE_ACCOUNT = "gcs-service-account"
    GCS_WORKLOAD_IDENTITY = "gcs-workload-identity"
    GCS_AMBIENT = "gcs-ambient"
    GCS_HMAC = "gcs-hmac"
    AZURE_KEY = "azure-key"
    AZURE_SAS = "azure-sas"
    AZURE_CONNECTION_STRING = "azure-connection-string"
    AZURE_SERVICE_PRINCIPAL = "azure-service-principal"
    AZURE_MANAGED_IDENTITY = "azure-managed-identity"
    LOCAL = "local"

    @property
    def provider(self) -> Provider:
        """The provider whose addresses it serves."""
        return _PROVIDERS.get(self.value.partition("-")[0], Provider.S3)


_PROVIDERS = {"gcs": Provider.GCS, "azure": Provider.AZURE, "local": Provider.FILE}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What a connection consists of besides its secrets. Names that a kind does not use stay None."""

    endpoint: str | None = None  # the server's address; None = the cloud's own service
    region: str | None = None
    preset: str | None = None  # a known service that fills endpoint and quirks, such as `wasabi`
    path_style: bool | None = None  # None = the server's usual form of addresses
    bucket: str | None = None  # the default scope: for documents and checks
    prefix: str = ""
    account: str | None = None  # of Azure
    role_arn: str | None = None
    session_name: str | None = None
    token_file: str | None = None  # of a web identity
    sts_endpoint: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    profile: str | None = None  # of the machine's configuration, for ambient credentials
    project: str | None = None  # of Google Cloud; who pays for requests
    requester_pays: bool = False
    ca_bundle: str | None = None  # path of a PEM file
    proxy: str | None = None
    allow_writes: bool = False  # downstream writing was chosen: documents and checks include it


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilityCheck:
    """One row of a check: an ability of a connection, tried with a real request."""

    check: str  # such as `list` or `presigned get`
    ok: bool | None  # None: not tried, since an earlier row failed or it does not apply
    message: str  # what was tried, or why it failed
    fix: str | None = None  # what to do, ready to copy
    key: str | None = None  # the object that was tried
    error: str | None = None  # the cloud's own answer, such as `403 AccessDenied: Access Denied`
    cause: str | None = None  # what is probably wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The result of the last check of a connection."""

    ok: bool
    checked: datetime
    checks: tuple[AbilityCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection at a glance. It never contains a secret."""

    id: int
    name: str
    kind: ConnectionKind
    settings: ConnectionSettings
    external_id: str  # made by us, random, immutable
    secrets: tuple[str, ...] = ()  # names of the secrets that are stored, such as `secret_access_key`
    health: Health | None = None  # None: never checked
    created: datetime
