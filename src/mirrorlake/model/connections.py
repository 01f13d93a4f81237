"""A connection: how to reach a cloud's storage, stored once and used by any number of datasources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.public import public_noun
from mirrorlake.model.sources import Provider


class ConnectionKind(StrEnum):
    """How a connection authenticates."""

    AWS_KEYS = "aws-keys"
    AWS_ROLE = "aws-role"
    AWS_AMBIENT = "aws-ambient"
    AWS_WEB_IDENTITY = "aws-web-identity"
    AWS_BUCKET_POLICY = "aws-bucket-policy"  # the bucket's own policy grants our principal
    S3 = "s3"  # keys of a server that speaks the protocol of S3
    S3_ANONYMOUS = "s3-anonymous"  # a public bucket of AWS or of such a server
    GCS_SERVICE_ACCOUNT = "gcs-service-account"
    GCS_WORKLOAD_IDENTITY = "gcs-workload-identity"
    GCS_AMBIENT = "gcs-ambient"
    GCS_HMAC = "gcs-hmac"
    GCS_ANONYMOUS = "gcs-anonymous"
    AZURE_KEY = "azure-key"
    AZURE_SAS = "azure-sas"
    AZURE_CONNECTION_STRING = "azure-connection-string"
    AZURE_SERVICE_PRINCIPAL = "azure-service-principal"
    AZURE_MANAGED_IDENTITY = "azure-managed-identity"
    AZURE_ANONYMOUS = "azure-anonymous"
    LOCAL = "local"

    @property
    def provider(self) -> Provider:
        """The provider whose addresses it serves."""
        return Provider(_SCHEMES.get(self.value.partition("-")[0], "s3"))


_SCHEMES = {"gcs": "gs", "azure": "az", "local": "file"}


@public_noun
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


@public_noun
class AbilityCheck:
    """One row of a check: an ability of a connection, tried with a real request."""

    check: str  # such as `list` or `presigned get`
    ok: bool | None  # None: not tried, since an earlier row failed or it does not apply
    message: str  # what was tried, or why it failed
    fix: str | None = None  # what to do, ready to copy
    key: str | None = None  # the object that was tried
    error: str | None = None  # the cloud's own answer, such as `403 AccessDenied: Access Denied`
    cause: str | None = None  # what is probably wrong


# Abilities without which no run succeeds.
ESSENTIAL = frozenset({"reach endpoint", "authenticate", "external id", "region", "list", "head", "get"})


@public_noun
class Health:
    """The result of the last check of a connection."""

    ok: bool
    checked: datetime
    checks: tuple[AbilityCheck, ...]

    @property
    def problem(self) -> str | None:
        """Why runs would fail; None if they can succeed, perhaps with some red rows."""
        return next((row.message for row in self.checks if row.ok is False and row.check in ESSENTIAL), None)


@public_noun
class Connection:
    """A connection at a glance. It never contains a secret."""

    id: int
    name: str
    kind: ConnectionKind
    settings: ConnectionSettings
    external_id: str
    """Made by the library: random, unique and immutable. A trust policy requires it."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets that are stored, such as `secret_access_key`."""
    references: Mapping[str, str] = field(default_factory=dict[str, str])
    """Secrets that are stored elsewhere, by name, such as `env:NAME`."""
    trusted: bool = False
    """Whether an operator chose its addresses on the library's machine. Others may not be private ones."""
    health: Health | None = None
    """The last check; null: never checked."""
    datasources: tuple[str, ...] = ()
    """Names of the datasources that use it."""
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The secrets of one connection, encrypted by a data key, and that key, encrypted by a master key."""

    key: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConnection:
    """A connection as the catalog stores it."""

    connection: Connection
    sealed: Sealed | None  # None: it has no secrets of its own
    role_proven: bool = False  # whether its role was found to refuse callers without the ExternalId
