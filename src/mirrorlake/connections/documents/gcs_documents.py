"""All documents of a connection to Google Cloud Storage.

https://cloud.google.com/storage/docs/access-control/iam-roles
https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

import json
from shlex import quote
from typing import Any

from mirrorlake.connections.documents.inputs import (
    CORS_SECONDS,
    READ_METHODS,
    RESPONSE_HEADERS,
    Inputs,
    Scope,
    scope_of,
)
from mirrorlake.connections.documents.terraform import Expression, Nested, block, encoded_list
from mirrorlake.model.connection_documents import ConnectionDocuments, Document
from mirrorlake.model.connections import Connection, ConnectionKind

NAME = "mirrorlake"
EVENTS = ("OBJECT_FINALIZE", "OBJECT_DELETE", "OBJECT_METADATA_UPDATE")
UNKNOWN_PRINCIPAL = "serviceAccount:<email of mirrorlake's service account>"
_READER, _WRITER = "roles/storage.objectViewer", "roles/storage.objectUser"
_PRINCIPAL_UNKNOWN = "The service account of mirrorlake is not known: replace the placeholder with its email address."
_UNIFORM = "The condition on the prefix requires uniform bucket-level access."
_SIGNED = (
    "Without a key file, signed addresses of originals need the role roles/iam.serviceAccountTokenCreator of the "
    "service account on itself."
)
_CORS = "The command for CORS replaces the rules of the bucket. If it has some already, add these to them instead."
_KEYLESS = (ConnectionKind.GCS_WORKLOAD_IDENTITY, ConnectionKind.GCS_AMBIENT)


def gcs_documents(connection: Connection, inputs: Inputs) -> ConnectionDocuments:
    """The documents of a connection. Raises UsageError if it has no bucket."""
    scope = scope_of(connection)
    member = member_of(inputs.principal)
    topic = None if inputs.queue is None else topic_path(inputs.queue, connection.settings.project)
    notes = [_UNIFORM] if scope.prefix else []
    notes += [_SIGNED] if connection.kind in _KEYLESS else []
    return ConnectionDocuments(
        external_id=connection.external_id,
        principal=inputs.principal,
        iam_policy={"bindings": [binding(scope, member)]},
        trust_policy=None,
        cors=cors_rules(inputs.origin),
        notification=None if topic is None else notification(scope, topic),
        commands=_commands(connection, scope, inputs, member, topic),
        terraform=_terraform(scope, inputs, member, topic),
        steps=() if inputs.principal else (_PRINCIPAL_UNKNOWN,),
        notes=(*notes, _CORS),
    )


def member_of(principal: str | None) -> str:
    """A principal as a member of a policy: an email address without a type is a service account's."""
    if principal is None:
        return UNKNOWN_PRINCIPAL
    return principal if ":" in principal else f"serviceAccount:{principal}"


def binding(scope: Scope, member: str) -> dict[str, Any]:
    """The role of `member` on the bucket, limited to the prefix."""
    granted: dict[str, Any] = {"role": _WRITER if scope.writes else _READER, "members": [member]}
    if scope.prefix:
        granted["condition"] = {"title": NAME, "expression": condition(scope)}
    return granted


def condition(scope: Scope) -> str:
    """Objects below the prefix, and listings of it. Texts of CEL are written like those of JSON."""
    objects = json.dumps(f"projects/_/buckets/{scope.bucket}/objects/{scope.prefix}", ensure_ascii=False)
    listed = json.dumps(scope.prefix, ensure_ascii=False)
    return (
        f"resource.name.startsWith({objects}) || "
        f'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith({listed})'
    )


def cors_rules(origin: str) -> list[dict[str, Any]]:
    """The rules as a file of `gcloud storage buckets update --cors-file`."""
    return [
        {
            "origin": [origin],
            "method": list(READ_METHODS),
            "responseHeader": list(RESPONSE_HEADERS),
            "maxAgeSeconds": CORS_SECONDS,
        }
    ]


def topic_path(topic: str, project: str | None) -> str:
    """The full name of a topic: `projects/P/topics/T`."""
    return topic if topic.startswith("projects/") else f"projects/{project or '<project>'}/topics/{topic}"


def notification(scope: Scope, topic: str) -> Document:
    """The notification configuration of the bucket, as the JSON API creates it."""
    document: dict[str, Any] = {
        "topic": f"//pubsub.googleapis.com/{topic}",
        "event_types": list(EVENTS),
        "payload_format": "JSON_API_V1",
    }
    if scope.prefix:
        document["object_name_prefix"] = scope.prefix
    return document


def _commands(connection: Connection, scope: Scope, inputs: Inputs, member: str, topic: str | None) -> tuple[str, ...]:
    bucket = quote(f"gs://{scope.bucket}")
    granted = binding(scope, member)
    commands: list[str] = []
    limit = " --condition=None"
    if scope.prefix:
        commands.append(_file("mirrorlake-condition.json", granted["condition"]))
        limit = " --condition-from-file=mirrorlake-condition.json"
    commands += [
        (
            f"gcloud storage buckets add-iam-policy-binding {bucket} --member={quote(member)} "
            f"--role={granted['role']}{limit}"
        ),
        _file("mirrorlake-cors.json", cors_rules(inputs.origin)),
        f"gcloud storage buckets update {bucket} --cors-file=mirrorlake-cors.json",
    ]
    if connection.kind in _KEYLESS:
        account = quote(member.partition(":")[2])
        commands.append(
            f"gcloud iam service-accounts add-iam-policy-binding {account} --member={quote(member)} "
            "--role=roles/iam.serviceAccountTokenCreator"
        )
    if topic is not None:
        prefix = f" --object-prefix={quote(scope.prefix)}" if scope.prefix else ""
        subscription = quote(subscription_path(topic))
        commands += [
            f"gcloud pubsub topics create {quote(topic)}",
            f"gcloud pubsub subscriptions create {subscription} --topic={quote(topic)} --ack-deadline=60",
            (
                f"gcloud pubsub subscriptions add-iam-policy-binding {subscription} --member={quote(member)} "
                "--role=roles/pubsub.subscriber"
            ),
            (
                f"gcloud storage buckets notifications create {bucket} --topic={quote(topic)} "
                f"--event-types={','.join(EVENTS)} --payload-format=json{prefix}"
            ),
        ]
    return tuple(commands)


def subscription_path(topic: str) -> str:
    """The subscription of a topic that mirrorlake reads: `projects/P/subscriptions/T-mirrorlake`."""
    project, _, name = topic.partition("/topics/")
    return f"{project}/subscriptions/{name}-{NAME}"


def _file(name: str, document: object) -> str:
    return f"printf '%s\\n' {quote(json.dumps(document))} > {name}"


def _terraform(scope: Scope, inputs: Inputs, member: str, topic: str | None) -> str:
    granted = binding(scope, member)
    grant: dict[str, Any] = {"bucket": scope.bucket, "role": granted["role"], "member": member}
    if "condition" in granted:
        grant["condition"] = Nested(granted["condition"])
    blocks = [
        block("resource", "google_storage_bucket_iam_member", NAME, body=grant),
        _terraform_cors(scope, inputs.origin),
    ]
    if topic is not None:
        blocks += _terraform_events(scope, topic, member)
    return "\n".join(blocks)


def _terraform_cors(scope: Scope, origin: str) -> str:
    """The rules for a bucket that exists: the provider has them only in the resource of the bucket itself."""
    rules = encoded_list(cors_rules(origin))
    command = (
        f"printf '%s' \"$CORS\" > mirrorlake-cors.json && "
        f"gcloud storage buckets update {quote(f'gs://{scope.bucket}')} --cors-file=mirrorlake-cors.json"
    )
    return block(
        "resource", "terraform_data", f"{NAME}_cors",
        body={
            "triggers_replace": rules,
            'provisioner "local-exec"': Nested({"command": command, "environment": {"CORS": rules}}),
        },
        comment="Replaces the rules of the bucket. If Terraform manages it, add them to its google_storage_bucket.",
    )  # fmt: skip


def _terraform_events(scope: Scope, topic: str, member: str) -> list[str]:
    project, _, name = topic.removeprefix("projects/").partition("/topics/")
    created = Expression(f"google_pubsub_topic.{NAME}.id")
    sent: dict[str, Any] = {
        "bucket": scope.bucket,
        "topic": created,
        "payload_format": "JSON_API_V1",
        "event_types": list(EVENTS),
        "depends_on": [Expression(f"google_pubsub_topic_iam_member.{NAME}")],
    }
    if scope.prefix:
        sent["object_name_prefix"] = scope.prefix
    account = Expression(f'"serviceAccount:${{data.google_storage_project_service_account.{NAME}.email_address}}"')
    return [
        block("data", "google_storage_project_service_account", NAME, body={"project": project}),
        block("resource", "google_pubsub_topic", NAME, body={"project": project, "name": name}),
        block(
            "resource", "google_pubsub_topic_iam_member", NAME,
            body={"topic": created, "role": "roles/pubsub.publisher", "member": account},
        ),
        block(
            "resource", "google_pubsub_subscription", NAME,
            body={"project": project, "name": f"{name}-{NAME}", "topic": created, "ack_deadline_seconds": 60},
        ),
        block(
            "resource", "google_pubsub_subscription_iam_member", NAME,
            body={
                "subscription": Expression(f"google_pubsub_subscription.{NAME}.id"),
                "role": "roles/pubsub.subscriber",
                "member": member,
            },
        ),
        block("resource", "google_storage_notification", NAME, body=sent),
    ]  # fmt: skip
