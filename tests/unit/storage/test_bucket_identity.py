"""What is asked of a server about its buckets, and how the answer is read."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import ListingBroken
from mirrorlake.storage.providers.s3.credentials import S3Server
from mirrorlake.storage.providers.s3.endpoint import Endpoint
from mirrorlake.storage.providers.s3.list_xml import read_xml

AWS = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Owner><ID>75aa57f09aa0c8ca</ID><DisplayName>us</DisplayName></Owner>
  <Buckets>
    <Bucket><Name>photos</Name><CreationDate>2024-02-03T16:45:09.000Z</CreationDate>
      <BucketRegion>eu-west-1</BucketRegion></Bucket>
    <Bucket><Name>photos-2</Name><CreationDate>2025-02-03T16:41:58.000Z</CreationDate></Bucket>
  </Buckets>
</ListAllMyBucketsResult>"""


@pytest.mark.parametrize(
    ("url", "origin", "base", "path"),
    [
        ("https://s3.eu-west-1.amazonaws.com", None, "https://s3.eu-west-1.amazonaws.com", "/"),
        ("https://s3.cn-north-1.amazonaws.com.cn", None, "https://s3.cn-north-1.amazonaws.com.cn", "/"),
        ("http://127.0.0.1:9000", "--endpoint", "http://127.0.0.1:9000", "/"),
        ("https://host/s3", "--endpoint", "https://host", "/s3/"),
    ],
)
def test_a_server_has_an_address_without_a_bucket(url: str, origin: str | None, base: str, path: str) -> None:
    made = Endpoint("", S3Server(url=url, origin=origin))
    assert (made.base, made.bucket_path) == (base, path)


def test_a_list_of_buckets_is_read_with_its_owner() -> None:
    found = read_xml(AWS)
    assert found.fields["Owner/ID"] == "75aa57f09aa0c8ca"
    assert found.entries == [
        {"Name": "photos", "CreationDate": "2024-02-03T16:45:09.000Z", "BucketRegion": "eu-west-1"},
        {"Name": "photos-2", "CreationDate": "2025-02-03T16:41:58.000Z"},
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"<!DOCTYPE x><ListAllMyBucketsResult/>"])
def test_an_answer_that_is_no_list_is_an_error_of_storage(body: bytes) -> None:
    with pytest.raises(ListingBroken):
        read_xml(body)
