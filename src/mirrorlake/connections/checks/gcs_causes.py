"""Causes at Google Cloud Storage.

https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

from mirrorlake.connections.checks.diagnosis import Row
from mirrorlake.connections.checks.symptom import Ability, Symptom

_DOCUMENTS = "mirrorlake connection documents {c.shell_name}"


def _refused(symptom: Symptom) -> bool:
    return symptom.error == "AccessDenied"


ROWS = (
    Row(
        name="deleted key",
        applies=lambda symptom: symptom.code == "invalid_grant" or symptom.mentions("invalid_grant", "jwt signature"),
        cause="The key of the service account was deleted or deactivated, or this machine's clock is wrong.",
        fix="gcloud iam service-accounts keys create key.json --iam-account=SERVICE_ACCOUNT",
    ),
    Row(
        name="no project to bill",
        applies=lambda symptom: symptom.code == "userProjectMissing" or symptom.mentions("requester pays"),
        cause="Who requests objects of this bucket pays for it, and the connection names no project to bill.",
        fix="mirrorlake connection change {c.shell_name} --requester-pays --project PROJECT",
    ),
    Row(
        name="closed billing",
        applies=lambda symptom: symptom.code == "accountDisabled" or symptom.mentions("billing account"),
        cause="The billing account of the project is closed or disabled.",
        fix="gcloud billing projects describe PROJECT",
    ),
    Row(
        name="invalid credentials",
        applies=lambda symptom: symptom.status == 401,  # noqa: PLR2004  as HTTP defines it
        cause="The token or key is not valid for Google Cloud Storage.",
        fix="Store the key file of the service account again, or a new HMAC key.",
    ),
    Row(
        name="no such bucket",
        applies=lambda symptom: symptom.error == "NoSuchBucket",
        cause="There is no bucket {c.bucket}: a typing error, or it was deleted.",
        fix="gcloud storage ls",
    ),
    Row(
        name="no listing",
        applies=lambda symptom: (
            _refused(symptom) and (symptom.ability is Ability.LIST or symptom.mentions("storage.objects.list"))
        ),
        cause="The service account lacks storage.objects.list on the bucket, or a condition names another prefix.",
        fix="Grant roles/storage.objectViewer, with the commands of: " + _DOCUMENTS,
    ),
    Row(
        name="no reading",
        applies=lambda symptom: _refused(symptom) and symptom.ability in (Ability.HEAD, Ability.GET, Ability.MATCH),
        cause="The service account lacks storage.objects.get on the objects.",
        fix="Grant roles/storage.objectViewer, with the commands of: " + _DOCUMENTS,
    ),
    Row(
        name="no writing",
        applies=lambda symptom: _refused(symptom) and symptom.ability in (Ability.PUT, Ability.DELETE),
        cause="The service account may not create and delete objects.",
        fix="Grant roles/storage.objectUser, with the commands of: " + _DOCUMENTS,
    ),
)  # fmt: skip
