"""What a server can do to a pass: each ends with one sentence, and nothing that was known is lost."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from tests.support.buckets import Bucket, picture
from tests.support.s3stub import Answer, Request, S3Stub, error

pytestmark = pytest.mark.long

HTML = Answer(200, b"<!DOCTYPE html><html><body>Welcome</body></html>", {"Content-Type": "text/html"})


@pytest.fixture
def known(stub: S3Stub, ordered_bucket: Bucket) -> Bucket:
    """A bucket of six pictures, all known, that lists two keys a page."""
    bucket = ordered_bucket
    for number in range(6):
        bucket.put(f"{number}.png", picture((number, 0, 0)))
    assert bucket.mirror()["new"] == 6
    stub.page_keys = 2
    return bucket


def keeps_all(bucket: Bucket) -> None:
    """Nothing is marked missing, and the next pass is as if nothing had happened."""
    assert [asset["state"] for asset in bucket.cli.search()] == ["present"] * 6
    report = bucket.mirror()
    assert (report["unchanged"], report["missing"], report["requests"]["get"]) == (6, 0, 0)


def later_pages(answer: Answer) -> Callable[[Request], Answer | None]:
    return lambda request: answer if request.query.get("continuation-token", "").endswith(b"3.png".hex()) else None


def test_a_bucket_that_is_gone_is_no_empty_bucket(stub: S3Stub, known: Bucket) -> None:
    stub.faults.append(lambda _: error(404, "NoSuchBucket"))
    report = known.fails()
    assert f"There is no bucket {known.name}" in report["error"]
    stub.faults.clear()
    keeps_all(known)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (error(403, "AccessDenied"), "s3:ListBucket"),
        (Answer(200, b"<ListBucketResult><Contents><Key>4.p"), "incomplete"),
        (HTML, "is an S3 server"),
        (error(503, "SlowDown"), "503 SlowDown"),
    ],
    ids=["denied", "cut", "html", "busy"],
)
def test_a_listing_that_breaks_in_the_middle_counts_for_what_it_said_and_for_nothing_more(
    stub: S3Stub, known: Bucket, answer: Answer, hint: str
) -> None:
    stub.faults.append(later_pages(answer))
    known.put("0.png", picture("white"))
    known.delete("5.png")
    report = known.half_done()
    assert hint in report["error"]
    assert (report["listed"], report["unchanged"], report["changed"], report["removed"]) == (4, 3, 1, 0)
    shown = known.cli.run("runs", "show", str(report["run"]), "--json").json
    assert (shown["state"], shown["error"]) == ("succeeded", report["error"])
    stub.faults.clear()
    known.put("5.png", picture((5, 0, 0)))
    keeps_all(known)


def test_a_busy_server_is_asked_again(stub: S3Stub, bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    stub.fail(error(503, "SlowDown"), times=1)
    stub.faults.append(once(lambda request: bool(request.key), error(500, "InternalError")))
    report = bucket.mirror()
    assert (report["new"], report["failed"]) == (1, 0)
    assert (report["requests"]["list"], report["requests"]["get"]) == (2, 1)  # logical calls, retries apart


def once(fits: Callable[[Request], bool], answer: Answer | None, act: Callable[[], object] | None = None):
    """A fault that strikes the first request that fits."""
    left = [True]

    def fault(request: Request) -> Answer | None:
        if not (left and fits(request)):
            return None
        left.pop()
        if act is not None:
            act()
        return answer

    return fault


@pytest.mark.parametrize("way", ["changed", "deleted"])
def test_an_object_that_goes_between_list_and_get_is_one_outcome(stub: S3Stub, bucket: Bucket, way: str) -> None:
    bucket.put("a.png", picture("red"))
    bucket.put("b.png", picture("green"))
    act = (lambda: bucket.delete("a.png")) if way == "deleted" else (lambda: bucket.put("a.png", picture("blue")))
    stub.faults.append(once(lambda request: request.key == b"a.png", None, act))
    report = bucket.mirror()
    assert (report["state"], report["new"], report["failed"]) == ("succeeded", 1, 1)
    (outcome,) = bucket.cli.run("runs", "outcomes", report["run"], "--outcome", "failed", "--json").lines
    assert outcome["key"] == "a.png"
    following = bucket.mirror()
    assert (following["new"], following["unchanged"], following["failed"]) == (int(way == "changed"), 1, 0)


def test_an_endpoint_that_nobody_serves_is_named(bucket: Bucket) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = bucket.cli.run("mirror", f"s3://{bucket.name}", "--endpoint", nobody, "--json")
    assert (result.code, result.json["state"]) == (1, "failed")
    assert "refused" in result.err
    assert "Check the endpoint" in result.err
    assert result.err.count("\n") == 1


def test_a_web_server_is_no_s3_server(stub: S3Stub, bucket: Bucket) -> None:
    stub.faults.append(lambda _: HTML)
    assert "is an S3 server" in bucket.fails()["error"]


@pytest.mark.parametrize("address", ["http://169.254.169.254", "http://[::ffff:169.254.169.254]", "http://2852039166"])
def test_a_metadata_service_is_never_asked(bucket: Bucket, address: str) -> None:
    result = bucket.cli.run("mirror", f"s3://{bucket.name}", "--endpoint", address, "--json")
    assert (result.code, result.json["state"]) == (1, "failed")
    assert "metadata address" in result.err
    assert result.err.count("\n") == 1


def test_an_empty_bucket_is_a_library_of_nothing(bucket: Bucket) -> None:
    result = bucket.cli.run("mirror", *bucket.words())
    assert (result.code, result.json["listed"], result.json["state"]) == (0, 0, "succeeded")
    assert "No objects exist below" in result.err


def test_an_address_of_a_single_object_names_its_folder_and_glob(bucket: Bucket) -> None:
    bucket.put("photos/a b.png", picture())
    bucket.put("photos/c.png", picture("blue"))
    report = bucket.fails(folder="photos/a b.png")
    assert f"s3://{bucket.name}/photos --glob 'a b.png'" in report["error"]
    assert bucket.mirror("--glob", "a b.png", folder="photos")["new"] == 1


def test_a_pass_that_may_read_nothing_fails_in_one_sentence(stub: S3Stub, bucket: Bucket) -> None:
    for number in range(3):
        bucket.put(f"{number}.png", picture((number, 0, 0)))
    stub.faults.append(lambda request: error(403, "AllAccessDisabled") if request.key else None)
    report = bucket.fails()
    assert report["error"].startswith("None of the 3 objects could be read, for the same reason: ")
    assert (report["listed"], report["failed"]) == (3, 3)
    assert bucket.cli.run("runs", "show", str(report["run"]), "--json").json["state"] == "failed"
    stub.faults.clear()
    assert bucket.mirror()["new"] == 3


def test_a_server_that_refuses_if_match_is_mirrored(stub: S3Stub, bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    refusal = error(412, "PreconditionFailed")
    stub.faults.append(lambda request: refusal if "if-match" in request.headers else None)
    assert bucket.mirror()["new"] == 1
    assert bucket.mirror()["unchanged"] == 1


def test_an_archived_object_is_skipped_with_its_reason(stub: S3Stub, bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    stub.faults.append(lambda request: error(403, "InvalidObjectState", AccessTier="X") if request.key else None)
    report = bucket.mirror()
    assert (report["state"], report["skipped"], report["failed"]) == ("succeeded", 1, 0)
    (outcome,) = bucket.cli.run("runs", "outcomes", report["run"], "--outcome", "skipped", "--json").lines
    assert "is archived (X)" in outcome["reason"]
