"""Policies of AWS for a bucket and its prefix. Each allows what a connection does and nothing else.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrorlake.connections.documents.arns import account_of, literal, partition_of
from mirrorlake.connections.documents.inputs import (
    CORS_SECONDS,
    READ_METHODS,
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    Inputs,
    Scope,
    WebIdentity,
)
from mirrorlake.model.connection_documents import Document
from mirrorlake.model.connections import ConnectionSettings

VERSION = "2012-10-17"  # the only one with variables, which escape wildcards
UNKNOWN_PRINCIPAL = "<ARN of mirrorlake's own user or role>"  # AWS refuses to save it, so it is never left in
_READ = ["s3:GetObject", "s3:GetObjectAttributes"]
_READ_VERSIONS = ["s3:GetObjectVersion"]
_WRITE = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
_RECEIVE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]


def iam_policy(scope: Scope, settings: ConnectionSettings, inputs: Inputs) -> Document:
    """The policy of the role or user that reads the bucket: list and read below the prefix, and what was chosen."""
    statements = _object_statements(scope, _partition(settings), versions=inputs.versions)
    if inputs.queue is not None:
        statements.append(_statement("ReceiveEvents", _RECEIVE, inputs.queue))
    return _policy(statements)


def bucket_policy(scope: Scope, settings: ConnectionSettings, inputs: Inputs) -> Document:
    """The policy of the bucket itself that grants our principal the same, without keys and roles of the owner.

    A principal of another account also needs the permission of its own account: `iam_policy` is that document.
    """
    granted = {"Principal": {"AWS": inputs.principal or UNKNOWN_PRINCIPAL}}
    statements = _object_statements(scope, _partition(settings), versions=inputs.versions)
    return _policy([{**one, **granted} for one in statements])


def trust_policy(external_id: str, principal: str | None) -> Document:
    """Who may assume the role: our principal, and only with the external id of this connection."""
    return _policy(
        [
            {
                "Sid": "AssumeRole",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": principal or UNKNOWN_PRINCIPAL},
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ]
    )


def web_trust_policy(role_arn: str | None, identity: WebIdentity | None) -> Document:
    """Who may assume the role with a web identity: one subject of one issuer, for one audience."""
    issuer = "<host of the issuer>" if identity is None else identity.issuer.partition("://")[2] or identity.issuer
    claims = {
        f"{issuer}:aud": "sts.amazonaws.com" if identity is None else identity.audience,
        f"{issuer}:sub": "<subject of the token>" if identity is None else identity.subject,
    }
    provider = f"arn:{partition_of(None, role_arn)}:iam::{account_of(role_arn) or '<account>'}:oidc-provider/{issuer}"
    return _policy(
        [
            {
                "Sid": "AssumeRoleWithWebIdentity",
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": provider},
                "Condition": {"StringEquals": claims},
            }
        ]
    )


def cors_rules(origin: str) -> list[dict[str, Any]]:
    """The rules for the console of S3, which allow the web pages at `origin` to read originals."""
    return [
        {
            "AllowedOrigins": [origin],
            "AllowedMethods": list(READ_METHODS),
            "AllowedHeaders": list(REQUEST_HEADERS),
            "ExposeHeaders": list(RESPONSE_HEADERS),
            "MaxAgeSeconds": CORS_SECONDS,
        }
    ]


def _object_statements(scope: Scope, partition: str, *, versions: bool) -> list[dict[str, Any]]:
    bucket = f"arn:{partition}:s3:::{scope.bucket}"
    listing = _statement("ListPrefix" if scope.prefix else "ListBucket", ["s3:ListBucket"], bucket)
    if scope.prefix:
        # Without a prefix, the condition would limit nothing, but a HEAD of a missing object would be denied.
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{literal(scope.prefix)}*"]}}
    objects = f"{bucket}/{literal(scope.prefix)}*"
    statements = [listing, _statement("ReadObjects", _READ, objects)]
    if versions:
        statements.append(_statement("ReadVersions", _READ_VERSIONS, objects))
    if scope.writes:
        statements.append(_statement("WriteObjects", _WRITE, objects))
    return statements


def _statement(sid: str, actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def _policy(statements: Sequence[Document]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": list(statements)}


def _partition(settings: ConnectionSettings) -> str:
    return partition_of(settings.region, settings.role_arn)
