"""Causes at Azure Blob Storage and Microsoft Entra ID.

https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from mirrorlake.connections.checks.diagnosis import Row, code
from mirrorlake.connections.checks.symptom import Ability, Symptom
from mirrorlake.model.connections import ConnectionKind

_DOCUMENTS = "mirrorlake connection documents {c.shell_name}"


def _sas(symptom: Symptom) -> bool:
    return symptom.subject.kind is ConnectionKind.AZURE_SAS


ROWS = (
    Row(
        name="expired signature",
        applies=lambda symptom: symptom.code == "AuthenticationFailed" and symptom.mentions("signed expiry", "expired"),
        cause="The shared access signature has expired.",
        fix="Store a new signature, made by the command of: " + _DOCUMENTS,
    ),
    Row(
        name="signature not yet valid",
        applies=lambda symptom: (
            symptom.code == "AuthenticationFailed" and symptom.mentions("signed start", "not valid")
        ),
        cause="The shared access signature is not valid yet, or this machine's clock is wrong.",
        fix="sudo timedatectl set-ntp true",
    ),
    Row(
        name="wrong signature",
        applies=lambda symptom: symptom.code == "AuthenticationFailed" and _sas(symptom),
        cause="The shared access signature was cut off, or its key was renewed.",
        fix="Store a new signature, made by the command of: " + _DOCUMENTS,
    ),
    Row(
        name="wrong key",
        applies=lambda symptom: (
            symptom.code in ("AuthenticationFailed", "InvalidAuthenticationInfo")
            or symptom.mentions("failed to authenticate")
        ),
        cause="The key or token does not belong to the storage account {c.account}, or was renewed.",
        fix="az storage account keys list --account-name {c.shell_account}",
    ),
    Row(
        name="signature without list",
        applies=lambda symptom: (
            _sas(symptom) and symptom.ability is Ability.LIST
            and symptom.code in ("AuthorizationPermissionMismatch", "AuthorizationFailure")
        ),
        cause="The shared access signature lacks the permission list (l).",
        fix="Store a new signature with --permissions rl, made by the command of: " + _DOCUMENTS,
    ),
    Row(
        name="signature without the permission",
        applies=lambda symptom: _sas(symptom) and symptom.code == "AuthorizationPermissionMismatch",
        cause="The shared access signature lacks a permission: read (r), write (w) or delete (d).",
        fix="Store a new signature, made by the command of: " + _DOCUMENTS,
    ),
    Row(
        name="signature of another resource",
        applies=code("AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch"),
        cause="The shared access signature is not for containers and objects of the blob service.",
        fix="Make it with ss=b and srt=co, or for the container: " + _DOCUMENTS,
    ),
    Row(
        name="signature of another network",
        applies=code("AuthorizationSourceIPMismatch", "AuthorizationProtocolMismatch"),
        cause="The shared access signature permits only other IP addresses or another protocol.",
        fix="Make one without --ip, and use https.",
    ),
    Row(
        name="no role",
        applies=code("AuthorizationPermissionMismatch", "InsufficientAccountPermissions"),
        cause="The identity has no data role on the container. Owner and Contributor do not include one.",
        fix="Assign Storage Blob Data Reader, with the commands of: " + _DOCUMENTS,
    ),
    Row(
        name="firewall",
        applies=code("AuthorizationFailure"),
        cause="The firewall of the storage account does not permit this machine's address.",
        fix="az storage account network-rule add --account-name {c.shell_account} --ip-address ADDRESS",
    ),
    Row(
        name="keys are switched off",
        applies=code("KeyBasedAuthenticationNotPermitted"),
        cause="The storage account does not permit account keys and signatures made with them.",
        fix="Use a connection of kind azure-service-principal or azure-managed-identity.",
    ),
    Row(
        name="not public",
        applies=code("PublicAccessNotPermitted", "NoAuthenticationInformation"),
        cause="The request was not signed, and the container is not public.",
        fix="Store credentials in the connection.",
    ),
    Row(
        name="no such container",
        applies=lambda symptom: symptom.code == "ContainerNotFound" or symptom.error == "NoSuchBucket",
        cause="There is no container {c.bucket} in the storage account {c.account}.",
        fix="az storage container list --account-name {c.shell_account} --auth-mode login --query '[].name'",
    ),
    Row(
        name="wrong client secret",
        applies=lambda symptom: symptom.mentions("aadsts7000215"),
        cause="The client secret is wrong: often its id was copied instead of its value.",
        fix="az ad app credential reset --id CLIENT_ID",
    ),
    Row(
        name="expired client secret",
        applies=lambda symptom: symptom.mentions("aadsts7000222"),
        cause="The client secret has expired.",
        fix="az ad app credential reset --id CLIENT_ID",
    ),
    Row(
        name="unknown application",
        applies=lambda symptom: symptom.mentions("aadsts700016"),
        cause="The tenant has no application with this client id.",
        fix="az ad app list --query '[].{{name:displayName, id:appId}}'",
    ),
    Row(
        name="unknown tenant",
        applies=lambda symptom: symptom.mentions("aadsts90002"),
        cause="There is no tenant with this id.",
        fix="az account show --query tenantId --output tsv",
    ),
)  # fmt: skip
