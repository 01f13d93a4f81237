"""The documents of any connection."""

from __future__ import annotations

from mirrorlake.connections.documents.aws_documents import aws_documents
from mirrorlake.connections.documents.azure_documents import azure_documents
from mirrorlake.connections.documents.gcs_documents import gcs_documents
from mirrorlake.connections.documents.inputs import Inputs
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import Connection, ConnectionKind

_BUILDERS = {"aws": aws_documents, "s3": aws_documents, "gcs": gcs_documents, "azure": azure_documents}
_PUBLIC = "A public bucket needs no documents: everybody may list and read it."
_WITHOUT = {
    ConnectionKind.LOCAL: "A folder needs no documents: mirrorlake reads what its own user of the system may read.",
    ConnectionKind.S3_ANONYMOUS: _PUBLIC,
    ConnectionKind.GCS_ANONYMOUS: _PUBLIC,
    ConnectionKind.AZURE_ANONYMOUS: _PUBLIC.replace("bucket", "container"),
}


def documents_of(connection: Connection, inputs: Inputs) -> ConnectionDocuments:
    """The documents of `connection`. Raises UsageError if it has no bucket."""
    if connection.kind in _WITHOUT:
        return ConnectionDocuments(
            external_id=connection.external_id,
            principal=None,
            iam_policy=None,
            trust_policy=None,
            cors=None,
            notes=(_WITHOUT[connection.kind],),
        )
    return _BUILDERS[connection.kind.value.partition("-")[0]](connection, inputs)
