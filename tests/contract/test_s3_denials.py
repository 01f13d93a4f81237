"""Why a server refuses a request: each code has its advice, and the words of the server are kept, cleaned and cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.conftest import stub_store
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub
from tests.support.s3wire import Answer, error

from mirrorlake.core.errors import AccessDenied, ObjectArchived, StorageError
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.providers.s3.writable import S3WritableStore

BUCKET = "bucket"


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


def refused(code: str, message: str, *, status: int = 403, **fields: str) -> Answer:
    body = error(status, code, **fields).body.replace(
        f"<Message>{code}</Message>".encode(), f"<Message>{message}</Message>".encode()
    )
    return Answer(status, body, {"Content-Type": "application/xml"})


def reads(server: S3Stub, store: S3Store, answer: Answer) -> StorageError:
    """The error of reading an object whose every GET has this answer."""
    server.faults = [lambda request: answer if request.method == "GET" else None]
    with pytest.raises(StorageError) as raised:
        store.get("a.jpg", token=None, limit=99)
    return raised.value


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("AccessDenied", 403, "Allow s3:GetObject on arn:aws:s3:::bucket/*"),
        ("InvalidAccessKeyId", 403, "Check AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", 403, "Check AWS_SECRET_ACCESS_KEY"),
        ("RequestTimeTooSkewed", 403, "Set the clock"),
        ("ExpiredToken", 400, "Sign in again"),
        ("InvalidToken", 400, "temporary keys"),
        ("KMS.DisabledException", 400, "kms:Decrypt"),
        ("KMS.AccessDeniedException", 400, "kms:Decrypt"),
        ("AllAccessDisabled", 403, "Ask the bucket's owner"),
        ("AccountProblem", 403, "Ask the bucket's owner"),
        ("UserSuspended", 403, "Ask the bucket's owner"),
        ("XMinioSomethingNew", 403, "Look the code up"),
    ],
)
def test_each_code_has_its_advice_and_keeps_the_words_of_the_server(
    server: S3Stub, store: S3Store, code: str, status: int, advice: str
) -> None:
    told = reads(server, store, refused(code, "Because it is Monday.", status=status))
    assert isinstance(told, AccessDenied)
    assert advice in told.fix
    assert "The server reports: Because it is Monday." in told.message
    if code != "AccessDenied":
        assert "s3:GetObject" not in told.fix or advice == "Look the code up"


def test_a_denial_of_the_encryption_key_asks_for_that_key(server: S3Stub, store: S3Store) -> None:
    words = "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on the resource"
    told = reads(server, store, refused("AccessDenied", words))
    assert "kms:Decrypt" in told.fix
    assert words in told.message


@pytest.mark.parametrize("tier", ["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"])
def test_an_archived_object_is_named_so(server: S3Stub, store: S3Store, tier: str) -> None:
    answer = refused(
        "InvalidObjectState",
        "The operation is not valid for the object's access tier",
        StorageClass="INTELLIGENT_TIERING",
        AccessTier=tier,
    )
    told = reads(server, store, answer)
    assert isinstance(told, ObjectArchived)
    assert f"a.jpg is archived ({tier} in INTELLIGENT_TIERING)" in told.message
    assert "access tier" in told.message
    assert "Restore it" in told.fix


def test_words_that_only_repeat_the_code_are_left_out(server: S3Stub, store: S3Store) -> None:
    for message in ("AccessDenied", "Access Denied", "access denied.", ""):
        assert "server reports" not in reads(server, store, refused("AccessDenied", message)).message


def test_hostile_words_are_cleaned_and_cut(server: S3Stub, store: S3Store) -> None:
    told = reads(server, store, refused("AccessDenied", "No\x9b31m\nway\u202e\u200b " + "spam " * 10_000))
    assert told.message.isprintable()
    assert len(told.message) < 500
    assert "No 31m way spam" in told.message


def test_a_refused_listing_keeps_the_words_too(server: S3Stub, store: S3Store) -> None:
    server.fail(refused("AccessDenied", "Your network is not allowed."))
    with pytest.raises(AccessDenied, match=r"Your network is not allowed") as raised:
        store.list_page(KeyRange(), None)
    assert "s3:ListBucket" in raised.value.fix


def test_a_library_store_that_is_refused_keeps_the_words_too(server: S3Stub) -> None:
    keys = Keys(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    library = S3WritableStore(
        Location(provider=Provider.S3, container=BUCKET, prefix="lib/"),
        S3Access(endpoint=server.endpoint),
        config=AwsConfig(
            region="us-east-1",
            server=S3Server(url=server.endpoint, origin="this test"),
            ca_bundle=None,
            source=keys,
        ),
    )
    refusal = refused("AccessDenied", "An explicit deny of the organisation.")
    for call in (lambda: library.put("a", b"x"), lambda: library.get("a"), lambda: list(library.list(""))):
        server.fail(refusal)
        with pytest.raises(AccessDenied, match="An explicit deny of the organisation") as raised:
            call()
        assert "s3:PutObject" in raised.value.fix
    server.fail(refused("RequestTimeTooSkewed", "The difference is too large."))
    with pytest.raises(AccessDenied, match="clock"):
        library.put("a", b"x")


@pytest.mark.parametrize("quirk", ["if-match-refused", "if-match-unquoted-only", "if-match-not-implemented"])
def test_a_server_without_if_match_is_asked_for_it_once(quirk: str) -> None:
    with S3Stub(quirks=[quirk]) as server:
        token = server.put(BUCKET, "a.jpg", b"bytes of a")
        store = stub_store(server, BUCKET)
        for _ in range(5):
            assert store.get("a.jpg", token=token, limit=99).data == b"bytes of a"
        conditional = ["if-match" in request.headers for request in server.requests]
        assert (conditional.count(True), conditional.count(False)) == (1, 5)
        store.close()


def test_a_body_of_unknown_length_is_read_up_to_the_limit(server: S3Stub, store: S3Store) -> None:
    endless = Answer(200, b"x" * 5000, {"ETag": '"t"'}, framing="chunked")
    assert "more bytes than the 4,999 allowed" in _limited(server, store, endless, 4999)
    server.faults = [lambda _: endless]
    assert len(store.get("a.jpg", token="t", limit=5000).data) == 5000


def _limited(server: S3Stub, store: S3Store, answer: Answer, limit: int) -> str:
    server.faults = [lambda _: answer]
    with pytest.raises(StorageError) as raised:
        store.get("a.jpg", token="t", limit=limit)
    return str(raised.value)
