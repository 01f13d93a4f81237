"""Addresses: what people type becomes one canonical location, and what cannot be one is refused before any request."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.address import parse_location, stored_location


@pytest.mark.parametrize(
    ("uri", "container", "prefix"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket/photos", "bucket", "photos/"),
        ("s3://bucket/photos/", "bucket", "photos/"),
        ("S3://bucket/a b%20c/+#?", "bucket", "a b%20c/+#?/"),  # literal, as people type them
        ("s3://bucket//", "bucket", "/"),
        ("s3://bucket/a/../b", "bucket", "a/../b/"),
        ("s3://my.bucket-1/x", "my.bucket-1", "x/"),
        ("s3://Old_Bucket/x", "Old_Bucket", "x/"),  # as AWS once permitted, and other servers do
        ("s3://bucket-", "bucket-", ""),
        ("s3://" + "b" * 255, "b" * 255, ""),
    ],
)
def test_an_s3_address_names_a_bucket_and_a_folder(uri: str, container: str, prefix: str) -> None:
    location = parse_location(uri)
    assert location == Location(provider=Provider.S3, container=container, prefix=prefix)
    assert parse_location(location.uri) == location


@pytest.mark.parametrize(
    ("uri", "container", "prefix"),
    [
        ("gs://bucket", "bucket", ""),
        ("gs://bucket/photos", "bucket", "photos/"),
        ("GS://my_bucket-1/a b%20c/+#?", "my_bucket-1", "a b%20c/+#?/"),  # literal, as people type them
        ("gs://bucket//", "bucket", "/"),
        ("gs://photos.example.com/a/../b", "photos.example.com", "a/../b/"),
        ("gs://" + "b" * 63, "b" * 63, ""),
        ("gs://" + ("b" * 62 + ".") * 3 + "b" * 33, ("b" * 62 + ".") * 3 + "b" * 33, ""),
        ("https://storage.googleapis.com/bucket", "bucket", ""),
        ("https://storage.cloud.google.com/bucket/a%20b/%C3%A9%25", "bucket", "a b/\u00e9%/"),
        ("HTTPS://Storage.GoogleApis.com/bucket/a", "bucket", "a/"),
    ],
)
def test_a_google_address_names_a_bucket_and_a_folder(uri: str, container: str, prefix: str) -> None:
    location = parse_location(uri)
    assert location == Location(provider=Provider.GCS, container=container, prefix=prefix)
    assert parse_location(location.uri) == location
    assert stored_location(location.uri) == location


@pytest.mark.parametrize(
    ("uri", "container"),
    [
        ("file:///photos", "/photos"),
        ("file:///photos/", "/photos"),
        ("file://localhost/photos", "/photos"),
        ("file:///my%20photos/100%25", "/my photos/100%"),
        ("file:///a/../b//c", "/b/c"),
        ("file:////a", "/a"),
        ("file:///", "/"),
    ],
)
def test_a_file_address_is_percent_decoded(uri: str, container: str) -> None:
    location = parse_location(uri)
    assert location == Location(provider=Provider.FILE, container=container)
    assert parse_location(location.uri) == location


@pytest.mark.parametrize(
    "uri",
    [
        "", "photos", "/photos", "bucket/key", "http://x/y", "gs2://x", "s3:/bucket", "s3://", "s3:///x", "s3://AB/x",
        "s3://ab", "s3://_bucket", "s3://-bucket", "s3://bu..cket", "s3://192.168.0.1",
        "s3://user:pass@bucket", "s3://bucket:9000/x", "s3://" + "b" * 256, "s3://bucket?x=1", "s3://buck\u00e9t/x",
        "s3://bucket/" + "x" * 1024, "s3://bucket/a\0b", "file://photos", "file://host/photos", "file://",
        "file:photos",
        "gs:bucket", "gs:/bucket", "gs://", "gs:///x", "gs://ab", "gs://Bucket", "gs://bucket-", "gs://-bucket",
        "gs://bu..cket", "gs://bucket.", "gs://192.168.0.1", "gs://" + "b" * 64, "gs://" + "b" * 64 + ".com",
        "gs://" + "b." * 112, "gs://user@bucket", "gs://bucket:80", "gs://bucket/" + "x" * 1024, "gs://bucket/a\0b",
        "https://storage.googleapis.com", "https://storage.googleapis.com/", "https://storage.googleapis.com/bucket?x=1",
        "https://storage.googleapis.com/bucket#x", "https://storage.googleapis.com/bucket/%ff",
        "https://storage.googleapis.com/bucket/a%00b", "https://storage.googleapis.com.evil.example/bucket",
        "https://user@storage.googleapis.com/bucket", "http://storage.googleapis.com/bucket",
        "file:///a%00b", "file:///%ff", "memory://x",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_way_out(uri: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_location(uri)
    assert raised.value.fix


def test_a_plain_path_is_a_folder_where_a_base_is_given(tmp_path: Path) -> None:
    assert parse_location("photos/x y", base=tmp_path).container == f"{tmp_path}/photos/x y"
    assert parse_location("/abs", base=tmp_path).container == "/abs"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=30))
def test_every_folder_name_survives_its_address(name: str) -> None:
    location = Location(provider=Provider.FILE, container=f"/x{name}")
    assert parse_location(location.uri) == location


def test_an_object_address_is_percent_encoded_once() -> None:
    s3 = parse_location("s3://bucket/photos")
    assert s3.object_uri("photos/a b+%20\u00e9//x") == "s3://bucket/photos/a%20b%2B%2520%C3%A9//x"
    assert parse_location("file:///my%20photos").object_uri("a?b.jpg") == "file:///my%20photos/a%3Fb.jpg"
    assert parse_location("file:///").object_uri("a") == "file:///a"


def test_the_signature_in_a_pasted_address_is_not_repeated() -> None:
    with pytest.raises(UsageError) as raised:
        parse_location("https://storage.googleapis.com/bucket/a.png?X-Goog-Signature=canary")
    assert "canary" not in str(raised.value)
