"""What is asked about a bucket as a whole: one request in a pass, and none that the pass depends on."""

from __future__ import annotations

import pytest
from tests.support.buckets import Bucket, picture_no, stub_bucket
from tests.support.cli import Cli
from tests.support.s3stub import S3Stub

COUNT = 12


def lists_of_buckets(stub: S3Stub) -> int:
    return sum(not request.bucket for request in stub.requests)


def filled(stub: S3Stub, cli: Cli, *flags: str) -> Bucket:
    bucket = stub_bucket(stub, cli, *flags)
    for number in range(COUNT):
        bucket.put(f"{number}.png", picture_no(number))
    return bucket


def test_a_bucket_that_was_deleted_and_made_again_with_other_objects_holds_what_it_lacks(
    stub: S3Stub, cli: Cli
) -> None:
    bucket = filled(stub, cli)
    first = bucket.mirror()
    assert first["requests"]["list"] == 2  # the objects, and the bucket itself
    assert lists_of_buckets(stub) == 1

    stub.delete_bucket(bucket.name)
    stub.create_bucket(bucket.name)
    for number in range(COUNT - 1):
        bucket.put(f"{number}.png", picture_no(100 + number))
    result = bucket.cli.run("mirror", *bucket.words())
    report = result.json
    assert report["state"] == "held"
    assert report["hold"]["count"] == 1
    assert "possibly another one of the same name" in report["hold"]["reason"]
    assert "creation date changed" in report["hold"]["reason"]
    assert bucket.cli.search("state:trash") == []


@pytest.mark.parametrize("anonymous", [False, True])
def test_credentials_that_may_not_list_buckets_mirror_as_before(stub: S3Stub, cli: Cli, *, anonymous: bool) -> None:
    stub.lists_buckets = False
    bucket = filled(stub, cli, *(("--anonymous",) if anonymous else ()))
    if anonymous:
        stub.public.add(bucket.name)
    assert bucket.mirror()["new"] == COUNT
    assert lists_of_buckets(stub) == (0 if anonymous else 1)
    bucket.delete("3.png")
    report = bucket.mirror()
    assert (report["removed"], report["unchanged"]) == (1, COUNT - 1)
    for number in range(COUNT):
        bucket.put(f"{number}.png", picture_no(100 + number))
    bucket.delete("5.png")
    held = bucket.cli.run("mirror", *bucket.words()).json
    assert (held["state"], held["hold"]["count"]) == ("held", 1)
