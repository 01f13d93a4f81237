"""Documents grant exactly the bucket and prefix of their connection."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
from typing import Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.granted import EXTERNAL_ID, PRINCIPAL, connection

from mirrorlake.connections.documents.arns import literal, partition_of, principal_of
from mirrorlake.connections.documents.aws import UNKNOWN_PRINCIPAL
from mirrorlake.connections.documents.build import documents_of
from mirrorlake.connections.documents.inputs import Inputs, WebIdentity
from mirrorlake.connections.documents.terraform import quoted
from mirrorlake.core.errors import UsageError
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import ConnectionKind

ORIGIN = "https://lake.example.org"
QUEUE = "arn:aws:sqs:eu-west-1:444455556666:lake-events"
ODD_PREFIX = "a b/'q\"/${x}/*?/ü%{y}/"


def documents(kind: str = "aws-role", inputs: Inputs | None = None, **settings: Any) -> ConnectionDocuments:
    return documents_of(connection(kind, **settings), inputs or Inputs(origin=ORIGIN, principal=PRINCIPAL))


def statements(policy: Any) -> dict[str, Any]:
    return {one["Sid"]: one for one in policy["Statement"]}


def test_a_policy_reads_the_prefix_and_lists_nothing_else() -> None:
    found = statements(documents(prefix="site-a").iam_policy)
    assert found == {
        "ListPrefix": {
            "Sid": "ListPrefix",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": "arn:aws:s3:::photos",
            "Condition": {"StringLike": {"s3:prefix": ["site-a/*"]}},
        },
        "ReadObjects": {
            "Sid": "ReadObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectAttributes"],
            "Resource": "arn:aws:s3:::photos/site-a/*",
        },
    }


def test_writing_is_granted_only_where_it_was_chosen() -> None:
    for prefix, resource in (("", "arn:aws:s3:::photos/*"), ("a/b/", "arn:aws:s3:::photos/a/b/*")):
        written = statements(documents(prefix=prefix, allow_writes=True).iam_policy)["WriteObjects"]
        assert written["Resource"] == resource
        assert {"s3:PutObject", "s3:DeleteObject"} <= set(written["Action"])
        assert "Put" not in json.dumps(documents(prefix=prefix).iam_policy)


def test_earlier_versions_are_granted_only_where_they_were_chosen() -> None:
    plain = documents("aws-bucket-policy", prefix="a/")
    assert "Version" not in json.dumps(plain.iam_policy["Statement"])  # type: ignore[index]
    assert any("--versions" in note for note in plain.notes)
    chosen = documents("aws-bucket-policy", Inputs(origin=ORIGIN, principal=PRINCIPAL, versions=True), prefix="a/")
    for policy in (chosen.iam_policy, chosen.bucket_policy):
        granted = statements(policy)["ReadVersions"]
        assert granted["Action"] == ["s3:GetObjectVersion"]
        assert granted["Resource"] == "arn:aws:s3:::photos/a/*"
    assert not any("--versions" in note for note in chosen.notes)


def test_a_whole_bucket_is_listed_without_a_condition() -> None:
    found = statements(documents(prefix="").iam_policy)
    assert "Condition" not in found["ListBucket"]
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::photos/*"


def test_wildcards_of_a_prefix_mean_only_themselves() -> None:
    assert literal("a*b?c$d") == "a${*}b${?}c${$}d"
    found = statements(documents(prefix="a*/").iam_policy)
    assert found["ListPrefix"]["Condition"] == {"StringLike": {"s3:prefix": ["a${*}/*"]}}
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::photos/a${*}/*"


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of IAM, with its variables for literal characters, matches a text."""
    parts = re.findall(r"\$\{([*?$])\}|([*?])|(.)", pattern, re.DOTALL)
    expression = "".join(
        {"*": ".*", "?": "."}[wild] if wild else re.escape(escaped or plain) for escaped, wild, plain in parts
    )
    return re.fullmatch(expression, text, re.DOTALL) is not None


@given(st.text("ab*?$/{}", max_size=8), st.text("ab*?$/{}", max_size=12))
def test_exactly_the_prefix_may_be_listed_and_read(prefix: str, key: str) -> None:
    found = statements(documents(prefix=prefix).iam_policy)
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    (readable,) = [found["ReadObjects"]["Resource"]]
    assert matches(readable, f"arn:aws:s3:::photos/{key}") == key.startswith(folder)
    if folder:
        (listable,) = found["ListPrefix"]["Condition"]["StringLike"]["s3:prefix"]
        assert matches(listable, key) == key.startswith(folder)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), (None, "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"),
     ("us-iso-east-1", "aws-iso"), ("us-isob-east-1", "aws-iso-b"), ("eusc-de-east-1", "aws-eusc")],
)  # fmt: skip
def test_arns_are_of_the_partition_of_the_region(region: str | None, partition: str) -> None:
    assert partition_of(region) == partition
    found = statements(documents("aws-keys", region=region).iam_policy)
    assert found["ListBucket"]["Resource"] == f"arn:{partition}:s3:::photos"


def test_a_trust_policy_asks_for_the_external_id_of_this_connection() -> None:
    (only,) = documents().trust_policy["Statement"]  # type: ignore[index]
    assert only["Principal"] == {"AWS": PRINCIPAL}
    assert only["Action"] == "sts:AssumeRole"
    assert only["Condition"] == {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}


@pytest.mark.parametrize("kind", ["aws-keys", "aws-ambient", "aws-bucket-policy", "s3"])
def test_a_connection_that_assumes_no_role_has_no_trust_policy(kind: str) -> None:
    made = documents(kind)
    assert made.trust_policy is None
    assert made.iam_policy is not None
    assert "AssumeRole" not in json.dumps(made.commands) + (made.terraform or "")


def test_an_unknown_principal_is_a_placeholder_and_a_step() -> None:
    made = documents(inputs=Inputs(origin=ORIGIN))
    assert made.principal is None
    assert made.trust_policy is not None
    assert made.trust_policy["Statement"][0]["Principal"] == {"AWS": UNKNOWN_PRINCIPAL}
    assert "MIRRORLAKE_AWS_PRINCIPAL" in made.steps[0]


def test_a_principal_of_another_partition_is_pointed_out() -> None:
    assert "across partitions" in documents(region="cn-north-1").steps[0]


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        ("arn:aws:iam::111122223333:user/lake", "arn:aws:iam::111122223333:user/lake"),
        ("arn:aws:sts::111122223333:assumed-role/lake/i-0abc", "arn:aws:iam::111122223333:role/lake"),
        ("arn:aws-cn:sts::111122223333:assumed-role/lake/i-0abc", "arn:aws-cn:iam::111122223333:role/lake"),
        ("arn:aws:sts::111122223333:federated-user/bob", "arn:aws:iam::111122223333:root"),
    ],
)
def test_a_session_is_replaced_by_what_lasts(caller: str, principal: str) -> None:
    assert principal_of(caller) == principal


def test_a_web_identity_is_bound_to_one_subject() -> None:
    role = "arn:aws:iam::444455556666:role/lake"
    identity = WebIdentity(issuer="https://oidc.example.org/id/1", subject="system:serviceaccount:lake:lake")
    made = documents("aws-web-identity", Inputs(web_identity=identity), role_arn=role)
    (only,) = made.trust_policy["Statement"]  # type: ignore[index]
    assert only["Principal"] == {"Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.example.org/id/1"}
    assert only["Condition"]["StringEquals"]["oidc.example.org/id/1:sub"] == "system:serviceaccount:lake:lake"


def test_a_bucket_policy_grants_our_principal_the_same_as_a_role() -> None:
    made = documents("aws-bucket-policy", prefix="p/")
    granted = statements(made.bucket_policy)
    assert {one["Principal"]["AWS"] for one in granted.values()} == {PRINCIPAL}
    plain = {sid: {k: v for k, v in one.items() if k != "Principal"} for sid, one in granted.items()}
    assert plain == statements(made.iam_policy)


def test_only_this_bucket_may_fill_the_queue() -> None:
    made = documents(
        inputs=Inputs(principal=PRINCIPAL, queue=QUEUE), prefix="a b/ü/", role_arn="arn:aws:iam::777788889999:role/r"
    )
    (sent,) = made.queue_policy["Statement"]  # type: ignore[index]
    assert sent["Principal"] == {"Service": "s3.amazonaws.com"}
    assert sent["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"},
        "StringEquals": {"aws:SourceAccount": "777788889999"},
    }
    (entry,) = made.notification["QueueConfigurations"]  # type: ignore[index]
    assert entry["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "a+b/%C3%BC/"}]
    assert statements(made.iam_policy)["ReceiveEvents"]["Resource"] == QUEUE
    assert documents().queue_policy is None


def test_cors_names_our_origin_and_reads_only() -> None:
    (rule,) = documents().cors or ()
    assert rule["AllowedOrigins"] == [ORIGIN]
    assert set(rule["AllowedMethods"]) == {"GET", "HEAD"}


def test_a_connection_without_a_bucket_is_asked_for_one() -> None:
    with pytest.raises(UsageError, match="--bucket"):
        documents(bucket=None)


def test_google_limits_objects_and_listings_to_the_prefix() -> None:
    made = documents("gcs-service-account", Inputs(principal="lake@p.iam.gserviceaccount.com"), prefix='a"b/')
    (granted,) = made.iam_policy["bindings"]  # type: ignore[index]
    assert granted["role"] == "roles/storage.objectViewer"
    assert granted["members"] == ["serviceAccount:lake@p.iam.gserviceaccount.com"]
    assert granted["condition"]["expression"] == (
        r'resource.name.startsWith("projects/_/buckets/photos/objects/a\"b/") || '
        r'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("a\"b/")'
    )
    writing = documents("gcs-service-account", allow_writes=True)
    assert writing.iam_policy is not None
    (written,) = writing.iam_policy["bindings"]
    assert written["role"] == "roles/storage.objectUser"
    assert "condition" not in written


def test_google_sends_events_of_the_prefix_to_a_topic() -> None:
    made = documents("gcs-ambient", Inputs(queue="lake"), prefix="p/", project="acme")
    assert made.notification is not None
    assert made.notification["topic"] == "//pubsub.googleapis.com/projects/acme/topics/lake"
    assert made.notification["object_name_prefix"] == "p/"
    assert any("projects/acme/subscriptions/lake-mirrorlake" in command for command in made.commands)


def test_azure_limits_blobs_and_listings_to_the_prefix() -> None:
    made = documents("azure-managed-identity", Inputs(principal="0-1", queue="q"), account="acct", prefix="p/")
    assert made.iam_policy is not None
    assert made.iam_policy["roleDefinitionName"] == "Storage Blob Data Reader"
    assert made.iam_policy["scope"].endswith("/storageAccounts/acct/blobServices/default/containers/photos")
    assert "blobs:path] StringStartsWith 'p/'" in made.iam_policy["condition"]
    assert "blobs:prefix] StringStartsWith 'p/'" in made.iam_policy["condition"]
    assert made.notification is not None
    assert made.notification["filter"]["subjectBeginsWith"] == "/blobServices/default/containers/photos/blobs/p/"
    quoted_prefix = documents("azure-managed-identity", account="acct", prefix="it's/")
    assert quoted_prefix.iam_policy is not None
    assert "condition" not in quoted_prefix.iam_policy
    assert any("single quote" in note for note in quoted_prefix.notes)


def test_azure_signs_with_the_rights_that_were_chosen() -> None:
    (reading,) = [each for each in documents("azure-sas", account="a").commands if "generate-sas" in each]
    (writing,) = [each for each in documents("azure-sas", account="a", allow_writes=True).commands if "-sas" in each]
    assert "--permissions rl " in reading
    assert "--permissions rlwd " in writing


WITHOUT_DOCUMENTS = ["local", "s3-anonymous", "gcs-anonymous", "azure-anonymous"]
ALL_KINDS = [kind.value for kind in ConnectionKind if kind.value not in WITHOUT_DOCUMENTS]


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("prefix", ["", "site-a/", ODD_PREFIX], ids=["bucket", "prefix", "odd"])
def test_terraform_parses_and_commands_are_words_of_a_shell(kind: str, prefix: str) -> None:
    queue = QUEUE if kind.startswith(("aws", "s3")) else "lake-events"
    made = documents(
        kind, Inputs(origin=ORIGIN, principal=PRINCIPAL, queue=queue), prefix=prefix, allow_writes=True,
        account="acct", project="acme", role_arn="arn:aws:iam::444455556666:role/lake", region="eu-west-1",
    )  # fmt: skip
    assert made.terraform is not None
    parsed = hcl2.load(io.StringIO(made.terraform))
    assert parsed["resource"]
    assert ORIGIN in json.dumps(parsed["resource"]), "no rules for CORS"
    assert "lake-events" in json.dumps(parsed), "no events"
    for command in made.commands:
        done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_json_in_a_command_survives_the_shell() -> None:
    made = documents("aws-role", prefix=ODD_PREFIX)
    (put,) = [command for command in made.commands if "put-role-policy" in command]
    words = shlex.split(put)
    assert json.loads(words[words.index("--policy-document") + 1]) == made.iam_policy
    google = documents("gcs-service-account", prefix=ODD_PREFIX)
    condition = shlex.split(google.commands[0])
    assert google.iam_policy is not None
    assert json.loads(condition[2]) == google.iam_policy["bindings"][0]["condition"]


def test_a_text_of_terraform_contains_no_template() -> None:
    assert quoted('a"${b}\n%{c}\\') == '"a\\"$${b}\\n%%{c}\\\\"'


@pytest.mark.parametrize("kind", WITHOUT_DOCUMENTS)
def test_what_everybody_may_read_needs_no_documents(kind: str) -> None:
    made = documents(kind, bucket=None)
    assert made.iam_policy is None
    assert "needs no documents" in made.notes[0]


def test_terraform_sets_the_rules_that_the_commands_set() -> None:
    google = hcl2.loads(str(documents("gcs-ambient", prefix="p/").terraform))
    text = json.dumps(google["resource"])
    assert "terraform_data" in text
    assert "gcloud storage buckets update gs://photos --cors-file" in text
    azure = hcl2.loads(str(documents("azure-managed-identity", account="acct").terraform))
    (rules,) = [json.dumps(one) for one in azure["resource"] if "azapi_update_resource" in str(one)]
    assert all(method in rules for method in ("GET", "HEAD", "OPTIONS"))
    assert "/blobServices/default" in rules
