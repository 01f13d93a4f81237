"""All documents of a connection to Azure Blob Storage.

https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-examples
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
"""

from __future__ import annotations

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
from mirrorlake.connections.documents.terraform import Expression, Nested, block, quoted
from mirrorlake.model.connection_documents import ConnectionDocuments, Document
from mirrorlake.model.connections import Connection, ConnectionKind

NAME = "mirrorlake"
EVENTS = ("Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobDeleted")
UNKNOWN_PRINCIPAL = "<object id of mirrorlake's application or identity>"
UNKNOWN_ACCOUNT = "<storage account>"
READER, WRITER = "Storage Blob Data Reader", "Storage Blob Data Contributor"
DELEGATOR = "Storage Blob Delegator"  # signs addresses of originals without an account key
QUEUE_READER = "Storage Queue Data Message Processor"
_HEADERS = ("range", "if-match", "x-ms-*")
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_CORS = (
    "CORS is a setting of the whole storage account in Azure: the rule allows the origin to read what signed addresses "
    "permit, and nothing more."
)
_ROLE_KINDS = (ConnectionKind.AZURE_SERVICE_PRINCIPAL, ConnectionKind.AZURE_MANAGED_IDENTITY)
_QUOTED = (
    "The prefix contains a single quote, for which conditions of role assignments have no documented form: the role is "
    "assigned on the whole container."
)
_KEY = (
    "An account key permits everything in the storage account. Use a shared access signature of the container, a "
    "service principal or a managed identity to grant only what is needed."
)
_SAS_PREFIX = "A shared access signature covers the whole container: it cannot be limited to a prefix without folders."


def azure_documents(connection: Connection, inputs: Inputs) -> ConnectionDocuments:
    """The documents of a connection. Raises UsageError if it has no container."""
    scope = scope_of(connection)
    account = connection.settings.account or UNKNOWN_ACCOUNT
    return ConnectionDocuments(
        external_id=connection.external_id,
        principal=inputs.principal,
        iam_policy=role_assignment(scope, account, inputs.principal),
        trust_policy=None,
        cors=[cors_rule(inputs.origin)],
        notification=None if inputs.queue is None else event_subscription(scope, account, inputs.queue),
        commands=_commands(connection, scope, account, inputs),
        terraform=_terraform(scope, account, inputs),
        steps=_steps(connection, inputs),
        notes=_notes(connection, scope),
    )


def role_assignment(scope: Scope, account: str, principal: str | None) -> Document:
    """The role of the principal on the container, limited to the prefix by a condition."""
    assignment: dict[str, Any] = {
        "principal": principal or UNKNOWN_PRINCIPAL,
        "roleDefinitionName": WRITER if scope.writes else READER,
        "scope": f"/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/"
        f"{account}/blobServices/default/containers/{scope.bucket}",
    }
    limit = condition(scope)
    if limit is not None:
        assignment |= {"condition": limit, "conditionVersion": "2.0"}
    return assignment


def condition(scope: Scope) -> str | None:
    """Blobs below the prefix, and listings of it. None: the whole container."""
    if not scope.prefix or "'" in scope.prefix:
        return None
    reads = {f"{_BLOBS}/read": " AND NOT SubOperationMatches{'Blob.List'}"}
    actions = [*reads, *([f"{_BLOBS}/write", f"{_BLOBS}/delete"] if scope.writes else [])]
    listing = f"ActionMatches{{'{_BLOBS}/read'}} AND SubOperationMatches{{'Blob.List'}}"
    touched = " OR ".join(f"ActionMatches{{'{action}'}}{reads.get(action, '')}" for action in actions)
    return (
        f"((!({touched}) OR @Resource[{_BLOBS}:path] StringStartsWith '{scope.prefix}') AND "
        f"(!({listing}) OR @Request[{_BLOBS}:prefix] StringStartsWith '{scope.prefix}'))"
    )


def cors_rule(origin: str) -> dict[str, Any]:
    """The rule as templates of Azure Resource Manager contain it."""
    return {
        "allowedOrigins": [origin],
        "allowedMethods": [*READ_METHODS, "OPTIONS"],
        "allowedHeaders": list(_HEADERS),
        "exposedHeaders": list(RESPONSE_HEADERS),
        "maxAgeInSeconds": CORS_SECONDS,
    }


def event_subscription(scope: Scope, account: str, queue: str) -> Document:
    """The properties of an Event Grid subscription that sends events of the prefix to a storage queue."""
    return {
        "destination": {
            "endpointType": "StorageQueue",
            "properties": {
                "resourceId": f"/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/"
                f"storageAccounts/{account}",
                "queueName": queue,
            },
        },
        "filter": {
            "includedEventTypes": list(EVENTS),
            "subjectBeginsWith": subject(scope),
            "isSubjectCaseSensitive": True,
        },
    }


def subject(scope: Scope) -> str:
    """How the subjects of all events below the prefix begin."""
    return f"/blobServices/default/containers/{scope.bucket}/blobs/{scope.prefix}"


def _steps(connection: Connection, inputs: Inputs) -> tuple[str, ...]:
    if inputs.principal is not None or connection.kind not in _ROLE_KINDS:
        return ()
    return ("The object id of mirrorlake's identity is not known: replace the placeholder with it.",)


def _notes(connection: Connection, scope: Scope) -> tuple[str, ...]:
    notes: list[str] = []
    if connection.kind in (ConnectionKind.AZURE_KEY, ConnectionKind.AZURE_CONNECTION_STRING):
        notes.append(_KEY)
    if connection.kind is ConnectionKind.AZURE_SAS and scope.prefix:
        notes.append(_SAS_PREFIX)
    if "'" in scope.prefix:
        notes.append(_QUOTED)
    return (*notes, _CORS)


def _commands(connection: Connection, scope: Scope, account: str, inputs: Inputs) -> tuple[str, ...]:
    principal = quote(inputs.principal or UNKNOWN_PRINCIPAL)
    owner = quote(account)
    commands: list[str] = [f"ACCOUNT_ID=$(az storage account show --name {owner} --query id --output tsv)"]
    if connection.kind is ConnectionKind.AZURE_SAS:
        commands.append(
            f"az storage container generate-sas --account-name {owner} --name {quote(scope.bucket)} "
            f"--permissions {'rlwd' if scope.writes else 'rl'} --https-only --auth-mode login --as-user "
            "--expiry $(date -u -d '+6 days' +%Y-%m-%dT%H:%MZ) --output tsv"
        )
    else:
        limit = condition(scope)
        commands += [
            f'az role assignment create --assignee {principal} --role "{WRITER if scope.writes else READER}" '
            f'--scope "$ACCOUNT_ID/blobServices/default/containers/"{quote(scope.bucket)}'
            + ("" if limit is None else f" --condition {quote(limit)} --condition-version 2.0"),
            f'az role assignment create --assignee {principal} --role "{DELEGATOR}" --scope "$ACCOUNT_ID"',
        ]
    rule = cors_rule(inputs.origin)
    commands.append(
        f"az storage cors add --account-name {owner} --services b --origins {quote(inputs.origin)} "
        f"--methods {' '.join(rule['allowedMethods'])} --allowed-headers {quote(' '.join(rule['allowedHeaders']))} "
        f"--exposed-headers {quote(' '.join(rule['exposedHeaders']))} --max-age {CORS_SECONDS}"
    )
    if inputs.queue is not None:
        queue = quote(inputs.queue)
        commands += [
            f"az storage queue create --account-name {owner} --name {queue} --auth-mode login",
            (
                f'az role assignment create --assignee {principal} --role "{QUEUE_READER}" '
                f'--scope "$ACCOUNT_ID/queueServices/default/queues/"{queue}'
            ),
            (
                f'az eventgrid event-subscription create --name {NAME} --source-resource-id "$ACCOUNT_ID" '
                f'--endpoint-type storagequeue --endpoint "$ACCOUNT_ID/queueservices/default/queues/"{queue} '
                f"--included-event-types {' '.join(EVENTS)} --subject-case-sensitive true "
                f"--subject-begins-with {quote(subject(scope))}"
            ),
        ]
    return tuple(commands)


def _terraform(scope: Scope, account: str, inputs: Inputs) -> str:
    found = f"data.azurerm_storage_account.{NAME}"
    principal = inputs.principal or UNKNOWN_PRINCIPAL
    grant: dict[str, Any] = {
        "scope": Expression(f'"${{{found}.id}}/blobServices/default/containers/{quoted(scope.bucket)[1:]}'),
        "role_definition_name": WRITER if scope.writes else READER,
        "principal_id": principal,
    }
    limit = condition(scope)
    if limit is not None:
        grant |= {"condition": limit, "condition_version": "2.0"}
    delegate = {"scope": Expression(f"{found}.id"), "role_definition_name": DELEGATOR, "principal_id": principal}
    body = {"name": account, "resource_group_name": "<group>"}
    blocks = [
        *_terraform_cors(found, inputs.origin),
        block("data", "azurerm_storage_account", NAME, body=body),
        block("resource", "azurerm_role_assignment", NAME, body=grant),
        block("resource", "azurerm_role_assignment", f"{NAME}_delegator", body=delegate),
    ]
    if inputs.queue is not None:
        blocks += _terraform_events(scope, inputs.queue, found, principal)
    return "\n".join(blocks)


def _terraform_cors(found: str, origin: str) -> list[str]:
    """The rules for an account that exists: azurerm has them only in the resource of the account itself."""
    needed = Nested({"azapi": {"source": "Azure/azapi", "version": ">= 2.0"}})
    changed = {
        "type": "Microsoft.Storage/storageAccounts/blobServices@2023-05-01",
        "resource_id": Expression(f'"${{{found}.id}}/blobServices/default"'),
        "body": {"properties": {"cors": {"corsRules": [cors_rule(origin)]}}},
    }
    comment = (
        "Replaces the rules of the account. If Terraform manages it, add them to blob_properties of its\n"
        "azurerm_storage_account instead."
    )
    return [
        block("terraform", body={"required_providers": needed}),
        block("resource", "azapi_update_resource", f"{NAME}_cors", body=changed, comment=comment),
    ]


def _terraform_events(scope: Scope, queue: str, found: str, principal: str) -> list[str]:
    queue_scope = Expression(f'"${{{found}.id}}/queueServices/default/queues/${{azurerm_storage_queue.{NAME}.name}}"')
    sent = {
        "name": NAME,
        "scope": Expression(f"{found}.id"),
        "included_event_types": list(EVENTS),
        "subject_filter": Nested({"subject_begins_with": subject(scope), "case_sensitive": True}),
        "storage_queue_endpoint": Nested(
            {
                "storage_account_id": Expression(f"{found}.id"),
                "queue_name": Expression(f"azurerm_storage_queue.{NAME}.name"),
            }
        ),
    }
    return [
        block(
            "resource", "azurerm_storage_queue", NAME,
            body={"name": queue, "storage_account_name": Expression(f"{found}.name")},
        ),
        block(
            "resource", "azurerm_role_assignment", f"{NAME}_queue",
            body={"scope": queue_scope, "role_definition_name": QUEUE_READER, "principal_id": principal},
        ),
        block("resource", "azurerm_eventgrid_event_subscription", NAME, body=sent),
    ]  # fmt: skip
