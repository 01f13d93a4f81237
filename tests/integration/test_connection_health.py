"""Checks of connections against real servers: SeaweedFS, IAM policies of moto, trust policies of ministack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError
from tests.support import seaweed
from tests.support.granted import connection
from tests.support.ministack_server import Ministack
from tests.support.moto_server import Moto

from mirrorlake.connections.checks.abilities import AbilityChecker, Target
from mirrorlake.connections.checks.symptom import Subject
from mirrorlake.connections.documents.aws import trust_policy
from mirrorlake.connections.documents.build import documents_of
from mirrorlake.connections.documents.inputs import Inputs
from mirrorlake.model.connections import AbilityCheck, ConnectionKind
from mirrorlake.model.credentials import AwsKeys, AwsRole
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.connection import connection_config
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.providers.s3.writable import S3WritableStore

ORIGIN = "https://lake.example.org"
ALLOWED = {"CORSRules": [{"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["Range"]}]}


@pytest.fixture(scope="module")
def weed() -> Iterator[seaweed.Seaweed]:
    with seaweed.Seaweed() as server:
        client = server.client()
        for bucket in ("photos", "closed"):
            client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key="site-a/cat photo.jpg", Body=b"cat")
        client.put_bucket_cors(Bucket="photos", CORSConfiguration=ALLOWED)  # type: ignore[arg-type]
        # Without a rule of the bucket, SeaweedFS permits every origin.
        (rule,) = ALLOWED["CORSRules"]
        other = {"CORSRules": [{**rule, "AllowedOrigins": ["https://other.example.org"]}]}
        client.put_bucket_cors(Bucket="closed", CORSConfiguration=other)  # type: ignore[arg-type]
        yield server


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with Moto() as server:
        client = server.client("s3")
        client.create_bucket(Bucket="photos")
        client.put_bucket_cors(Bucket="photos", CORSConfiguration=ALLOWED)
        for key in ("site-a/cat.jpg", "site-b/dog.jpg"):
            client.put_object(Bucket="photos", Key=key, Body=b"photo")
        yield server


@pytest.fixture(scope="module")
def ministack() -> Iterator[Ministack]:
    with Ministack() as server:
        yield server


def check(
    endpoint: str, keys: tuple[str, str], *, bucket: str = "photos", prefix: str = "", writes: bool = False, **more: Any
) -> dict[str, AbilityCheck]:
    """The rows of a check over the stores of this bucket."""
    location = Location(provider=Provider.S3, container=bucket, prefix=prefix)
    server = S3Server(url=endpoint, origin="the test")
    config = AwsConfig(
        region="us-east-1", server=server, ca_bundle=None, source=Keys(access_key=keys[0], secret_key=keys[1])
    )
    access = S3Access(endpoint=endpoint)
    target = Target(
        subject=Subject(
            name="acme", bucket=bucket, prefix=prefix, region="us-east-1", endpoint=endpoint, origin=ORIGIN
        ),
        store=S3Store(location, access, config=config),
        writable=(lambda: S3WritableStore(location, access, config=config)) if writes else None,
        same_prefix=prefix,
        **more,
    )
    try:
        return {row.check: row for row in AbilityChecker(target).rows()}
    finally:
        target.store.close()


def red(rows: dict[str, AbilityCheck]) -> set[str]:
    return {name for name, row in rows.items() if row.ok is False}


LAKE = (seaweed.ACCESS_KEY, seaweed.SECRET_KEY)


def test_a_connection_with_all_permissions_is_green(weed: seaweed.Seaweed) -> None:
    rows = check(weed.endpoint, LAKE, prefix="site-a/", writes=True)
    assert {name: row.ok for name, row in rows.items()} == {
        "reach endpoint": True, "authenticate": True, "list": True, "head": True, "get": True, "get a range": True,
        "presigned get": True, "read a match": None, "put": True, "delete": True,
    }  # fmt: skip
    listed = weed.client().list_objects_v2(Bucket="photos")
    assert [one["Key"] for one in listed["Contents"]] == ["site-a/cat photo.jpg"]  # type: ignore[typeddict-item]


def test_a_wrong_secret_is_a_matter_of_credentials(weed: seaweed.Seaweed) -> None:
    row = check(weed.endpoint, (seaweed.ACCESS_KEY, "wrong-secret-canary"))["authenticate"]
    assert row.ok is False
    assert (row.error or "").startswith("403 SignatureDoesNotMatch")
    assert "secret" in (row.cause or "")
    assert "canary" not in repr(row)


def test_an_unknown_key_is_a_matter_of_credentials(weed: seaweed.Seaweed) -> None:
    row = check(weed.endpoint, ("nobody-at-all", "x" * 20))["authenticate"]
    assert row.ok is False
    assert "InvalidAccessKeyId" in (row.error or "")


def test_a_wrong_bucket_is_a_matter_of_its_name(weed: seaweed.Seaweed) -> None:
    rows = check(weed.endpoint, LAKE, bucket="fotos")
    assert red(rows) == {"list"}
    assert "There is no bucket fotos" in rows["list"].message


def test_a_bucket_whose_rules_leave_us_out_shows_no_originals(weed: seaweed.Seaweed) -> None:
    rows = check(weed.endpoint, LAKE, bucket="closed")
    assert red(rows) == {"presigned get"}
    assert rows["presigned get"].fix == "Apply the CORS rules of: mirrorlake connection documents acme"


def test_a_closed_port_is_a_matter_of_the_endpoint() -> None:
    (port,) = seaweed.free_ports(1)
    rows = check(f"http://127.0.0.1:{port}", LAKE)
    assert red(rows) == {"reach endpoint"}
    assert "Nothing listens" in (rows["reach endpoint"].cause or "")


def policy(*statements: tuple[str, str]) -> dict[str, Any]:
    granted = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
    return {"Version": "2012-10-17", "Statement": granted}


SIGNED = {"get a range", "presigned get"}
BUCKET, OBJECTS = "arn:aws:s3:::photos", "arn:aws:s3:::photos/*"


@pytest.mark.parametrize(
    ("name", "granted", "missing", "cause"),
    [
        ("reader", [("s3:ListBucket", BUCKET), ("s3:GetObject", OBJECTS)], {"put"}, "s3:PutObject"),
        ("nolist", [("s3:GetObject", OBJECTS), ("s3:*Object", OBJECTS)], {"list"}, "s3:ListBucket"),
        (
            "noread",
            [
                ("s3:ListBucket", BUCKET),
                ("s3:GetObject", BUCKET),
                ("s3:PutObject", OBJECTS),
                ("s3:DeleteObject", OBJECTS),
            ],
            {"head", "get"},
            "without `/*`",
        ),
        (
            "nodelete",
            [("s3:ListBucket", BUCKET), ("s3:GetObject", OBJECTS), ("s3:PutObject", OBJECTS)],
            {"delete"},
            "s3:DeleteObject",
        ),
    ],
)
def test_each_missing_permission_is_its_own_row(
    moto: Moto, name: str, granted: list[tuple[str, str]], missing: set[str], cause: str
) -> None:
    keys = moto.user(name, policy(*granted))
    moto.enforce()
    try:
        rows = check(moto.endpoint, keys, writes=True, known_key="site-a/cat.jpg")
    finally:
        moto.enforce(enforced=False)
    # moto answers status 500 to every signed address while it evaluates policies.
    assert red(rows) - SIGNED == missing
    first = next(row for name, row in rows.items() if name in missing)
    assert cause in (first.cause or "")
    assert "403" in (first.error or "")
    assert first.fix


@pytest.mark.parametrize("writes", [False, True])
def test_the_generated_policy_permits_what_it_names_and_nothing_else(moto: Moto, *, writes: bool) -> None:
    """moto evaluates actions and resources; conditions are evaluated in the unit tests."""
    made = documents_of(connection("aws-keys", prefix="site-a/", allow_writes=writes), Inputs())
    assert made.iam_policy is not None
    granted = [{k: v for k, v in one.items() if k != "Condition"} for one in made.iam_policy["Statement"]]
    key, secret = moto.user(f"generated-{writes}", {**made.iam_policy, "Statement": granted})
    client = moto.client("s3", key, secret)
    calls = {
        "list": lambda: client.list_objects_v2(Bucket="photos", Prefix="site-a/"),
        "head": lambda: client.head_object(Bucket="photos", Key="site-a/cat.jpg"),
        "get": lambda: client.get_object(Bucket="photos", Key="site-a/cat.jpg"),
        "put": lambda: client.put_object(Bucket="photos", Key="site-a/new", Body=b""),
        "delete": lambda: client.delete_object(Bucket="photos", Key="site-a/new"),
        "other head": lambda: client.head_object(Bucket="photos", Key="site-b/dog.jpg"),
        "other get": lambda: client.get_object(Bucket="photos", Key="site-b/dog.jpg"),
        "other put": lambda: client.put_object(Bucket="photos", Key="site-b/new", Body=b""),
        "other delete": lambda: client.delete_object(Bucket="photos", Key="site-b/dog.jpg"),
        "buckets": client.list_buckets,
        "policy": lambda: client.get_bucket_policy(Bucket="photos"),
        "cors": lambda: client.delete_bucket_cors(Bucket="photos"),
    }
    moto.enforce()
    try:
        permitted = {name for name, call in calls.items() if is_permitted(call)}
    finally:
        moto.enforce(enforced=False)
    assert permitted == {"list", "head", "get"} | ({"put", "delete"} if writes else set())


def is_permitted(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
            raise
        return False
    return True


def test_the_notification_fills_the_queue_that_its_policy_opens(moto: Moto) -> None:
    sqs, s3 = moto.client("sqs"), moto.client("s3")
    url = sqs.create_queue(QueueName="lake")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    made = documents_of(connection("aws-role", prefix="site-a"), Inputs(queue=arn))
    s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=made.notification)
    for key in ("site-b/no.jpg", "site-a/yes.jpg"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    records = [record for one in received for record in json.loads(one["Body"]).get("Records", [])]
    assert [unquote_plus(record["s3"]["object"]["key"]) for record in records] == ["site-a/yes.jpg"]


def check_role(server: Ministack, key: str, secret: str, role: str) -> dict[str, AbilityCheck]:
    """The rows of a check by way of a role: ministack is its STS, and a bucket too."""
    credentials = AwsRole(
        role_arn=role,
        external_id="id-1",
        base=AwsKeys(access_key_id=key, secret_access_key=secret),
        sts_endpoint=server.endpoint,
    )
    access = S3Access(endpoint=server.endpoint, region="us-east-1")
    subject = Subject(
        name="acme", kind=ConnectionKind.AWS_ROLE, bucket="photos", region="us-east-1", endpoint=server.endpoint,
        origin=ORIGIN, role_arn=role, external_id="id-1", principal="arn:aws:iam::000000000000:user/lake",
    )  # fmt: skip
    location = Location(provider=Provider.S3, container="photos")
    store = S3Store(location, access, config=connection_config(access, credentials))
    try:
        return {row.check: row for row in AbilityChecker(Target(subject=subject, store=store)).rows()}
    finally:
        store.close()


def test_the_generated_trust_policy_admits_us_with_the_external_id_only(ministack: Ministack) -> None:
    arn, key, secret = ministack.user("lake")
    role = ministack.role("right", trust_policy("id-1", arn))
    rows = check_role(ministack, key, secret, role)
    assert rows["external id"].ok
    assert rows["authenticate"].ok
    _, other_key, other_secret = ministack.user("other")
    refused = check_role(ministack, other_key, other_secret, role)
    assert red(refused) == {"authenticate"}


def test_a_trust_policy_with_another_external_id_is_recognised(ministack: Ministack) -> None:
    arn, key, secret = ministack.user("lake2")
    role = ministack.role("other-id", trust_policy("id-of-somebody-else", arn))
    rows = check_role(ministack, key, secret, role)
    assert red(rows) == {"authenticate"}
    assert rows["list"].ok is None
    row = rows["authenticate"]
    assert "another external id" in (row.cause or "")
    assert (row.error or "").startswith("403 AccessDenied")
    assert "id-1" in (row.fix or "")


def test_a_role_that_anyone_may_use_through_us_is_refused(ministack: Ministack) -> None:
    arn, key, secret = ministack.user("lake3")
    trust = trust_policy("id-1", arn)
    open_to_all = {**trust, "Statement": [{k: v for k, v in trust["Statement"][0].items() if k != "Condition"}]}
    rows = check_role(ministack, key, secret, ministack.role("open", open_to_all))
    assert red(rows) == {"external id"}
    assert rows["list"].ok is None
    assert '"sts:ExternalId": "id-1"' in (rows["external id"].fix or "")
