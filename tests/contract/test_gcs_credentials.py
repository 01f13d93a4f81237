"""Who may authenticate and how: every kind of credentials against a stub of Google's token services."""

from __future__ import annotations

import base64
import json
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from tests.contract.conftest import Clock
from tests.support.gcsstub import GcsStub
from tests.support.gcstokens import EMAIL, SUBJECT, FixedToken, TokenStub, pem, private_key
from tests.support.httpstub import Answer
from tests.support.s3quirks import as_google
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.core.errors import AccessDenied, MirrorlakeError, ObjectChanged, SettingsError, SourceUnreachable
from mirrorlake.model.credentials import (
    Ambient,
    AwsKeys,
    AzureSas,
    Credentials,
    GcsServiceAccount,
    GcsWorkloadIdentity,
)
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.base import Store
from mirrorlake.storage.connections import ForbiddenAddress
from mirrorlake.storage.providers.gcs import machine
from mirrorlake.storage.providers.gcs.access import GcsAccess
from mirrorlake.storage.providers.gcs.config import GOOGLE, config_of
from mirrorlake.storage.providers.gcs.impersonation import Impersonation
from mirrorlake.storage.providers.gcs.machine_tokens import MetadataService
from mirrorlake.storage.providers.gcs.provider import GcsProvider
from mirrorlake.storage.providers.gcs.signed_urls import signed_url
from mirrorlake.storage.providers.gcs.store import GcsStore
from mirrorlake.storage.providers.gcs.tokens import CLOUD, READ, TokenSource, UrlSigner, token_cache
from mirrorlake.storage.tokens import AccessToken
from mirrorlake.storage.wire import Wire

WHOLE = KeyRange()
MACHINE = ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "GCE_METADATA_HOST", "STORAGE_EMULATOR_HOST")


@pytest.fixture
def google() -> Iterator[TokenStub]:
    with TokenStub() as server:
        yield server


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without credentials, whatever the tests run on."""
    for name in MACHINE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))


def key_of(google: TokenStub, **changed: object) -> GcsServiceAccount:
    return GcsServiceAccount(info=json.dumps({**google.key_file(), **changed}))


def opened(stub: GcsStub, credentials: Credentials) -> GcsStore:
    provider = GcsProvider()
    access = GcsAccess(endpoint=stub.endpoint)
    location = Location(provider=Provider.GCS, container="bucket")
    store = provider.open(location, access, resolved=provider.resolve(access, credentials))
    assert isinstance(store, GcsStore)
    return store


def verified(signer: UrlSigner) -> str:
    """Verify what it signs; return the account of its URLs."""
    data = b"string to sign"
    private_key().public_key().verify(signer.sign(data), data, padding.PKCS1v15(), hashes.SHA256())
    query = dict(parse_qsl(urlsplit(signed_url(f"{GOOGLE}/b/k", signer, 60)).query))
    return query["X-Goog-Credential"].partition("/")[0]


def file_of(folder: Path, document: object) -> str:
    path = folder / "credentials.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_a_service_account_reads_with_the_token_of_its_key(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.put("bucket", "a", b"x")
    gcs_stub.tokens = set(google.issued)
    store = opened(gcs_stub, key_of(google))
    with pytest.raises(AccessDenied, match="access token is not valid"):
        store.list_page(WHOLE, None)
    gcs_stub.tokens = {f"ya29.issued-{number}" for number in range(9)}
    assert store.list_page(WHOLE, None).batch.num_rows == 1
    assert store.get("a", token=None, limit=9).data == b"x"
    assert set(google.scopes) == {READ}
    assert len(google.issued) == 2  # the first one was refused
    url = dict(parse_qsl(urlsplit(str(store.presign("a", 60))).query))
    assert url["X-Goog-Credential"].startswith(f"{EMAIL}/")
    store.close()


def test_a_token_that_is_refused_before_its_time_is_replaced_once(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.put("bucket", "a", b"x")
    gcs_stub.tokens = {"ya29.issued-0", "ya29.issued-1"}
    store = opened(gcs_stub, key_of(google))
    store.head("a")
    gcs_stub.tokens = {"ya29.issued-1"}
    assert store.head("a").size == 1
    gcs_stub.tokens = set()
    gcs_stub.http.requests.clear()
    with pytest.raises(AccessDenied):
        store.head("a")
    assert len(gcs_stub.http.requests) == 2
    store.close()


def source_of(google: TokenStub) -> TokenSource:
    source = config_of(GcsAccess(), key_of(google)).source
    assert source is not None
    return source


def test_in_a_long_pass_tokens_are_replaced_before_they_expire(google: TokenStub, clock: Clock) -> None:
    cache = token_cache(source_of(google), READ)
    seen: list[str] = []
    for _ in range(24 * 4):  # a day, in quarters of an hour
        seen.append(cache.current())
        clock.now += 900
    assert seen == [token for token in google.issued for _ in range(4)]
    assert len(google.issued) == 24


def test_a_token_server_that_is_down_for_a_while_stops_nothing(google: TokenStub, clock: Clock) -> None:
    cache = token_cache(source_of(google), READ)
    first = cache.current()
    google.http.fail(Answer(503), times=2)
    clock.now += 3400
    assert cache.current() == first
    clock.now += 300  # it has expired
    with pytest.raises(SourceUnreachable, match="answered 503"):
        cache.current()
    assert cache.current() != first


@pytest.mark.parametrize("life", [1, 60, None, 10**12])
def test_a_token_of_any_life_is_used_more_than_once(google: TokenStub, clock: Clock, life: float | None) -> None:
    google.life_s = life
    cache = token_cache(source_of(google), READ)
    assert cache.current() == cache.current()
    clock.now += 13 * 3600  # longer than any token of Google
    cache.current()
    assert len(google.issued) == 2


def test_many_threads_fetch_one_token(google: TokenStub) -> None:
    cache = token_cache(source_of(google), READ)
    ready = threading.Barrier(8)

    def current(_: int) -> str:
        ready.wait()
        return cache.current()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(current, range(8))) == {"ya29.issued-0"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, json.dumps({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}).encode()),
        Answer(200, b"{}"),
        Answer(200, b"[]"),
        Answer(200, b"<html>"),
        Answer(200, b'{"a":' * 10_000),
        Answer(200, json.dumps({"access_token": 5}).encode()),
        Answer(200, json.dumps({"access_token": "two words"}).encode()),
        Answer(200, json.dumps({"access_token": "a\r\nX-Injected: 1"}).encode()),
        Answer(200, json.dumps({"access_token": "caf\u00e9"}).encode()),
        Answer(302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
    ids=lambda answer: repr(answer.body[:40]),
)
def test_what_is_no_token_is_a_refusal_without_secrets(google: TokenStub, answer: Answer) -> None:
    google.http.fail(answer)
    with pytest.raises(AccessDenied, match=f"No access token for {EMAIL}") as raised:
        source_of(google).fetch(READ)
    assert "PRIVATE" not in str(raised.value)
    assert "eyJ" not in str(raised.value)  # of an assertion


def test_a_token_answer_without_end_is_not_read_to_its_end(google: TokenStub) -> None:
    google.http.fail(Answer(200, b'{"access_token": "' + b"x" * 1_000_000 + b'"}'))
    with pytest.raises(SourceUnreachable, match="more than 65,536 bytes"):
        source_of(google).fetch(READ)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"type": "authorized_user"}, "not of the type service_account"),
        ({"private_key": None}, "no private_key"),
        ({"private_key": "canary"}, "cannot be read"),
        ({"private_key": pem()[:200]}, "cannot be read"),
        ({"client_email": ""}, "no client_email"),
        ({"client_email": "x y@z"}, "not an e-mail address"),
        ({"token_uri": "http://tokens.example/canary"}, "not an HTTPS address"),
        ({"token_uri": "https://user@tokens.example/"}, "not an HTTPS address"),
        ({"token_uri": "file:///etc/passwd"}, "not an HTTPS address"),
        ({"token_uri": 5}, "not an HTTPS address"),
    ],
)
def test_an_unusable_key_file_is_refused_without_a_request(
    google: TokenStub, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as raised:
        config_of(GcsAccess(), key_of(google, **changed))
    assert "canary" not in str(raised.value)
    assert google.http.requests == []


def test_a_token_address_in_a_private_place_is_refused(google: TokenStub) -> None:
    for address in ("https://169.254.169.254/token", "https://[fd00:ec2::254]/", "https://2852039166/token"):
        source = config_of(GcsAccess(), key_of(google, token_uri=address)).source
        assert source is not None
        with pytest.raises(ForbiddenAddress):
            source.fetch(READ)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "canary", '"x"', "[" * 100_000])
def test_credentials_that_are_not_json_objects_are_refused(text: str) -> None:
    for credentials in (GcsServiceAccount(info=text), GcsWorkloadIdentity(info=text)):
        with pytest.raises(SettingsError) as raised:
            config_of(GcsAccess(), credentials)
        assert "canary" not in str(raised.value)


def test_credentials_go_nowhere_without_encryption(google: TokenStub) -> None:
    with pytest.raises(SettingsError, match="not sent without encryption"):
        config_of(GcsAccess(endpoint="http://storage.example"), key_of(google))
    assert config_of(GcsAccess(endpoint="https://storage.example"), key_of(google)).source is not None


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "https://evil.example", "https://evilgoogleapis.com",
                                      "http://storage.googleapis.com"])  # fmt: skip
def test_the_credentials_of_the_machine_go_only_to_google(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, google: TokenStub, endpoint: str
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file_of(tmp_path, google.key_file()))
    for credentials in (None, Ambient()):
        with pytest.raises(SettingsError, match="sent only to Google"):
            config_of(GcsAccess(endpoint=endpoint), credentials)
        assert config_of(GcsAccess(), credentials).source is not None
    assert config_of(GcsAccess(endpoint=endpoint, anonymous=True)).anonymous


def test_credentials_of_another_cloud_are_refused() -> None:
    with pytest.raises(SettingsError, match="not for Google Cloud Storage"):
        config_of(GcsAccess(), AzureSas(account="a", token="t"))


def test_no_repr_and_no_pickle_error_shows_a_secret(google: TokenStub, tmp_path: Path) -> None:
    user = {"type": "authorized_user", "client_id": "id", "client_secret": "canary", "refresh_token": "canary"}
    made = [
        config_of(GcsAccess(), key_of(google)),
        config_of(GcsAccess(), AwsKeys(access_key_id="GOOG1E", secret_access_key="canary")),
        machine.source_of(user, operator=True),
        AccessToken(text="canary", life_s=1),
    ]
    for one in made:
        assert "canary" not in repr(one)
        assert "PRIVATE" not in repr(one)
        assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own


def test_of_the_machine_a_named_file_is_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, google: TokenStub
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file_of(tmp_path, google.key_file()))
    source = machine.machine_source()
    assert (source.principal, source.fetch(READ).text) == (EMAIL, "ya29.issued-0")


def test_of_the_machine_the_user_of_gcloud_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, google: TokenStub
) -> None:
    folder = tmp_path / "gcloud"
    folder.mkdir()
    user = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "refresh"}
    (folder / "application_default_credentials.json").write_text(json.dumps(user))
    source = machine.machine_source()
    monkeypatch.setattr("mirrorlake.storage.providers.gcs.machine_tokens.TOKEN_URL", f"{google.endpoint}/token")
    assert source.fetch(READ).text == "ya29.issued-0"
    assert source.signer() is None


def test_of_the_machine_the_metadata_service_is_last_and_signs_through_iam(
    monkeypatch: pytest.MonkeyPatch, google: TokenStub
) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", google.metadata_host)
    monkeypatch.setattr("mirrorlake.storage.providers.gcs.impersonation.IAM", google.endpoint)
    source = machine.machine_source()
    assert source.fetch(READ).text == "ya29.issued-0"
    assert google.scopes == [READ]
    signer = source.signer()
    assert signer is not None
    assert verified(signer) == EMAIL


def test_a_machine_without_credentials_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")
    source = machine.machine_source()
    with pytest.raises(AccessDenied, match="gcloud auth application-default login"):
        source.fetch(READ)


def test_another_server_is_not_taken_for_the_metadata_service(
    monkeypatch: pytest.MonkeyPatch, google: TokenStub
) -> None:
    google.http.fail(Answer(200, json.dumps({"access_token": "t"}).encode()))
    with pytest.raises(AccessDenied, match="not the expected service"):
        MetadataService(host=google.metadata_host).fetch(READ)
    monkeypatch.setenv("GCE_METADATA_HOST", "host/path?x=")
    with pytest.raises(SettingsError, match="GCE_METADATA_HOST"):
        machine.machine_source()


def test_a_proxy_is_never_asked_for_the_metadata_service(monkeypatch: pytest.MonkeyPatch, google: TokenStub) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert MetadataService(host=google.metadata_host).fetch(READ).text == "ya29.issued-0"


def test_impersonation_from_gcloud_acts_as_the_service_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, google: TokenStub
) -> None:
    document = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": google.impersonation_url,
        "source_credentials": google.key_file(),
    }
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file_of(tmp_path, document))
    source = machine.machine_source()
    assert (source.fetch(READ).text, google.scopes) == ("ya29.issued-1", [CLOUD, READ])
    signer = source.signer()
    assert signer is not None
    assert verified(signer) == EMAIL


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"type": "gdch"}', "x" * 300_000])
def test_an_unusable_file_of_the_machine_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(SettingsError):
        machine.machine_source()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    with pytest.raises(SettingsError, match=r"absent.json.* cannot be read"):
        machine.machine_source()


def test_an_emulator_that_googles_libraries_know_gets_no_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, google: TokenStub
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file_of(tmp_path, google.key_file()))
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:4443")
    config = config_of(GcsAccess())
    assert (config.anonymous, config.server.url) == (True, "http://127.0.0.1:4443")


@pytest.mark.parametrize("impersonated", [False, True])
def test_a_foreign_token_in_a_file_is_read_each_time_it_is_exchanged(
    tmp_path: Path, google: TokenStub, *, impersonated: bool
) -> None:
    file = tmp_path / "token"
    document = google.federation(file=str(file))
    if impersonated:
        document["service_account_impersonation_url"] = google.impersonation_url
    source = machine.source_of(document, operator=True)
    file.write_text("expired")
    with pytest.raises(AccessDenied, match="Invalid subject token") as raised:
        source.fetch(READ)
    assert "expired" not in str(raised.value)
    file.write_text(f"{SUBJECT}\n")
    assert source.fetch(READ).text == f"ya29.issued-{int(impersonated)}"
    signer = source.signer()
    assert (signer is not None) == impersonated
    assert signer is None or verified(signer) == EMAIL


def test_a_foreign_token_from_an_address_is_read_as_its_format_says(google: TokenStub) -> None:
    form = {"type": "json", "subject_token_field_name": "id_token"}
    source = google.federation(url=f"{google.endpoint}/subject", headers={"Metadata": "True"}, format=form)
    assert machine.source_of(source, operator=True).fetch(READ).text == "ya29.issued-0"
    (asked, _) = google.http.requests
    assert asked.headers["metadata"] == "True"


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 100_000])
def test_a_file_without_a_foreign_token_is_named(tmp_path: Path, google: TokenStub, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(AccessDenied, match="token"):
        machine.source_of(google.federation(file=str(file)), operator=True).fetch(READ)
    for name in (str(tmp_path), str(tmp_path / "absent"), "/dev/zero"):
        with pytest.raises(AccessDenied):
            machine.source_of(google.federation(file=name), operator=True).fetch(READ)
    assert google.http.requests == []


def test_users_of_the_library_may_send_tokens_only_to_google(tmp_path: Path, google: TokenStub) -> None:
    here = google.federation(file=str(tmp_path / "token"))
    right = here | {"token_url": "https://sts.googleapis.com/v1/token"}
    other = "https://iamcredentials.example/v1/projects/-/serviceAccounts/a@b:generateAccessToken"
    documents: list[dict[str, object]] = [
        here,
        right | {"token_url": "https://sts.googleapis.com.evil.example/"},
        right | {"token_url": "https://sts.googleapis.com:8443/"},
        right | {"service_account_impersonation_url": other},
        right | {"credential_source": {"url": f"{google.endpoint}/subject"}},
        right | {"credential_source": {"url": "http://169.254.169.254/metadata"}},
        right | {"credential_source": {"executable": {"command": "/bin/sh"}}},
        right | {"credential_source": {"environment_id": "aws1", "url": "https://x/"}},
        right | {"audience": ""},
    ]
    for document in documents:
        with pytest.raises(SettingsError):
            config_of(GcsAccess(), GcsWorkloadIdentity(info=json.dumps(document)))
    assert config_of(GcsAccess(), GcsWorkloadIdentity(info=json.dumps(right))).source is not None
    assert google.http.requests == []


def test_a_signature_that_is_none_is_refused(google: TokenStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirrorlake.storage.providers.gcs.impersonation.IAM", google.endpoint)
    signer = MetadataService(host=google.metadata_host).signer()
    assert signer is not None
    for body in (b"{}", json.dumps({"signedBlob": "*"}).encode(), json.dumps({"signedBlob": ""}).encode()):
        google.http.fail(Answer(200, body), fits=lambda request: request.path.endswith(":signBlob"))
        with pytest.raises(MirrorlakeError):
            signer.sign(b"x")
    assert base64.b64encode(signer.sign(b"x"))


@pytest.mark.parametrize("networks", [(), ("10.0.0.0/8",)])
def test_a_connection_of_a_user_reaches_no_address_that_an_operator_did_not_allow(
    google: TokenStub, gcs_stub: GcsStub, networks: tuple[str, ...]
) -> None:
    """Neither for the bucket, nor for the token, nor to act as another account."""
    access = GcsAccess(endpoint=gcs_stub.endpoint, networks=networks)
    location = Location(provider=Provider.GCS, container="bucket")
    keys = AwsKeys(access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY)
    for credentials in (key_of(google), keys):
        store = GcsProvider().open(location, access, resolved=GcsProvider().resolve(access, credentials))
        with pytest.raises(ForbiddenAddress, match="not a public address"):
            store.list_page(WHOLE, None)
        store.close()
    source = config_of(GcsAccess(networks=networks), key_of(google)).source
    assert source is not None
    acting = Impersonation.from_address(FixedToken("t"), google.impersonation_url, Wire(networks=networks))
    signer = acting.signer()
    assert signer is not None
    for call in (lambda: source.fetch(READ), lambda: acting.fetch(READ), lambda: signer.sign(b"x")):
        with pytest.raises(ForbiddenAddress, match="not a public address"):
            call()
    assert (google.http.requests, gcs_stub.http.requests) == ([], [])


def test_an_address_that_an_operator_allowed_is_reached(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.put("bucket", "a", b"x")
    gcs_stub.tokens = {"ya29.issued-0"}
    access = GcsProvider().read_access({"endpoint": gcs_stub.endpoint, "networks": ("127.0.0.0/8",), "region": None})
    location = Location(provider=Provider.GCS, container="bucket")
    store = GcsProvider().open(location, access, resolved=GcsProvider().resolve(access, key_of(google)))
    assert store.list_page(WHOLE, None).batch.num_rows == 1
    assert access.stored() == {"endpoint": gcs_stub.endpoint, "anonymous": False}
    store.close()


@pytest.fixture
def xml_server() -> Iterator[S3Stub]:
    with S3Stub(region="auto") as server:
        server.quirks = (as_google,)
        server.put("bucket", "a//b", b"bytes")
        yield server


@pytest.fixture
def xml_store(xml_server: S3Stub) -> Iterator[Store]:
    keys = AwsKeys(access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY)
    access = GcsAccess(endpoint=xml_server.endpoint)
    resolved = GcsProvider().resolve(access, keys)
    assert SECRET_KEY not in repr(resolved)
    location = Location(provider=Provider.GCS, container="bucket")
    opened = GcsProvider().open(location, access, resolved=pickle.loads(pickle.dumps(resolved)))  # noqa: S301 - ours
    yield opened
    opened.close()


def test_the_token_is_the_generation_here_too(xml_server: S3Stub, xml_store: Store) -> None:
    (row,) = xml_store.list_page(WHOLE, None).batch.to_pylist()
    assert row["token"].isdigit()
    assert xml_store.head("a//b").token == row["token"]
    assert xml_store.get("a//b", token=row["token"], limit=9).data == b"bytes"
    xml_server.put("bucket", "a//b", b"other")
    with pytest.raises(ObjectChanged, match="gs://bucket/a//b"):
        xml_store.get("a//b", token=row["token"], limit=9)


def test_a_body_without_a_generation_is_not_used(xml_server: S3Stub, xml_store: Store) -> None:
    xml_server.quirks = ()
    with pytest.raises(SourceUnreachable, match="x-goog-generation"):
        xml_store.get("a//b", token=None, limit=9)


def test_refusals_name_googles_permissions(xml_server: S3Stub, xml_store: Store) -> None:
    xml_server.fail(Answer(403, b"<Error><Code>AccessDenied</Code></Error>"), times=2)
    with pytest.raises(AccessDenied, match=r"storage\.objects\.list on gs://bucket"):
        xml_store.list_page(WHOLE, None)
    with pytest.raises(AccessDenied, match=r"storage\.objects\.get on gs://bucket"):
        xml_store.get("a//b", token=None, limit=9)


def test_requester_pays_needs_a_project_and_a_token() -> None:
    keys = AwsKeys(access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY)
    with pytest.raises(SettingsError, match="not supported with HMAC keys"):
        config_of(GcsAccess(project="p", requester_pays=True), keys)
    with pytest.raises(SettingsError, match="the project that is billed"):
        config_of(GcsAccess(requester_pays=True), keys)
