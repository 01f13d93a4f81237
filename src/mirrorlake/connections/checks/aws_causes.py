"""Causes at AWS, and at servers that speak the protocol of S3.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.connections.checks.diagnosis import Row, code
from mirrorlake.connections.checks.symptom import Ability, Symptom
from mirrorlake.core.errors import OPEN_ROLE
from mirrorlake.model.connections import ConnectionKind

_DOCUMENTS = "mirrorlake connection documents {c.shell_name}"


def _denied(ability: Ability, *, after: Ability | None = None) -> Callable[[Symptom], bool]:
    return lambda symptom: symptom.denied and symptom.ability is ability and (after is None or after in symptom.worked)


def _denied_with(*words: str) -> Callable[[Symptom], bool]:
    return lambda symptom: symptom.error == "AccessDenied" and symptom.mentions(*words)


def _role_refused(symptom: Symptom) -> bool:
    return symptom.ability is Ability.AUTHENTICATE and symptom.denied and symptom.service == "sts"


ROWS = (
    Row(
        name="open to a confused deputy",
        applies=lambda symptom: symptom.ability is Ability.EXTERNAL_ID and symptom.code == OPEN_ROLE,
        cause="The trust policy of {c.role_arn} has no condition on sts:ExternalId, so anyone who knows the ARN could "
        "read the bucket through mirrorlake.",
        fix='Add to its trust policy: "Condition": {{"StringEquals": {{"sts:ExternalId": "{c.external_id}"}}}}',
    ),
    Row(
        name="no role yet",
        applies=lambda symptom: (
            symptom.ability is Ability.AUTHENTICATE
            and symptom.subject.kind is ConnectionKind.AWS_ROLE and symptom.subject.role_arn is None
        ),
        cause="It is created after the connection, whose external id its trust policy names: apply the connection's "
        "documents, then store the ARN of the role.",
        fix="mirrorlake connection change {c.shell_name} --role-arn ARN",
    ),
    Row(
        name="trust policy",
        applies=_role_refused,
        cause="The trust policy of {c.role_arn} names another principal or another external id, or there is no such "
        "role.",
        fix="The trust policy must name {c.principal} and the external id {c.external_id}. Replace it by the one of: "
        + _DOCUMENTS,
    ),
    Row(
        name="wrong region",
        applies=lambda symptom: symptom.error == "WrongRegion" and bool(symptom.region),
        cause="The bucket is in {s.region}, not in {c.region}.",
        fix="mirrorlake connection change {c.shell_name} --region {s.region}",
    ),
    Row(
        name="other region",
        applies=lambda symptom: symptom.error == "WrongRegion",
        cause="The bucket is in another region than {c.region}.",
        fix="aws s3api head-bucket --bucket {c.shell_bucket}",
    ),
    Row(
        name="no such bucket",
        applies=lambda symptom: symptom.error == "NoSuchBucket" and symptom.subject.scheme == "s3",
        cause="There is no bucket {c.bucket} at this endpoint: a typing error, or the bucket of another service.",
        fix="aws s3api list-buckets --query 'Buckets[].Name'",
    ),
    Row(
        name="unknown access key",
        applies=code("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
        cause="The access key id does not exist, is deactivated, or belongs to another service or partition.",
        fix="Create an access key and store it in the connection; check the endpoint if it is not on AWS.",
    ),
    Row(
        name="wrong secret",
        applies=code("SignatureDoesNotMatch"),
        cause="The secret access key does not fit the access key id, or was cut off when it was copied.",
        fix="Store the secret access key again, or create a new access key.",
    ),
    Row(
        name="expired token",
        applies=code("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"),
        cause="The session token has expired: temporary keys are valid for some hours only.",
        fix="Use a role instead of temporary keys, or store new ones.",
    ),
    Row(
        name="invalid token",
        applies=code("InvalidToken"),
        cause="The session token does not belong to these keys.",
        fix="Store access key id, secret access key and session token of the same session, or leave the token out.",
    ),
    Row(
        name="KMS key",
        applies=lambda symptom: symptom.code.startswith("KMS.") or symptom.mentions("kms:"),
        cause="The object is encrypted with a KMS key that these credentials may not use.",
        fix="Allow kms:Decrypt on that key, in the key's policy and in the policy of the role or user.",
    ),
    Row(
        name="bucket policy denies",
        applies=_denied_with("explicit deny in a resource-based policy"),
        cause="The bucket's policy has a Deny statement that applies to this request.",
        fix="aws s3api get-bucket-policy --bucket {c.shell_bucket} --query Policy --output text",
    ),
    Row(
        name="organisation denies",
        applies=_denied_with("service control policy", "resource control policy"),
        cause="A policy of the organisation (SCP or RCP) denies the request.",
        fix="Ask the administrators of the AWS organisation to permit s3 requests of this role to {c.bucket}.",
    ),
    Row(
        name="boundary denies",
        applies=_denied_with("permissions boundary", "session policy"),
        cause="A permissions boundary or session policy of the role or user does not include the action.",
        fix="Add the actions of the IAM policy to the boundary: " + _DOCUMENTS,
    ),
    Row(
        name="VPC endpoint denies",
        applies=_denied_with("vpc endpoint policy"),
        cause="The policy of the VPC endpoint does not permit this bucket.",
        fix="Add {c.bucket_arn} and {c.objects_arn} to the policy of the VPC endpoint.",
    ),
    Row(
        name="policy denies",
        applies=_denied_with("explicit deny"),
        cause="A policy has a Deny statement that applies to this request.",
        fix="Remove the statement, or exclude the role or user of mirrorlake from it.",
    ),
    Row(
        name="requester pays",
        applies=lambda symptom: symptom.mentions("requester pays", "requester-pays"),
        cause="Who requests objects of this bucket pays for it, and the connection does not agree to that.",
        fix="mirrorlake connection change {c.shell_name} --requester-pays",
    ),
    Row(
        name="archived",
        applies=lambda symptom: symptom.error == "ObjectArchived",
        cause="The object is in an archive storage class.",
        fix="aws s3api restore-object --bucket {c.shell_bucket} --key {s.shell_key} --restore-request Days=7",
    ),
    Row(
        name="bucket policy without our principal",
        applies=lambda symptom: (
            symptom.denied and symptom.subject.kind is ConnectionKind.AWS_BUCKET_POLICY
            and symptom.ability in (Ability.LIST, Ability.GET, Ability.HEAD)
        ),
        cause="The bucket's policy does not grant {c.principal} this action.",
        fix="Apply the bucket policy of: " + _DOCUMENTS,
    ),
    Row(
        name="listing of another prefix",
        applies=lambda symptom: symptom.denied and symptom.ability is Ability.LIST and bool(symptom.subject.prefix),
        cause="The policy lacks s3:ListBucket on {c.bucket_arn}, or its condition on s3:prefix names another prefix.",
        fix='"Action": "s3:ListBucket", "Resource": {c.bucket_arn}, '
        '"Condition": {{"StringLike": {{"s3:prefix": [{c.listed_prefixes}]}}}}',
    ),
    Row(
        name="no listing",
        applies=_denied(Ability.LIST),
        cause="The policy lacks s3:ListBucket on {c.bucket_arn}, or names it with `/*`.",
        fix='"Action": "s3:ListBucket", "Resource": {c.bucket_arn}',
    ),
    Row(
        name="resource without /*",
        applies=lambda symptom: (
            symptom.denied and symptom.ability in (Ability.HEAD, Ability.GET) and Ability.LIST in symptom.worked
        ),
        cause="Listing works, but s3:GetObject is missing, or its resource is the bucket without `/*`. Objects of "
        "another account that this bucket's owner cannot read have the same effect.",
        fix='"Action": "s3:GetObject", "Resource": {c.objects_arn}',
    ),
    Row(
        name="no reading",
        applies=lambda symptom: symptom.denied and symptom.ability in (Ability.HEAD, Ability.GET, Ability.MATCH),
        cause="The policy does not permit s3:GetObject on this object.",
        fix='"Action": "s3:GetObject", "Resource": {c.objects_arn}',
    ),
    Row(
        name="no writing",
        applies=_denied(Ability.PUT),
        cause="The policy does not permit s3:PutObject below {c.address}.",
        fix='"Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": {c.objects_arn}',
    ),
    Row(
        name="no deleting",
        applies=_denied(Ability.DELETE),
        cause="The policy does not permit s3:DeleteObject below {c.address}.",
        fix='"Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": {c.objects_arn}',
    ),
)  # fmt: skip
