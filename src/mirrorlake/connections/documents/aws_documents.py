"""All documents of a connection to AWS, or to a server that speaks the protocol of S3."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import Any

from mirrorlake.connections.documents.arns import account_of, partition_of
from mirrorlake.connections.documents.aws import bucket_policy, cors_rules, iam_policy, trust_policy, web_trust_policy
from mirrorlake.connections.documents.aws_events import EVENTS, NAME, encoded_prefix, notification, queue_policy
from mirrorlake.connections.documents.inputs import Inputs, Scope, scope_of
from mirrorlake.connections.documents.terraform import Expression, Nested, block, encoded
from mirrorlake.core.errors import UsageError
from mirrorlake.model.connection_documents import ConnectionDocuments, Document
from mirrorlake.model.connections import Connection, ConnectionKind

_PRINCIPAL_UNKNOWN = (
    "The principal of mirrorlake is not known. Set MIRRORLAKE_AWS_PRINCIPAL to the ARN of the user or role that it "
    "runs as, or give this machine credentials of AWS, and print the documents again."
)
_KMS = "If the objects are encrypted with a KMS key of your own, also allow kms:Decrypt on that key."
_NO_ROLE = (
    "The connection has no role yet. Create one with the trust policy, attach the IAM policy to it, then store its ARN "
    "as --role-arn."
)
_VERSIONS = (
    "Snapshots of a bucket with versioning can also give the bytes that were replaced or deleted since. To allow that, "
    "choose --versions."
)
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}(?:\.fifo)?")
_WITH_PRINCIPAL = (ConnectionKind.AWS_ROLE, ConnectionKind.AWS_BUCKET_POLICY)  # their documents name it
_MERGE = (
    "The commands for CORS, the bucket policy and notifications replace what the bucket has. If it has rules already, "
    "add these to them instead."
)


def aws_documents(connection: Connection, inputs: Inputs) -> ConnectionDocuments:
    """The documents of a connection. Raises UsageError if it has no bucket."""
    scope, settings = scope_of(connection), connection.settings
    if inputs.queue is not None and not _QUEUE.fullmatch(inputs.queue):
        raise UsageError(f"{inputs.queue!r} is not the ARN of an SQS queue.", "Write arn:aws:sqs:REGION:ACCOUNT:NAME.")
    documents = {
        "iam": iam_policy(scope, settings, inputs),
        "bucket": bucket_policy(scope, settings, inputs),
        "cors": {"CORSRules": cors_rules(inputs.origin)},
    }
    if _uses_role(connection):
        documents["trust"] = _trust_policy(connection, inputs)
    if inputs.queue is not None:
        owner = account_of(settings.role_arn)
        documents["queue"] = queue_policy(scope, inputs.queue, owner)
        documents["notification"] = notification(scope, inputs.queue)
    return ConnectionDocuments(
        external_id=connection.external_id,
        principal=inputs.principal,
        iam_policy=documents["iam"],
        trust_policy=documents.get("trust"),
        bucket_policy=documents["bucket"],
        cors=documents["cors"]["CORSRules"],
        queue_policy=documents.get("queue"),
        notification=documents.get("notification"),
        commands=_commands(connection, scope, inputs, documents),
        terraform=_terraform(connection, scope, inputs, documents),
        steps=_steps(connection, inputs),
        notes=_notes(connection, inputs),
    )


def grants_by_bucket(connection: Connection) -> bool:
    """Whether the bucket's own policy grants the access, instead of a role or user."""
    return connection.kind is ConnectionKind.AWS_BUCKET_POLICY


def _uses_role(connection: Connection) -> bool:
    return connection.kind in (ConnectionKind.AWS_ROLE, ConnectionKind.AWS_WEB_IDENTITY)


def _trust_policy(connection: Connection, inputs: Inputs) -> Document:
    if connection.kind is ConnectionKind.AWS_WEB_IDENTITY:
        return web_trust_policy(connection.settings.role_arn, inputs.web_identity)
    return trust_policy(connection.external_id, inputs.principal)


def _steps(connection: Connection, inputs: Inputs) -> tuple[str, ...]:
    steps: list[str] = []
    region, role = connection.settings.region, connection.settings.role_arn
    if inputs.principal is not None and partition_of(None, inputs.principal) != partition_of(region, role):
        steps.append(
            f"{inputs.principal} belongs to the partition {partition_of(None, inputs.principal)}, and the bucket to "
            f"{partition_of(region, role)}: no role can be assumed across partitions. Use access keys of the bucket's "
            "partition."
        )
    if inputs.principal is None and connection.kind in _WITH_PRINCIPAL:
        steps.append(_PRINCIPAL_UNKNOWN)
    if connection.kind is ConnectionKind.AWS_ROLE and role is None:
        steps.append(_NO_ROLE)
    return tuple(steps)


def _notes(connection: Connection, inputs: Inputs) -> tuple[str, ...]:
    notes = [_KMS, _MERGE]
    if not inputs.versions:
        notes.append(_VERSIONS)
    if inputs.principal is None and connection.kind not in (*_WITH_PRINCIPAL, ConnectionKind.AWS_WEB_IDENTITY):
        notes.append(_PRINCIPAL_UNKNOWN)
    if connection.kind is ConnectionKind.S3:
        notes.append("Not every server that speaks the protocol of S3 has roles or evaluates policies.")
    return tuple(notes)


def _commands(connection: Connection, scope: Scope, inputs: Inputs, documents: dict[str, Document]) -> tuple[str, ...]:
    """Commands of the AWS CLI; documents are arguments, so that no files are needed."""
    region = connection.settings.region
    where = f" --region {quote(region)}" if region else ""
    bucket = quote(scope.bucket)
    commands: list[str] = []
    if _uses_role(connection):
        name = quote(_role_name(connection))
        commands += [
            f"aws iam create-role --role-name {name} --assume-role-policy-document {_argument(documents['trust'])}",
            (
                f"aws iam put-role-policy --role-name {name} --policy-name {NAME} "
                f"--policy-document {_argument(documents['iam'])}"
            ),
        ]
    elif grants_by_bucket(connection):
        commands.append(
            f"aws s3api put-bucket-policy --bucket {bucket}{where} --policy {_argument(documents['bucket'])}"
        )
    else:
        commands.append(f"aws iam create-policy --policy-name {NAME} --policy-document {_argument(documents['iam'])}")
    commands.append(
        f"aws s3api put-bucket-cors --bucket {bucket}{where} --cors-configuration {_argument(documents['cors'])}"
    )
    if inputs.queue is not None:
        address = _queue_url(inputs.queue)
        attributes = {"Policy": json.dumps(documents["queue"])}
        commands += [
            f"aws sqs set-queue-attributes{where} --queue-url {quote(address)} --attributes {_argument(attributes)}",
            (
                f"aws s3api put-bucket-notification-configuration --bucket {bucket}{where} "
                f"--notification-configuration {_argument(documents['notification'])}"
            ),
        ]
    return tuple(commands)


def _role_name(connection: Connection) -> str:
    return (connection.settings.role_arn or "").rpartition("/")[2] or NAME


def _queue_url(arn: str) -> str:
    _, _, _, region, account, name = (arn.split(":", 5) + [""] * 6)[:6]
    suffix = ".cn" if region.startswith("cn-") else ""
    return f"https://sqs.{region}.amazonaws.com{suffix}/{account}/{name}"


def _argument(document: Document) -> str:
    return quote(json.dumps(document, separators=(",", ":")))


def _terraform(connection: Connection, scope: Scope, inputs: Inputs, documents: dict[str, Document]) -> str:
    blocks: list[str] = []
    if _uses_role(connection):
        blocks += [
            block(
                "resource", "aws_iam_role", NAME,
                body={"name": _role_name(connection), "assume_role_policy": encoded(documents["trust"])},
            ),
            block(
                "resource", "aws_iam_role_policy", NAME,
                body={
                    "name": NAME,
                    "role": Expression(f"aws_iam_role.{NAME}.id"),
                    "policy": encoded(documents["iam"]),
                },
            ),
        ]  # fmt: skip
    elif grants_by_bucket(connection):
        body = {"bucket": scope.bucket, "policy": encoded(documents["bucket"])}
        blocks.append(block("resource", "aws_s3_bucket_policy", NAME, body=body))
    else:
        body = {"name": NAME, "policy": encoded(documents["iam"])}
        blocks.append(block("resource", "aws_iam_policy", NAME, body=body))
    blocks.append(_terraform_cors(scope, inputs))
    if inputs.queue is not None:
        blocks += _terraform_events(scope, inputs.queue, documents["queue"])
    return "\n".join(blocks)


def _terraform_cors(scope: Scope, inputs: Inputs) -> str:
    (rule,) = cors_rules(inputs.origin)
    names = {
        "allowed_origins": "AllowedOrigins",
        "allowed_methods": "AllowedMethods",
        "allowed_headers": "AllowedHeaders",
        "expose_headers": "ExposeHeaders",
        "max_age_seconds": "MaxAgeSeconds",
    }
    body = {"bucket": scope.bucket, "cors_rule": Nested({name: rule[theirs] for name, theirs in names.items()})}
    return block("resource", "aws_s3_bucket_cors_configuration", NAME, body=body)


def _terraform_events(scope: Scope, queue_arn: str, policy: Document) -> list[str]:
    queue: dict[str, Any] = {"queue_arn": queue_arn, "events": list(EVENTS)}
    if scope.prefix:
        queue["filter_prefix"] = encoded_prefix(scope.prefix)
    return [
        block(
            "resource", "aws_sqs_queue_policy", NAME,
            body={"queue_url": _queue_url(queue_arn), "policy": encoded(policy)},
        ),
        block(
            "resource", "aws_s3_bucket_notification", NAME,
            body={
                "bucket": scope.bucket,
                "queue": Nested(queue),
                "depends_on": [Expression(f"aws_sqs_queue_policy.{NAME}")],
            },
        ),
    ]  # fmt: skip
