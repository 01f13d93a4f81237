"""Requests to Azure: credentials of every kind on Azurite, and what only a stub can answer."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import urllib3
from tests.contract.conftest import Clock, azure_stub_store
from tests.support.azstub import ACCOUNT as STUB_ACCOUNT
from tests.support.azstub import Answer, AzureStub, Request, error, token
from tests.support.azurite import ACCOUNT, KEY, Azurite, Container

from mirrorlake.core.errors import (
    AccessDenied,
    ListingBroken,
    ListingDisordered,
    MirrorlakeError,
    NoSuchBucket,
    ObjectArchived,
    ObjectChanged,
    ObjectGone,
    SettingsError,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.model.credentials import (
    AwsKeys,
    AzureAccountKey,
    AzureManagedIdentity,
    AzureSas,
    AzureServicePrincipal,
    Credentials,
)
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.connection_string import decode_key
from mirrorlake.storage.providers.azure.resolving import config_of, resolved_config
from mirrorlake.storage.providers.azure.signing import blob_sas
from mirrorlake.storage.providers.azure.store import AzureStore
from mirrorlake.storage.providers.azure.tokens import (
    ClientSecret,
    FederatedToken,
    MachineIdentity,
    TokenSource,
)
from mirrorlake.storage.versions import Version

NOTHING: dict[str, str] = {}


@pytest.fixture
def container(azure: Azurite) -> Container:
    made = azure.container()
    made.put("a/é+%.png", b"bytes")
    return made


@pytest.fixture
def stub(azure_stub: AzureStub) -> Iterator[AzureStub]:
    azure_stub.create("con")
    azure_stub.put("con", "a", b"x")
    return azure_stub


def opened(
    container: Container, endpoint: str, credentials: Credentials | None, *, anonymous: bool = False
) -> AzureStore:
    access = AzureAccess(endpoint=endpoint, anonymous=anonymous)
    config = pickle.loads(pickle.dumps(config_of(access, ACCOUNT, credentials, NOTHING)))  # noqa: S301  as for a worker
    return AzureStore(container.location, access, config=config)


def keys_of(store: AzureStore) -> list[str]:
    return [key for batch in list_range(store, KeyRange()) for key in batch.column("key").to_pylist()]


def test_an_account_key_opens_and_another_one_does_not(azure: Azurite, container: Container) -> None:
    assert keys_of(opened(container, azure.endpoint, AzureAccountKey(account=ACCOUNT, key=KEY))) == ["a/é+%.png"]
    wrong = opened(container, azure.endpoint, AzureAccountKey(account=ACCOUNT, key="d3Jvbmc="))
    calls: list[Callable[[], object]] = [
        lambda: wrong.list_page(KeyRange(), None),
        lambda: wrong.head("a"),
        lambda: wrong.get("a", token=None, limit=9),
    ]
    for call in calls:
        with pytest.raises(AccessDenied, match="refuses the credentials") as refused:
            call()
        assert "d3Jvbmc=" not in str(refused.value)
        assert "Check the key" in refused.value.fix


def test_credentials_of_another_account_are_refused_before_any_request(container: Container) -> None:
    with pytest.raises(SettingsError, match="storage account other"):
        opened(container, "http://127.0.0.1:1/x", AzureAccountKey(account="other", key=KEY))


def test_credentials_of_another_cloud_are_refused(container: Container) -> None:
    with pytest.raises(SettingsError, match="not for Azure"):
        opened(container, "http://127.0.0.1:1/x", AwsKeys(access_key_id="a", secret_access_key="b"))


def test_a_presigned_url_opens_exactly_its_object(azure: Azurite, container: Container) -> None:
    container.put("a/b", b"other")
    store = opened(container, azure.endpoint, AzureAccountKey(account=ACCOUNT, key=KEY))
    url = store.presign("a/é+%.png", 60)
    assert url is not None
    assert urllib3.request("GET", url).data == b"bytes"
    assert urllib3.request("PUT", url, body=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status == 403
    assert urllib3.request("GET", url.replace("%C3%A9%2B%25.png", "b")).status == 403
    expired = url.replace(parse_qs(url)["se"][0].replace(":", "%3A"), "2020-01-01T00%3A00%3A00Z")
    assert urllib3.request("GET", expired).status == 403


def test_a_shared_access_signature_reads_what_it_permits_and_is_never_handed_on(
    azure: Azurite, container: Container
) -> None:
    query = blob_sas(
        ACCOUNT, container.name, "a/é+%.png", secret=decode_key(KEY), https=False,
        expires=datetime.now(UTC) + timedelta(hours=1),
    )  # fmt: skip
    store = opened(container, azure.endpoint, AzureSas(account=ACCOUNT, token=f"?{query}"))
    info = store.head("a/é+%.png")
    assert store.get("a/é+%.png", token=info.token, limit=9).data == b"bytes"
    assert store.presign("a/é+%.png", 60) is None
    with pytest.raises(AccessDenied) as refused:
        store.list_page(KeyRange(), None)
    assert parse_qs(query)["sig"][0] not in str(refused.value)


def test_a_public_container_needs_no_credentials(azure: Azurite, container: Container) -> None:
    public = azure.container(public=True)
    public.put("a b", b"x")
    store = opened(public, azure.endpoint, None, anonymous=True)
    assert keys_of(store) == ["a b"]
    url = store.presign("a b", 60)
    assert url is not None
    assert urllib3.request("GET", url).data == b"x"
    with pytest.raises(AccessDenied, match="anonymously"):
        opened(container, azure.endpoint, None, anonymous=True).head("a/é+%.png")


def test_a_container_made_again_under_its_name_is_another_one(azure: Azurite, container: Container) -> None:
    store = opened(container, azure.endpoint, AzureAccountKey(account=ACCOUNT, key=KEY))
    before = store.identify()
    container.put("more", b"x")
    assert store.identify() == before
    assert (list(before.hints or {}), before.requests) == (["last change"], 1)
    container.vanish()
    assert store.identify() == Identity(hints={}, requests=1)
    denied = opened(container, azure.endpoint, AzureAccountKey(account=ACCOUNT, key="d3Jvbmc="))
    assert denied.identify() == Identity(hints={}, requests=1)


def test_an_archived_blob_is_listed_with_its_tier_and_not_read(azure: Azurite, container: Container) -> None:
    container.set_tier("a/é+%.png", "Archive")
    store = opened(container, azure.endpoint, AzureAccountKey(account=ACCOUNT, key=KEY))
    assert [row["storage_class"] for batch in list_range(store, KeyRange()) for row in batch.to_pylist()] == ["Archive"]
    assert store.head("a/é+%.png").storage_class == "Archive"


def test_reading_an_archived_blob_is_told_as_such(stub: AzureStub) -> None:
    stub.put("con", "cold", b"x", tier="Archive")
    with pytest.raises(ObjectArchived, match="archive tier"):
        azure_stub_store(stub, "con").get("cold", token=None, limit=9)


def test_a_content_encoding_is_undone_within_the_limit(stub: AzureStub) -> None:
    import zlib  # noqa: PLC0415

    packer = zlib.compressobj(wbits=31)
    stub.put("con", "z", packer.compress(b"x" * 5000) + packer.flush(), Content_Encoding="gzip")
    store = azure_stub_store(stub, "con")
    assert store.get("z", token=None, limit=5000).data == b"x" * 5000
    with pytest.raises(StorageError, match="more"):
        store.get("z", token=None, limit=4999)


def test_a_hierarchical_namespace_is_sorted_and_its_directories_are_no_objects(stub: AzureStub) -> None:
    stub.hierarchical = True
    for key in ("d/x", "d-y", "d"):
        stub.put("con", key, b"", **({"x_ms_resource_type": "directory"} if key == "d" else {}))
    store = azure_stub_store(stub, "con")
    assert not store.ordered
    assert keys_of(store) == ["a", "d/x", "d-y"]  # in its own order, which a pass sorts
    assert store.split(KeyRange(), 4) == [KeyRange()]
    for call in (store.head, lambda key: store.get(key, token=None, limit=9)):
        with pytest.raises(ObjectGone):
            call("d")


@pytest.mark.parametrize("quirk", ["ignores", "refuses"])
def test_a_server_that_cannot_start_anywhere_still_lists_ranges_and_is_not_split(stub: AzureStub, quirk: str) -> None:
    if quirk == "ignores":
        stub.starts = False
    else:
        stub.knows_versions = False
    for place in range(12):
        stub.put("con", f"w{place:02}/x", b"x")
    store = azure_stub_store(stub, "con")
    assert store.split(KeyRange(), 4) == [KeyRange()]
    left = [key for batch in list_range(store, KeyRange(until="w05/x")) for key in batch.column("key").to_pylist()]
    right = [key for batch in list_range(store, KeyRange(after="w05/x")) for key in batch.column("key").to_pylist()]
    assert left + right == ["a", *(f"w{place:02}/x" for place in range(12))]
    assert left[-1] == "w05/x"


def test_a_split_listing_reads_no_key_twice(stub: AzureStub) -> None:
    for place in range(40):
        stub.put("con", f"w{place:02}/x", b"x")
    stub.page_keys = 7
    store = azure_stub_store(stub, "con")
    ranges = store.split(KeyRange(), 4)
    assert len(ranges) == 4
    stub.requests.clear()
    for scope in ranges:
        list(list_range(store, scope))
    assert len(stub.requests) <= 41 // 7 + 2 * 4  # a page for each bound that is not at the end of a page


def listing(body: str) -> Answer:
    return Answer(
        200, f"<EnumerationResults><Blobs>{body}</Blobs><NextMarker>m</NextMarker></EnumerationResults>".encode()
    )


def blob(key: str) -> str:
    return (
        f"<Blob><Name>{key}</Name><Properties><Last-Modified /><Etag>0x1</Etag><Content-Length>1</Content-Length>"
        "</Properties></Blob>"
    )


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (listing(blob("a")), ListingBroken),  # the same page again and again
        (listing(""), ListingBroken),  # an empty one, whose marker repeats
        (listing(blob("b") + blob("a")), ListingDisordered),
        (listing("<Blob><Name>a</Name></Blob>"), ListingBroken),
        (Answer(200, b"<html>"), ListingBroken),
        (error(404, "ContainerNotFound"), NoSuchBucket),
        (error(409, "ContainerBeingDeleted"), NoSuchBucket),
        (error(503, "ServerBusy"), SourceUnreachable),
        (error(500, "OperationTimedOut"), SourceUnreachable),
        (Answer(302, headers={"Location": "http://169.254.169.254/"}), StorageError),
        (error(403, "AuthorizationFailure"), AccessDenied),
        (error(400, "OutOfRangeInput"), StorageError),
    ],
)
def test_odd_answers_to_a_listing_prove_nothing(stub: AzureStub, answer: Answer, raised: type[Exception]) -> None:
    stub.faults.append(lambda request: answer if request.query.get("comp") == "list" else None)
    listed = list_range(azure_stub_store(stub, "con", ordered=True), KeyRange())
    with pytest.raises(raised):
        list(listed)
    with pytest.raises(ListingBroken):
        listed.certificate()


@pytest.mark.parametrize(
    ("answer", "raised", "told"),
    [
        (error(404, "BlobNotFound"), ObjectGone, "does not exist"),
        (error(404, "ContainerNotFound"), NoSuchBucket, "no container con"),
        (error(404, "ResourceNotFound"), StorageError, "may still exist"),
        (Answer(404, b"<html>not here</html>"), StorageError, "may still exist"),
        (Answer(404), StorageError, "may still exist"),
        (error(403, "AuthorizationPermissionMismatch"), AccessDenied, "Storage Blob Data Reader"),
        (error(403, "KeyBasedAuthenticationNotPermitted"), AccessDenied, "managed identity"),
        (error(403, "AuthenticationFailed", detail="Request date header too old: 'x'"), AccessDenied, "clock"),
        (error(403, "AuthenticationFailed", detail="Signed expiry time [x] must be after"), AccessDenied, "expired"),
        (error(409, "PublicAccessNotPermitted"), AccessDenied, "no anonymous access"),
        (error(401, "InvalidAuthenticationInfo"), AccessDenied, "token"),
        (error(403, "SomethingNew"), AccessDenied, "SomethingNew"),
    ],
)
def test_only_a_missing_blob_is_gone(stub: AzureStub, answer: Answer, raised: type[MirrorlakeError], told: str) -> None:
    stub.faults.append(lambda _: answer)
    store = azure_stub_store(stub, "con", ordered=True)
    calls: list[Callable[[], object]] = [lambda: store.get("a", token=None, limit=9)]
    if not answer.body or "AuthenticationFailed" not in answer.headers.values():  # HEAD has no details
        calls.append(lambda: store.head("a"))
    for call in calls:
        with pytest.raises(raised) as refused:
            call()
        assert type(refused.value) is raised
        assert told in str(refused.value)


# Microsoft Entra ID and the metadata service, as stubs.


def principal(stub: AzureStub, answer: Callable[[Request], Answer]) -> TokenSource:
    stub.faults.append(lambda request: answer(request) if "oauth2" in request.path else None)
    return TokenSource(ClientSecret(tenant_id="tenant", client_id="app", client_secret="canary", authority=stub.base))


def test_an_application_gets_a_token_once_and_again_before_it_expires(stub: AzureStub, clock: Clock) -> None:
    source = principal(stub, lambda _: token(f"token-{len(stub.requests)}", 600))
    assert source.current() == source.current() == "token-1"
    (asked,) = stub.requests
    assert (asked.method, asked.path) == ("POST", "/tenant/oauth2/v2.0/token")
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["app"],
        "client_secret": ["canary"],
        "scope": ["https://storage.azure.com/.default"],
    }
    clock.now += 301
    assert source.current() == "token-2"
    clock.now += 301
    stub.faults.insert(0, lambda _: Answer(503))
    assert source.current() == "token-2"  # still valid: a moment without Entra ID costs nothing
    assert "canary" not in repr(source) + repr(pickle.loads(pickle.dumps(source))._made_of)  # noqa: S301


def test_a_refused_application_is_told_without_its_secret(stub: AzureStub) -> None:
    body = b'{"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret canary. Trace ID: x"}'
    source = principal(stub, lambda _: Answer(401, body))
    with pytest.raises(AccessDenied, match="AADSTS7000215: Invalid secret") as refused:
        source.current()
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [Answer(200, b"<html>"), Answer(200, b"[]"), Answer(200, b'{"expires_in": 1}'), token("a\r\nb"), token("x", -1)],
)
def test_what_is_no_token_is_refused(stub: AzureStub, answer: Answer) -> None:
    with pytest.raises(AccessDenied):
        principal(stub, lambda _: answer).current()


def test_a_busy_authority_is_asked_again_by_whoever_retries(stub: AzureStub) -> None:
    with pytest.raises(SourceUnreachable):
        principal(stub, lambda _: Answer(429)).current()


def test_a_workload_identity_reads_its_token_file_each_time(stub: AzureStub, tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "token"
    file.write_text("assertion-1\n")
    stub.faults.append(lambda request: token("t", 1) if "oauth2" in request.path else None)
    source = TokenSource(FederatedToken(tenant_id="tenant", client_id="app", token_file=str(file), authority=stub.base))
    source.current()
    file.write_text("assertion-2")
    clock.now += 1
    source.current()
    sent = [parse_qs(request.body.decode())["client_assertion"] for request in stub.requests]
    assert sent == [["assertion-1"], ["assertion-2"]]


def test_a_machine_asks_its_metadata_service(stub: AzureStub) -> None:
    stub.faults.append(lambda request: token("t", "3600") if "identity" in request.path else None)
    assert TokenSource(MachineIdentity(client_id="own", base=stub.base)).current() == "t"
    (asked,) = stub.requests
    assert asked.headers["metadata"] == "true"
    assert asked.query == {
        "api-version": "2018-02-01",
        "resource": "https://storage.azure.com/",
        "client_id": "own",
    }


def test_a_machine_without_identity_is_told_what_to_do() -> None:
    with pytest.raises(AccessDenied, match="No managed identity") as refused:
        TokenSource(MachineIdentity(base="http://127.0.0.1:9")).current()
    assert "AZURE_STORAGE_KEY" in refused.value.fix


def test_the_token_authenticates_and_a_delegation_key_signs_urls(
    stub: AzureStub, monkeypatch: pytest.MonkeyPatch, container: Container
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", stub.base)
    stub.faults.append(lambda request: token("secret-token") if "identity" in request.path else None)
    access = AzureAccess(endpoint=stub.endpoint)
    config = config_of(access, STUB_ACCOUNT, AzureManagedIdentity(account=STUB_ACCOUNT))
    own = container.location.__class__(provider=container.location.provider, container=f"{STUB_ACCOUNT}/con")
    store = AzureStore(own, access, config=config)
    assert keys_of(store) == ["a"]
    listed = next(request for request in stub.requests if request.query.get("comp") == "list")
    assert listed.headers["authorization"] == "Bearer secret-token"
    urls = [store.presign("a", 60), store.presign("b", 60)]
    assert all(url is not None and "skoid=oid" in url and "secret-token" not in url for url in urls)
    assert len([one for one in stub.requests if one.query.get("comp") == "userdelegationkey"]) == 1
    stub.faults.insert(0, lambda _: error(403, "AuthenticationFailed", "Bearer secret-token", "Bearer secret-token"))
    with pytest.raises(AccessDenied) as refused:
        store.head("a")
    assert "secret-token" not in str(refused.value)


@pytest.mark.parametrize(
    ("endpoint", "fine"),
    [
        ("https://acc1.blob.core.usgovcloudapi.net", True),
        ("http://127.0.0.1:10000/acc1", True),
        ("https://acc1.blob.core.windows.net.evil.example", False),
        ("http://acc1.blob.core.windows.net", False),
        ("https://10.0.0.1", False),
    ],
)
def test_a_token_of_the_machine_is_never_sent_to_a_server_that_a_user_names(endpoint: str, fine: bool) -> None:  # noqa: FBT001
    access = AzureAccess(endpoint=endpoint)
    for environ in (NOTHING, {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=x"}):
        if fine:
            assert config_of(access, "acc1", None, environ).endpoint == endpoint
        else:
            with pytest.raises(SettingsError, match="are not sent"):
                config_of(access, "acc1", None, environ)


def test_the_environment_is_read_as_other_tools_read_it() -> None:
    key = {"AZURE_STORAGE_KEY": KEY}
    sas = {"AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=x"}
    app = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}
    string = {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=acc1;AccountKey={KEY};EndpointSuffix=core.x.example"}
    kinds = [
        (key | sas, "SharedKey"), (sas | app, "Sas"), (app, "Bearer"), (NOTHING, "Bearer"), (string | sas, "SharedKey"),
    ]  # fmt: skip
    for environ, kind in kinds:
        config = config_of(AzureAccess(), "acc1", None, environ)
        assert type(config.authentication).__name__ == kind
        assert KEY not in repr(config)
    assert config_of(AzureAccess(), "acc1", None, string).endpoint == "https://acc1.blob.core.x.example"
    assert config_of(AzureAccess(anonymous=True), "acc1", None, key).account is None
    assert resolved_config(AzureAccess(), None, key) is None  # of which account, only an address tells
    named = resolved_config(AzureAccess(), None, key | {"AZURE_STORAGE_ACCOUNT": "acc2"})
    assert named is not None
    assert named.account == "acc2"


@pytest.mark.parametrize(
    "endpoint", ["http://169.254.169.254/acc1", "http://168.63.129.16/acc1", "http://[::ffff:169.254.169.254]/acc1"]
)
def test_no_endpoint_reaches_a_metadata_service(container: Container, endpoint: str) -> None:
    store = opened(container, endpoint, AzureAccountKey(account=ACCOUNT, key=KEY))
    with pytest.raises(AccessDenied, match="metadata address"):
        store.head("a")
    source = TokenSource(ClientSecret(tenant_id="t", client_id="c", client_secret="s", authority=endpoint))
    with pytest.raises(AccessDenied, match="metadata address"):
        source.current()


def test_app_service_names_its_own_server(stub: AzureStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{stub.base}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "canary")
    stub.faults.append(lambda request: Answer(400, b'{"error": "canary is wrong"}') if "msi" in request.path else None)
    config = config_of(AzureAccess(), "acc1", AzureManagedIdentity(account="acc1"))
    with pytest.raises(AccessDenied, match="managed identity was refused") as refused:
        config.authentication.authenticate("GET", "/", {})
    assert "canary" not in str(refused.value) + repr(config)
    assert stub.requests[0].headers["x-identity-header"] == "canary"
    monkeypatch.setenv("IDENTITY_ENDPOINT", "https://fabric.example/token")
    with pytest.raises(SettingsError, match="does not begin with http://"):
        config_of(AzureAccess(), "acc1", AzureManagedIdentity(account="acc1"))


@pytest.mark.parametrize(
    "credentials",
    [
        AzureServicePrincipal(account="acc1", tenant_id="a/../b", client_id="c", client_secret="canary"),
        AzureServicePrincipal(account="acc1", tenant_id="t", client_id="c&x=1", client_secret="canary"),
        AzureServicePrincipal(
            account="acc1", tenant_id="t", client_id="c", client_secret="canary", authority="http://x"
        ),
        AzureManagedIdentity(account="acc1", client_id="a b"),
        AzureAccountKey(account="acc1", key="canary!"),
        AzureSas(account="acc1", token="comp=list&sig=canary"),
    ],
)
def test_hostile_credentials_are_refused_without_their_secret(credentials: Credentials) -> None:
    with pytest.raises(SettingsError) as refused:
        config_of(AzureAccess(), "acc1", credentials, NOTHING)
    assert "canary" not in str(refused.value)


def test_an_earlier_version_is_read_whatever_the_blob_is_now(stub: AzureStub) -> None:
    store = azure_stub_store(stub, "con")
    before = store.head("a")
    stub.kept[f"{STUB_ACCOUNT}/con", "a", "v1"] = stub.kept["con", "a", "v1"] = stub._containers["con"]["a"]
    stub.put("con", "a", b"now")
    version = Version(token=before.token, id="v1")
    assert store.get_version("a", version, limit=10).data == b"x"
    assert store.head_version("a", version).token == before.token
    stub.delete("con", "a")
    assert store.get_version("a", version, limit=10).data == b"x"
    for gone in (Version(token=before.token, id="v2"), Version(token=before.token, id=None)):
        with pytest.raises(ObjectGone, match="not kept"):
            store.get_version("a", gone, limit=10)
        with pytest.raises(ObjectGone, match="not kept"):
            store.head_version("a", gone)
    with pytest.raises(ObjectChanged):
        store.get_version("a", Version(token="other", id="v1"), limit=10)


def test_the_signature_of_a_version_is_for_it_alone(stub: AzureStub) -> None:
    store = azure_stub_store(stub, "con")
    url = store.presign_version("a", Version(token="t", id="2026-01-31T00:00:00.0000000Z"), 60)
    assert url is not None
    assert "/con/a?versionid=2026-01-31T00%3A00%3A00.0000000Z&" in url
    assert "&sr=bv&" in url
    assert "&sr=b&" in (store.presign("a", 60) or "")
