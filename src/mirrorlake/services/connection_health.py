"""Check connections and datasources, and write the documents that grant access."""

from __future__ import annotations

import os

from mirrorlake.catalog import connections, datasources
from mirrorlake.connections.documents.build import documents_of
from mirrorlake.connections.documents.inputs import Inputs
from mirrorlake.connections.identity import find_principal, read_web_identity
from mirrorlake.core.errors import SettingsError, StorageError
from mirrorlake.core.settings import parse_origin
from mirrorlake.mirror.connection_health import Origins, check_connection, check_datasource
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import ConnectionKind, Health, StoredConnection
from mirrorlake.model.credentials import Credentials
from mirrorlake.services.base import Resources

_TOKEN_VARIABLE = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105  the name of a variable
_AWS_KINDS = frozenset(kind for kind in ConnectionKind if kind.value.startswith("aws-"))


def check(resources: Resources, name: str, *, origin: str | None) -> Health:
    """Check a connection and store its health. Raises NotFound and UsageError."""
    stored = connections.named(resources.catalog, name)
    return check_connection(resources.settings, resources.catalog, stored, _about(resources, origin))


def check_source(resources: Resources, name: str, *, origin: str | None) -> Health:
    """Check the source of a datasource. Raises NotFound."""
    source = datasources.named(resources.catalog, name)
    return check_datasource(resources.settings, resources.catalog, source, _about(resources, origin))


def documents(
    resources: Resources, name: str, *, origin: str | None, queue: str | None, versions: bool
) -> ConnectionDocuments:
    """The documents of a connection. Raises NotFound, and UsageError if it has no bucket."""
    stored = connections.named(resources.catalog, name)
    found = stored.connection
    web = found.kind is ConnectionKind.AWS_WEB_IDENTITY
    token = found.settings.token_file or os.environ.get(_TOKEN_VARIABLE)
    inputs = Inputs(
        origin=_origin(resources, origin),
        principal=None if web else _principal(resources, stored),
        queue=queue,
        web_identity=read_web_identity(token) if web else None,
        versions=versions,
    )
    return documents_of(found, inputs)


def _principal(resources: Resources, stored: StoredConnection) -> str | None:
    """Who accesses the bucket; None if it is not known."""
    found = stored.connection
    if found.kind in _AWS_KINDS and resources.settings.aws_principal is not None:
        return resources.settings.aws_principal
    if found.kind is ConnectionKind.S3 or found.kind.value.startswith(("gcs-hmac", "gcs-ambient", "local")):
        return None  # their servers do not report who a key belongs to
    credentials = _credentials(resources, stored)
    return find_principal(credentials, region=found.settings.region, profile=found.settings.profile)


def _credentials(resources: Resources, stored: StoredConnection) -> Credentials | None:
    """The credentials of a connection; None if they cannot be used: documents are also needed before they can."""
    try:
        return resources.stores.credentials(stored)
    except (SettingsError, StorageError):
        return None


def _about(resources: Resources, origin: str | None) -> Origins:
    return Origins(origin=_origin(resources, origin), principal=resources.settings.aws_principal)


def _origin(resources: Resources, origin: str | None) -> str:
    return resources.settings.origin if origin is None else parse_origin(origin, "The origin")
