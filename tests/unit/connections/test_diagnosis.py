"""Each known problem has its own row: a likely cause and a fix that can be copied."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from mirrorlake.connections.checks import aws_causes, azure_causes, gcs_causes, network_causes
from mirrorlake.connections.checks.diagnose import diagnose
from mirrorlake.connections.checks.diagnosis import Diagnosis
from mirrorlake.connections.checks.symptom import Ability, Subject, Symptom
from mirrorlake.core.errors import OPEN_ROLE
from mirrorlake.model.connections import ConnectionKind

ROLE = "arn:aws:iam::444455556666:role/lake"
LISTED = frozenset({Ability.REACH, Ability.AUTHENTICATE, Ability.LIST})
READ = LISTED | {Ability.HEAD, Ability.GET}


def found(scheme: str, ability: Ability, **given: Any) -> Diagnosis:
    about = {
        "name": "acme", "scheme": scheme, "bucket": "photos", "region": "us-east-1", "account": "acct",
        "external_id": "e-1", "principal": "arn:aws:iam::1:role/us", "origin": "https://lake.example.org",
        "kind": ConnectionKind.S3, **given.pop("about", {}),
    }  # fmt: skip
    diagnosis = diagnose(Symptom(ability=ability, subject=Subject(**about), **given))
    assert diagnosis is not None
    assert "{" not in diagnosis.cause.replace("{c", "")
    assert "None" not in diagnosis.cause + diagnosis.fix
    return diagnosis


def denied(scheme: str, ability: Ability, code: str = "AccessDenied", **given: Any) -> str:
    return found(scheme, ability, error="AccessDenied", status=403, code=code, **given).row


def unreachable(words: str) -> str:
    return found("s3", Ability.REACH, error="SourceUnreachable", words=words).row


NETWORK = {
    "forbidden address": lambda: found("s3", Ability.REACH, error="ForbiddenAddress").row,
    "unknown host": lambda: unreachable("The server cannot be reached: Name or service not known"),
    "refused connection": lambda: unreachable("cannot be reached: Connection refused"),
    "certificate": lambda: unreachable("certificate verify failed: unable to get local issuer certificate"),
    "wrong scheme": lambda: unreachable("it does not answer in HTTP"),
    "proxy": lambda: unreachable("the proxy answered 407"),
    "time-out": lambda: unreachable("Connection to 10.0.0.1 timed out"),
    "overloaded": lambda: found("gs", Ability.LIST, error="SourceUnreachable", status=503, code="SlowDown").row,
    "clock": lambda: denied("s3", Ability.AUTHENTICATE, "RequestTimeTooSkewed"),
    "no CORS": lambda: found("az", Ability.PRESIGNED, error="StorageError", status=200, code="NoCors").row,
    "ignored range": lambda: found("s3", Ability.RANGE, error="StorageError", status=200, code="RangeIgnored").row,
    "refused signature in addresses": lambda: (
        found("s3", Ability.PRESIGNED, error="StorageError", status=403, code="AccessDenied", worked=READ).row
    ),
}
AWS = {
    "open to a confused deputy": lambda: (
        found("s3", Ability.EXTERNAL_ID, error="StorageError", code=OPEN_ROLE, about={"role_arn": ROLE}).row
    ),
    "no role yet": lambda: (
        found("s3", Ability.AUTHENTICATE, error="AccessDenied", about={"kind": ConnectionKind.AWS_ROLE}).row
    ),
    "trust policy": lambda: denied("s3", Ability.AUTHENTICATE, service="sts", about={"role_arn": ROLE}),
    "wrong region": lambda: (
        found("s3", Ability.REGION, error="WrongRegion", status=301, code="PermanentRedirect", region="eu-west-1").row
    ),
    "other region": lambda: found("s3", Ability.REGION, error="WrongRegion", status=400).row,
    "no such bucket": lambda: found("s3", Ability.LIST, error="NoSuchBucket", status=404, code="NoSuchBucket").row,
    "unknown access key": lambda: denied("s3", Ability.AUTHENTICATE, "InvalidAccessKeyId"),
    "wrong secret": lambda: denied("s3", Ability.AUTHENTICATE, "SignatureDoesNotMatch"),
    "expired token": lambda: denied("s3", Ability.AUTHENTICATE, "ExpiredToken"),
    "invalid token": lambda: denied("s3", Ability.AUTHENTICATE, "InvalidToken"),
    "KMS key": lambda: denied("s3", Ability.GET, words="not authorized to perform: kms:Decrypt on resource"),
    "bucket policy denies": lambda: denied("s3", Ability.LIST, words="explicit deny in a resource-based policy"),
    "organisation denies": lambda: denied("s3", Ability.LIST, words="explicit deny in a service control policy"),
    "boundary denies": lambda: denied("s3", Ability.LIST, words="because no permissions boundary allows the action"),
    "VPC endpoint denies": lambda: denied("s3", Ability.LIST, words="because no VPC endpoint policy allows"),
    "policy denies": lambda: denied("s3", Ability.GET, words="explicit deny in an identity-based policy"),
    "requester pays": lambda: denied("s3", Ability.GET, words="Bucket is a requester pays bucket."),
    "archived": lambda: found("s3", Ability.GET, error="ObjectArchived", status=403, code="InvalidObjectState").row,
    "bucket policy without our principal": lambda: denied(
        "s3", Ability.LIST, about={"kind": ConnectionKind.AWS_BUCKET_POLICY}
    ),
    "listing of another prefix": lambda: denied("s3", Ability.LIST, about={"prefix": "site-a/"}),
    "no listing": lambda: denied("s3", Ability.LIST),
    "resource without /*": lambda: denied("s3", Ability.GET, worked=LISTED),
    "no reading": lambda: denied("s3", Ability.HEAD, code=""),
    "no writing": lambda: denied("s3", Ability.PUT, worked=READ),
    "no deleting": lambda: denied("s3", Ability.DELETE, worked=READ),
}
GOOGLE = {
    "deleted key": lambda: denied("gs", Ability.AUTHENTICATE, "invalid_grant", words="Invalid JWT Signature."),
    "no project to bill": lambda: denied("gs", Ability.LIST, "userProjectMissing"),
    "closed billing": lambda: denied("gs", Ability.LIST, "accountDisabled"),
    "invalid credentials": lambda: found("gs", Ability.AUTHENTICATE, error="AccessDenied", status=401).row,
    "no such bucket": lambda: found("gs", Ability.LIST, error="NoSuchBucket", status=404).row,
    "no listing": lambda: denied("gs", Ability.LIST, "forbidden"),
    "no reading": lambda: denied("gs", Ability.GET, "forbidden"),
    "no writing": lambda: denied("gs", Ability.PUT, "forbidden"),
}
SAS = {"kind": ConnectionKind.AZURE_SAS}
AZURE = {
    "expired signature": lambda: denied(
        "az", Ability.AUTHENTICATE, "AuthenticationFailed", words="Signed expiry time [...] must be after", about=SAS
    ),
    "signature not yet valid": lambda: denied(
        "az", Ability.AUTHENTICATE, "AuthenticationFailed", words="Signature not valid in the specified time frame"
    ),
    "wrong signature": lambda: denied("az", Ability.AUTHENTICATE, "AuthenticationFailed", about=SAS),
    "wrong key": lambda: denied("az", Ability.AUTHENTICATE, "AuthenticationFailed"),
    "signature without list": lambda: denied("az", Ability.LIST, "AuthorizationPermissionMismatch", about=SAS),
    "signature without the permission": lambda: denied("az", Ability.PUT, "AuthorizationPermissionMismatch", about=SAS),
    "signature of another resource": lambda: denied("az", Ability.LIST, "AuthorizationResourceTypeMismatch", about=SAS),
    "signature of another network": lambda: denied("az", Ability.LIST, "AuthorizationSourceIPMismatch", about=SAS),
    "no role": lambda: denied("az", Ability.LIST, "AuthorizationPermissionMismatch"),
    "firewall": lambda: denied("az", Ability.LIST, "AuthorizationFailure"),
    "keys are switched off": lambda: denied("az", Ability.AUTHENTICATE, "KeyBasedAuthenticationNotPermitted"),
    "not public": lambda: denied("az", Ability.LIST, "PublicAccessNotPermitted"),
    "no such container": lambda: found("az", Ability.LIST, error="NoSuchBucket", code="ContainerNotFound").row,
    "wrong client secret": lambda: denied("az", Ability.AUTHENTICATE, "invalid_client", words="AADSTS7000215: Invalid"),
    "expired client secret": lambda: denied("az", Ability.AUTHENTICATE, "invalid_client", words="AADSTS7000222: ..."),
    "unknown application": lambda: denied("az", Ability.AUTHENTICATE, "unauthorized_client", words="AADSTS700016: ..."),
    "unknown tenant": lambda: denied("az", Ability.AUTHENTICATE, "invalid_request", words="AADSTS90002: Tenant"),
}


@pytest.mark.parametrize("name", NETWORK)
def test_a_problem_of_the_network_is_recognised(name: str) -> None:
    assert NETWORK[name]() == name


@pytest.mark.parametrize("name", AWS)
def test_a_problem_at_aws_is_recognised(name: str) -> None:
    assert AWS[name]() == name


@pytest.mark.parametrize("name", GOOGLE)
def test_a_problem_at_google_is_recognised(name: str) -> None:
    assert GOOGLE[name]() == name


@pytest.mark.parametrize("name", AZURE)
def test_a_problem_at_azure_is_recognised(name: str) -> None:
    assert AZURE[name]() == name


def test_every_row_has_a_case() -> None:
    for module, cases in ((network_causes, NETWORK), (aws_causes, AWS), (gcs_causes, GOOGLE), (azure_causes, AZURE)):
        assert {row.name for row in module.ROWS} == cases.keys()


def test_the_fix_of_a_wrong_region_names_the_right_one() -> None:
    made = found("s3", Ability.REGION, error="WrongRegion", status=301, region="eu-west-1")
    assert made.fix == "mirrorlake connection change acme --region eu-west-1"


def test_hostile_names_stay_words_of_a_shell() -> None:
    hostile = "a'; touch /tmp/x #"
    made = found("s3", Ability.GET, error="ObjectArchived", key=hostile, about={"bucket": hostile})
    words = shlex.split(made.fix)
    assert words[words.index("--key") + 1] == hostile
    assert words[words.index("--bucket") + 1] == hostile


def test_an_unknown_answer_has_no_diagnosis() -> None:
    symptom = Symptom(ability=Ability.LIST, subject=Subject(), error="StorageError", status=418, code="Teapot")
    assert diagnose(symptom) is None
