"""Who we are to a bucket: each way to say so works, and each way to get it wrong is told with its way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.buckets import Bucket, picture, stub_bucket, weed_bucket
from tests.support.cli import Cli
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, Request, S3Stub, error
from tests.support.seaweed import READER_KEY, READER_SECRET, Seaweed

pytestmark = pytest.mark.long

NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@pytest.fixture
def filled(bucket: Bucket) -> Bucket:
    bucket.put("a.png", picture())
    return bucket


def test_a_profile_is_used_and_remembered(filled: Bucket, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text(f"[lake]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
    cli = filled.cli.with_environ(**NOBODY, AWS_SHARED_CREDENTIALS_FILE=str(credentials))
    named = cli.run("mirror", *filled.words(), "--profile", "lake")
    assert (named.code, named.json["new"]) == (0, 1), named.err
    remembered = cli.run("mirror", *filled.words())
    assert (remembered.code, remembered.json["unchanged"]) == (0, 1), remembered.err


def test_an_unknown_profile_is_wrong_before_any_request(stub: S3Stub, filled: Bucket) -> None:
    result = filled.cli.run("mirror", *filled.words(), "--profile", "nobody")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: There is no AWS profile named 'nobody'.")
    assert stub.requests == []
    assert filled.cli.run("datasource", "list", "--json").out == ""  # nothing was stored


def test_a_public_bucket_is_read_without_a_signature(stub: S3Stub, filled: Bucket) -> None:
    stub.public.add(filled.name)
    report = filled.mirror("--anonymous")
    assert report["new"] == 1
    assert not any("authorization" in request.headers for request in stub.requests)


def test_a_bucket_that_is_not_public_is_not_read_anonymously(filled: Bucket) -> None:
    report = filled.fails("--anonymous")
    assert "leave --anonymous out" in report["error"]


def test_a_wrong_region_is_corrected_where_the_server_names_the_right_one_and_kept(cli: Cli) -> None:
    """On the stub: no package has a server that redirects to a region."""
    with S3Stub(region="eu-west-3") as stub:
        bucket = stub_bucket(stub, cli)
        bucket.put("a.png", picture())
        assert bucket.cli.run("mirror", *bucket.words(), "--dry-run").code == 0
        first = bucket.cli.run("mirror", *bucket.words())
        assert (first.code, first.json["new"]) == (0, 1)
        assert "is in eu-west-3, not in us-east-1. The region of the datasource was corrected." in first.err
        name = first.json["datasource"]
        assert cli.run("datasource", "show", name, "--json").json["region"] == "eu-west-3"
        stub.requests.clear()
        assert bucket.mirror()["unchanged"] == 1
        assert {region_of(request) for request in stub.requests} == {"eu-west-3"}


def region_of(request: Request) -> str:
    return request.headers["authorization"].partition("Credential=")[2].split("/")[2]


@pytest.mark.parametrize("flags", [["--anonymous"], ["--endpoint", "http://127.0.0.1:9"]], ids=" ".join)
def test_flags_by_which_nothing_can_be_listed_are_not_kept(filled: Bucket, flags: list[str]) -> None:
    name = filled.mirror()["datasource"]
    wrong = filled.cli.run("mirror", f"s3://{filled.name}", "--name", name, *flags, "--json")
    assert (wrong.code, wrong.json["state"]) == (1, "failed")
    assert wrong.json["error"].endswith(f"The previous connection options for {name} were kept.")
    assert filled.cli.mirror(f"s3://{filled.name}")["unchanged"] == 1


@pytest.mark.parametrize(
    ("environ", "hint"),
    [
        ({"AWS_ACCESS_KEY_ID": "UNKNOWN"}, "Check AWS_ACCESS_KEY_ID"),
        ({"AWS_SECRET_ACCESS_KEY": "canary/wrong+secret"}, "Check AWS_SECRET_ACCESS_KEY"),
        (NOBODY, "--anonymous"),
    ],
    ids=["key id", "secret", "none"],
)
def test_wrong_credentials_say_what_to_do(filled: Bucket, environ: dict[str, str], hint: str) -> None:
    cli = filled.cli.with_environ(**environ)
    report = filled.fails(cli=cli)
    assert hint in report["error"]
    assert "canary" not in report["error"]
    assert report["requests"]["get"] == 0


def test_a_missing_permission_to_list_is_named(weed: Seaweed, cli: Cli) -> None:
    bucket = weed_bucket(weed, cli)
    bucket.put("a.png", picture())
    bucket.mirror()
    reader = bucket.cli.with_environ(AWS_ACCESS_KEY_ID=READER_KEY, AWS_SECRET_ACCESS_KEY=READER_SECRET)
    report = bucket.fails(cli=reader)
    assert f"Allow s3:ListBucket on arn:aws:s3:::{bucket.name}" in report["error"]
    assert [asset["state"] for asset in cli.search()] == ["present"]


def test_without_permission_to_read_each_object_fails_and_is_tried_again(stub: S3Stub, filled: Bucket) -> None:
    filled.put("b.png", picture("blue"))

    def unreadable(request: Request) -> object:
        return error(403, "AccessDenied") if request.key else None

    stub.faults.append(unreadable)
    report = filled.fails()
    assert (report["state"], report["failed"], report["new"]) == ("failed", 2, 0)
    assert "None of the 2 objects could be read, for the same reason" in report["error"]
    outcomes = filled.cli.run("runs", "outcomes", report["run"], "--json").lines
    assert {one["stage"] for one in outcomes} == {"fetch"}
    assert all(f"Allow s3:GetObject on arn:aws:s3:::{filled.name}/*" in one["reason"] for one in outcomes)
    stub.faults.clear()
    assert filled.mirror()["new"] == 2


def test_an_empty_folder_that_may_only_be_listed_is_no_failure(stub: S3Stub, filled: Bucket) -> None:
    stub.faults.append(lambda request: error(403, "AccessDenied") if request.key else None)
    report = filled.mirror(folder="nothing")
    assert (report["state"], report["listed"]) == ("succeeded", 0)
