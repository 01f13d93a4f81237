"""What S3 answers when things go wrong, and which of our errors each becomes: a doubt is never a missing object."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from tests.contract.conftest import stub_store
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, Answer, S3Stub, error
from tests.support.torture import torture_keys

from mirrorlake.core.errors import (
    AccessDenied,
    ListingBroken,
    MirrorlakeError,
    NoSuchBucket,
    ObjectGone,
    SettingsError,
    SourceUnreachable,
    StorageError,
    WrongRegion,
)
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.connections import is_forbidden
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.open import open_store
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import Keys
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.wrappers import RetryingStore

BUCKET = "bucket"
WHOLE = KeyRange()
ENDLESS = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"  # a date that no calendar holds


@pytest.fixture
def server() -> Iterator[S3Stub]:
    with S3Stub() as stub:
        stub.put(BUCKET, "a.jpg", b"bytes of a")
        yield stub


@pytest.fixture
def store(server: S3Stub) -> Iterator[S3Store]:
    opened = stub_store(server, BUCKET)
    yield opened
    opened.close()


def with_keys(server: S3Stub, access_key: str, secret_key: str, *, region: str = "us-east-1") -> S3Store:
    return S3Store(
        Location(provider=Provider.S3, container=BUCKET),
        S3Access(endpoint=server.endpoint, region=region),
        credentials=Keys(access_key=access_key, secret_key=secret_key),
    )


def said(raised: pytest.ExceptionInfo[MirrorlakeError]) -> str:
    return str(raised.value)


def test_an_unknown_access_key_is_named(server: S3Stub) -> None:
    with pytest.raises(AccessDenied) as raised:
        with_keys(server, "NOBODY", "secret").list_page(WHOLE, None)
    assert "access key id is not known" in said(raised)


def test_a_wrong_secret_is_named_and_never_shown(server: S3Stub) -> None:
    opened = with_keys(server, ACCESS_KEY, "wrong-secret-canary")
    for call in (lambda: opened.list_page(WHOLE, None), lambda: opened.get("a.jpg", token=None, limit=99)):
        with pytest.raises(AccessDenied) as raised:
            call()
        assert "secret access key does not fit" in said(raised)
        assert "canary" not in said(raised)


def test_a_wrong_region_names_the_right_one(server: S3Stub) -> None:
    with pytest.raises(WrongRegion) as raised:
        with_keys(server, ACCESS_KEY, SECRET_KEY, region="eu-west-1").list_page(WHOLE, None)
    assert "--region us-east-1" in said(raised)


@pytest.mark.parametrize("status", [301, 400])
def test_a_redirect_to_another_region_is_not_followed(server: S3Stub, store: S3Store, status: int) -> None:
    server.fail(Answer(status, headers={"x-amz-bucket-region": "ap-south-1", "Location": "http://127.0.0.1:1/"}))
    with pytest.raises(WrongRegion, match="--region ap-south-1"):
        store.head("a.jpg")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDenied", "s3:ListBucket"),
        ("ExpiredToken", "expired"),
        ("RequestTimeTooSkewed", "clock"),
        ("InvalidToken", "session token"),
    ],
)
def test_each_refusal_of_a_listing_has_its_sentence(server: S3Stub, store: S3Store, code: str, sentence: str) -> None:
    server.fail(error(403, code))
    with pytest.raises(AccessDenied, match=sentence):
        store.list_page(WHOLE, None)


def test_a_refused_object_names_the_permission_to_read(server: S3Stub, store: S3Store) -> None:
    server.fail(error(403, "AccessDenied"), times=2)
    with pytest.raises(AccessDenied, match=r"s3:GetObject on arn:aws:s3:::bucket/\*"):
        store.get("a.jpg", token=None, limit=99)


@pytest.mark.parametrize("answer", [Answer(403), Answer(401), Answer(400), Answer(500), Answer(503), Answer(429)])
def test_no_refusal_of_a_head_says_that_the_object_is_gone(server: S3Stub, store: S3Store, answer: Answer) -> None:
    server.fail(answer)
    with pytest.raises(StorageError) as raised:
        store.head("a.jpg")
    assert not isinstance(raised.value, ObjectGone)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_passing_failure_is_worth_a_retry(server: S3Stub, store: S3Store, status: int) -> None:
    server.fail(Answer(status, b"<html>busy</html>"), times=5)
    with pytest.raises(SourceUnreachable):
        store.list_page(WHOLE, None)
    with pytest.raises(SourceUnreachable):
        store.get("a.jpg", token=None, limit=99)
    with pytest.raises(SourceUnreachable):
        store.head("a.jpg")


def test_a_closed_port_is_unreachable() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{held.getsockname()[1]}"
        opened = S3Store(
            Location(provider=Provider.S3, container=BUCKET),
            S3Access(endpoint=endpoint),
            credentials=Keys(access_key="k", secret_key="s"),
        )
        with pytest.raises(SourceUnreachable, match="refused"):
            opened.list_page(WHOLE, None)
        with pytest.raises(SourceUnreachable):
            opened.get("a.jpg", token=None, limit=9)


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    opened = S3Store(
        Location(provider=Provider.S3, container=BUCKET),
        S3Access(endpoint="http://no-such-host.invalid"),
        credentials=Keys(access_key="k", secret_key="s"),
    )
    with pytest.raises(SourceUnreachable):
        opened.list_page(WHOLE, None)


def test_a_missing_bucket_is_told_by_listing_head_and_get(server: S3Stub) -> None:
    opened = stub_store(server, "nowhere")
    with pytest.raises(NoSuchBucket):
        opened.list_page(WHOLE, None)
    with pytest.raises(NoSuchBucket):
        opened.head("a.jpg")
    with pytest.raises(NoSuchBucket):
        opened.get("a.jpg", token=None, limit=99)


def test_a_body_cut_short_is_no_page(server: S3Stub, store: S3Store) -> None:
    server.fail(Answer(200, b"<ListBucketResult>" + b" " * 5000, cut=100))
    with pytest.raises(SourceUnreachable):
        store.list_page(WHOLE, None)


def test_an_object_cut_short_is_asked_again_and_never_handed_out(server: S3Stub, store: S3Store) -> None:
    cut = Answer(200, b"x" * 5000, {"ETag": '"t"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}, cut=100)
    server.fail(cut, times=2)
    with pytest.raises(SourceUnreachable):
        store.get("a.jpg", token=None, limit=9999)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"<html>a proxy's page</html>",
        b"<Error></Error>",
        b"<ListBucketResult></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>3</KeyCount></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>false</IsTruncated>",
        b'<!DOCTYPE x [<!ENTITY e "a">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>',
        b"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents></ListBucketResult>",
    ],
)
def test_a_success_that_is_no_listing_page_is_no_empty_listing(server: S3Stub, store: S3Store, body: bytes) -> None:
    server.fail(Answer(200, body))
    with pytest.raises(ListingBroken):
        store.list_page(WHOLE, None)


def test_a_refusal_that_comes_as_a_success_is_understood(server: S3Stub, store: S3Store) -> None:
    for code, kind in [("InternalError", SourceUnreachable), ("ExpiredToken", AccessDenied)]:
        server.fail(Answer(200, error(500, code).body))
        with pytest.raises(kind):
            store.list_page(WHOLE, None)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    ("location", "told"),
    [("https://files.example.com/bucket/?list-type=2", "--endpoint https://files.example.com."), ("/login", "another")],
)
def test_a_redirect_that_names_no_region_is_told_and_not_followed(
    server: S3Stub, store: S3Store, status: int, location: str, told: str
) -> None:
    server.fail(Answer(status, b"<html>Moved</html>", {"Location": location}), times=2)
    for call in (lambda: store.list_page(WHOLE, None), lambda: store.head("a.jpg")):
        with pytest.raises(StorageError, match="not followed") as raised:
            call()
        assert told in said(raised)
        assert not isinstance(raised.value, ObjectGone)


def test_the_region_that_a_new_bucket_is_redirected_to_is_named(server: S3Stub, store: S3Store) -> None:
    server.fail(error(307, "TemporaryRedirect", Region="ap-south-1"))
    with pytest.raises(WrongRegion, match="--region ap-south-1"):
        store.list_page(WHOLE, None)


@pytest.mark.parametrize(
    ("said_by_server", "least", "most"),
    [
        ("7", 7, 8),
        (format_datetime(datetime.now(UTC) + timedelta(hours=9)), 30, 31),
        ("soon", 0, 1),
        ("-5", 0, 1),
        (ENDLESS, 0, 1),
    ],
    ids=["seconds", "date", "no date", "negative", "no calendar"],  # a date of now would name the test anew each second
)
def test_a_server_that_says_when_is_not_asked_before(
    server: S3Stub, store: S3Store, said_by_server: str, least: float, most: float
) -> None:
    server.fail(Answer(503, error(503, "SlowDown").body, {"Retry-After": said_by_server}))
    waits: list[float] = []
    assert RetryingStore(store, RetryPolicy(sleep=waits.append)).list_page(WHOLE, None).batch.num_rows == 1
    (waited,) = waits
    assert least <= waited <= most


def test_a_date_of_no_calendar_costs_no_object(server: S3Stub, store: S3Store) -> None:
    server.fail(Answer(200, b"", {"ETag": '"t"', "Last-Modified": ENDLESS}), method="HEAD")
    found = store.head("a.jpg")
    assert (found.token, found.modified) == ("t", None)


def test_a_page_that_came_broken_is_asked_once_more(server: S3Stub, store: S3Store) -> None:
    whole = Answer(200, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    cut = Answer(200, whole.body[:-5])
    server.fail(cut)
    retrying = RetryingStore(store, RetryPolicy(sleep=lambda _: None))
    assert retrying.list_page(WHOLE, None).batch.num_rows == 1
    server.fail(cut, times=2)
    with pytest.raises(ListingBroken):
        retrying.list_page(WHOLE, None)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404),
        Answer(404, b"<html><h1>404 Not Found</h1></html>"),
        Answer(404, b'{"error": "not found"}'),
        Answer(403, b"<html>Forbidden</html>"),
        Answer(200, b"<html>Welcome</html>"),
        error(403, "AccessDenied"),
        error(503, "SlowDown"),
    ],
)
def test_a_404_that_is_not_confirmed_in_the_words_of_s3_is_no_missing_object(
    server: S3Stub, store: S3Store, answer: Answer
) -> None:
    # A file server in the place of the bucket, or a proxy before it, says 404 to every HEAD.
    server.fail(Answer(404), method="HEAD")
    server.fail(answer, method="GET")
    with pytest.raises(StorageError) as raised:
        store.head("a.jpg")
    assert not isinstance(raised.value, ObjectGone)


@pytest.mark.parametrize("key", ["a.jpg", "a//b.jpg"])
def test_a_get_that_finds_nothing_in_other_words_is_no_missing_object(server: S3Stub, store: S3Store, key: str) -> None:
    server.fail(Answer(404, b"<html>Not Found</html>"), times=2)
    with pytest.raises(StorageError, match="may still exist"):
        store.get(key, token=None, limit=99)


def test_a_bucket_with_thousands_of_folders_is_cut_evenly(server: S3Stub, store: S3Store) -> None:
    for place in range(3000):
        server.put("wide", f"f{place:04}/x", b"")
    wide = stub_store(server, "wide")
    sizes = [sum(batch.num_rows for batch in list_range(wide, part)) for part in wide.split(WHOLE, 4)]
    assert sizes == [750, 750, 750, 750]


def test_a_folder_that_stands_alone_is_cut_inside(server: S3Stub, store: S3Store) -> None:
    for place in range(40):
        server.put("deep", f"only/one/f{place:02}/x", b"")
    assert len(stub_store(server, "deep").split(WHOLE, 4)) == 4


def test_an_error_in_the_middle_of_a_listing_leaves_no_certificate(server: S3Stub, store: S3Store) -> None:
    server.page_keys = 10
    for place in range(100):
        server.put(BUCKET, f"k{place:03}", b"")
    server.fail(error(503, "SlowDown"), skip=5)
    listing = list_range(store, WHOLE)
    with pytest.raises(SourceUnreachable):
        list(listing)
    with pytest.raises(ListingBroken):
        listing.certificate()


def test_a_server_that_gives_the_same_page_for_ever_is_caught(server: S3Stub, store: S3Store) -> None:
    page = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>"
        b"</ListBucketResult>"
    )
    server.fail(Answer(200, page), times=100)
    with pytest.raises(ListingBroken, match="returns to an earlier page"):
        list(list_range(store, WHOLE))


def test_a_server_that_ignores_if_match_cannot_pass_off_other_bytes(server: S3Stub, store: S3Store) -> None:
    other = Answer(200, b"other", {"ETag": '"other"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"})
    for key in ("a.jpg", "a//b.jpg"):
        server.put(BUCKET, key, b"bytes")
        token = store.head(key).token
        server.fail(other, method="GET")
        with pytest.raises(MirrorlakeError, match="changed"):
            store.get(key, token=token, limit=99)


def test_a_public_bucket_is_read_without_a_signature(server: S3Stub) -> None:
    server.public.add(BUCKET)
    opened = open_store(
        Location(provider=Provider.S3, container=BUCKET), S3Access(endpoint=server.endpoint, anonymous=True)
    )
    assert opened.get("a.jpg", token=opened.head("a.jpg").token, limit=99).data == b"bytes of a"
    assert [key for batch in list_range(opened, WHOLE) for key in batch.column("key").to_pylist()] == ["a.jpg"]
    assert not any("authorization" in request.headers for request in server.requests)
    server.public.clear()
    with pytest.raises(AccessDenied, match="not public"):
        opened.list_page(WHOLE, None)


def test_presigned_urls_serve_every_key(server: S3Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    opened = open_store(Location(provider=Provider.S3, container=BUCKET), S3Access(endpoint=server.endpoint))

    def sign(key: str, seconds: int) -> str:
        url = opened.presign(key, seconds)
        assert url is not None
        return url

    parts = urlsplit(server.endpoint)
    with urllib3.HTTPConnectionPool(parts.hostname or "", parts.port) as pool:
        for key in torture_keys():
            server.put(BUCKET, key, key.encode())
            target = sign(key, 60).removeprefix(server.endpoint)
            answer = pool.request("GET", target)
            assert (answer.status, answer.data) == (200, key.encode()), key
        cut = sign("a.jpg", 60).removeprefix(server.endpoint)[:-1] + "x"
        assert pool.request("GET", cut).status == 403


def test_keys_that_no_catalog_can_hold_are_told_apart(server: S3Stub, store: S3Store) -> None:
    server.put(BUCKET, b"latin1-\xe9.jpg", b"")
    server.put(BUCKET, b"nul-\x00.jpg", b"")
    listing = list_range(store, WHOLE)
    assert [key for batch in listing for key in batch.column("key").to_pylist()] == ["a.jpg"]
    told = listing.certificate().unsupported
    assert [one.shown for one in told] == ["latin1-\\xe9.jpg", "nul-\\x00.jpg"]
    assert {one.reason for one in told} == {
        "its key contains a NUL character or is not UTF-8, which no catalog can hold"
    }


def test_the_machines_chain_is_asked_for_credentials(
    server: S3Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    location, access = Location(provider=Provider.S3, container=BUCKET), S3Access(endpoint=server.endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with pytest.raises(AccessDenied, match="No AWS credentials were found"):
        open_store(location, access).list_page(WHOLE, None)
    with pytest.raises(SettingsError, match="no AWS profile named 'nobody'"):
        open_store(location, S3Access(endpoint=server.endpoint, profile="nobody"))
    (tmp_path / "credentials").write_text(
        f"[lake]\naws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}\n"
    )
    opened = open_store(location, S3Access(endpoint=server.endpoint, profile="lake"))
    assert opened.list_page(WHOLE, None).batch.num_rows == 1
    assert opened.get("a.jpg", token=None, limit=99).data == b"bytes of a"


def test_another_endpoint_in_the_environment_leads_nowhere_else(
    server: S3Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    opened = stub_store(server, BUCKET)
    assert opened.get("a.jpg", token=None, limit=99).data == b"bytes of a"
    assert len([request for request in server.requests if request.method == "GET"]) == 1


@pytest.mark.parametrize(
    "endpoint", ["ftp://x", "127.0.0.1:9000", "http://", "http://u:p@host", "http://h:x", "http://h?q"]
)
def test_an_endpoint_that_is_no_address_is_refused_before_any_request(endpoint: str) -> None:
    with pytest.raises(SettingsError):
        S3Store(Location(provider=Provider.S3, container=BUCKET), S3Access(endpoint=endpoint))


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "2852039166", "0xa9fea9fe"]
)
def test_a_metadata_service_is_never_asked(host: str) -> None:
    opened = S3Store(
        Location(provider=Provider.S3, container=BUCKET),
        S3Access(endpoint=f"http://{host}"),
        credentials=Keys(access_key="k", secret_key="s"),
    )
    for call in (lambda: opened.list_page(WHOLE, None), lambda: opened.get("a", token=None, limit=9)):
        with pytest.raises(AccessDenied, match="metadata address"):
            call()


def test_link_local_addresses_are_known_in_every_disguise() -> None:
    bad = [
        "169.254.0.1",
        "fe80::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254",
    ]
    good = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd00::1", "52.216.0.1", "2600:1f18::1"]
    assert [address for address in bad + good if is_forbidden(address)] == bad


def test_a_page_without_end_is_not_read_to_it(server: S3Stub, store: S3Store) -> None:
    server.fail(Answer(200, b"<ListBucketResult>" + b" " * (33 << 20)))
    with pytest.raises(SourceUnreachable, match="more than 33,554,432 bytes"):
        store.list_page(WHOLE, None)
    assert store.list_page(WHOLE, None).batch.num_rows == 1


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    client = HttpClient("http://127.0.0.1:1")
    with pytest.raises(NoAnswer) as raised:
        client.send("GET", "/", client.headers({"x-amz-security-token": "canary\r\nx"}))
    assert "canary" not in str(raised.value)


def test_blanks_around_pasted_credentials_do_no_harm(server: S3Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"{ACCESS_KEY} \n")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f" {SECRET_KEY}\r\n")
    location, access = Location(provider=Provider.S3, container=BUCKET), S3Access(endpoint=server.endpoint)
    assert open_store(location, access).list_page(WHOLE, None).batch.num_rows == 1
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two canary words")
    with pytest.raises(AccessDenied, match="secret access key holds a blank") as raised:
        open_store(location, access).list_page(WHOLE, None)
    assert "canary" not in said(raised)
