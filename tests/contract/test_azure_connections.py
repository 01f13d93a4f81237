"""What a connection decides about requests to Azure: which servers, which networks, whose tokens."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest
from tests.support.azstub import ACCOUNT, Answer, AzureStub, Request, error, token

from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable
from mirrorlake.model.credentials import (
    Ambient,
    AzureAccountKey,
    AzureManagedIdentity,
    AzureSas,
    AzureServicePrincipal,
    Credentials,
)
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.connections import ForbiddenAddress
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.resolving import config_of
from mirrorlake.storage.providers.azure.store import AzureStore
from mirrorlake.storage.wire import Wire

KEY = AzureAccountKey(account=ACCOUNT, key="c2VjcmV0")
SAS = AzureSas(account=ACCOUNT, token="sv=1&sp=rl&sig=canary")
MACHINE = AzureManagedIdentity(account=ACCOUNT)
PLACE = Location(provider=Provider.AZURE, container=f"{ACCOUNT}/con")
OWN_TLS, OWN_PLAIN = "https://blobs.example", "http://blobs.example"
GOVERNMENT = f"https://{ACCOUNT}.blob.core.usgovcloudapi.net"


@pytest.fixture
def stub(azure_stub: AzureStub) -> Iterator[AzureStub]:
    azure_stub.create("con")
    azure_stub.put("con", "a", b"x")
    return azure_stub


def application(authority: str | None = None) -> AzureServicePrincipal:
    return AzureServicePrincipal(
        account=ACCOUNT, tenant_id="t", client_id="c", client_secret="canary", authority=authority
    )


def opened(access: AzureAccess, credentials: Credentials) -> AzureStore:
    return AzureStore(PLACE, access, config=config_of(access, ACCOUNT, credentials, {}))


@pytest.mark.parametrize("operator", [True, False])
@pytest.mark.parametrize(
    ("credentials", "endpoint", "sent"),
    [  # whether they are sent: to what an operator named, and to what a user named over the API
        (KEY, OWN_TLS, "both"),
        (KEY, OWN_PLAIN, "both"),  # a key is never sent, it signs
        (SAS, OWN_TLS, "both"),
        (SAS, OWN_PLAIN, "neither"),
        (application(), OWN_TLS, "both"),
        (application(), OWN_PLAIN, "neither"),
        (MACHINE, GOVERNMENT, "both"),
        (MACHINE, GOVERNMENT.replace("https", "http"), "neither"),
        (MACHINE, OWN_TLS, "operator"),
        (MACHINE, OWN_PLAIN, "neither"),
        (MACHINE, "http://127.0.0.1:9", "operator"),
        (Ambient(), OWN_TLS, "neither"),
        (Ambient(), f"{GOVERNMENT}.evil.example", "neither"),
    ],
)
def test_credentials_go_to_no_server_that_could_misuse_them(
    credentials: Credentials, endpoint: str, sent: str, *, operator: bool
) -> None:
    access = AzureAccess(endpoint=endpoint, networks=None if operator else ())
    if sent == "both" or (sent == "operator" and operator):
        assert config_of(access, ACCOUNT, credentials, {}).endpoint == endpoint
        return
    with pytest.raises(SettingsError, match="not sent") as refused:
        config_of(access, ACCOUNT, credentials, {})
    assert "canary" not in str(refused.value)


def test_a_key_of_the_machine_signs_nothing_for_a_server_that_a_user_names() -> None:
    access = AzureAccess(endpoint=OWN_TLS, networks=())
    with pytest.raises(SettingsError, match="not sent"):  # its signature could be sent on to Azure
        config_of(access, ACCOUNT, Ambient(), {"AZURE_STORAGE_KEY": KEY.key})
    string = f"AccountName={ACCOUNT};SharedAccessSignature={SAS.token};BlobEndpoint={OWN_TLS}"
    own = config_of(AzureAccess(), ACCOUNT, None, {"AZURE_STORAGE_CONNECTION_STRING": string})
    assert own.endpoint == OWN_TLS  # of the operator's own


@pytest.mark.parametrize("credentials", [KEY, SAS], ids=["key", "sas"])
def test_a_private_address_of_a_user_is_refused_before_anything_is_sent(
    stub: AzureStub, credentials: Credentials
) -> None:
    with pytest.raises(ForbiddenAddress):
        opened(AzureAccess(endpoint=stub.endpoint, networks=()), credentials).head("a")
    assert stub.requests == []
    assert opened(AzureAccess(endpoint=stub.endpoint, networks=("127.0.0.0/8",)), credentials).head("a").size == 1


def test_requests_for_tokens_have_the_same_limits(stub: AzureStub) -> None:
    for access in (AzureAccess(networks=()), AzureAccess(proxy="http://127.0.0.1:1")):
        with pytest.raises((ForbiddenAddress, SourceUnreachable)):
            config_of(access, ACCOUNT, application(stub.base), {}).authentication.authenticate("GET", "/", {})
    assert stub.requests == []
    missing = AzureAccess(ca_bundle="/nonexistent/ca.pem")
    with pytest.raises(SettingsError, match="The ca_bundle"):
        config_of(missing, ACCOUNT, application(), {}).authentication.authenticate("GET", "/", {})
    with pytest.raises(SettingsError, match="The ca_bundle"):
        opened(missing, KEY)


def test_a_proxy_of_the_connection_gets_the_requests(stub: AzureStub) -> None:
    access = AzureAccess(endpoint=f"http://blobs.invalid/{ACCOUNT}", proxy=stub.base)
    stub.faults.append(lambda _: error(403, "AuthorizationFailure"))
    with pytest.raises(AccessDenied):
        opened(access, KEY).head("a")
    assert stub.requests[0].path == f"http://blobs.invalid/{ACCOUNT}/con/a"


def test_what_a_connection_decides_is_not_stored_and_reaches_the_workers() -> None:
    access = AzureAccess(proxy="http://proxy:3128", ca_bundle="/ca.pem", networks=("10.0.0.0/8",), holder="one")
    assert access.stored() == {"endpoint": None, "anonymous": False}
    config = pickle.loads(pickle.dumps(config_of(access, ACCOUNT, KEY, {})))  # noqa: S301  as for a worker
    assert config.wire == Wire(proxy="http://proxy:3128", ca_bundle="/ca.pem", networks=("10.0.0.0/8",))


@pytest.mark.parametrize(
    "authority",
    ["http://login.example", "https://u@login.example", "https://login.example/x", "https://l.example?x", "https://",
     "https://login.example:0", "file:///etc", "https://a b"],
)  # fmt: skip
def test_a_secret_is_sent_to_no_odd_authority(authority: str) -> None:
    for own, environ in ((application(authority), {}), (application(), {"AZURE_AUTHORITY_HOST": authority})):
        with pytest.raises(SettingsError, match="authority") as refused:
            config_of(AzureAccess(), ACCOUNT, own, environ)
        assert "canary" not in str(refused.value)


def test_connections_never_share_a_token_and_requests_of_one_do(stub: AzureStub) -> None:
    issued: list[str] = []

    def issue(request: Request) -> Answer | None:
        if "oauth2" not in request.path:
            return None
        issued.append(f"token-{len(issued)}")
        return token(issued[-1])

    stub.faults.append(issue)
    for holder in ("first", "first", "second"):  # with the same application
        access = AzureAccess(endpoint=stub.endpoint, holder=holder)
        assert opened(access, application(stub.base)).head("a").size == 1
    heads = [request for request in stub.requests if request.method == "HEAD"]
    assert [request.headers["authorization"] for request in heads] == [
        "Bearer token-0", "Bearer token-0", "Bearer token-1",
    ]  # fmt: skip


def test_a_token_that_was_revoked_is_replaced_once(stub: AzureStub) -> None:
    issued: list[str] = []

    def issue(request: Request) -> Answer | None:
        if "oauth2" in request.path:
            issued.append(f"revoked-{len(issued)}")
            return token(issued[-1])
        known = request.headers["authorization"] == "Bearer revoked-1"
        return None if known else error(401, "InvalidAuthenticationInfo")

    stub.faults.append(issue)
    store = opened(AzureAccess(endpoint=stub.endpoint, holder="revoked"), application(stub.base))
    assert store.head("a").size == 1
    assert issued == ["revoked-0", "revoked-1"]
    stub.faults.insert(0, lambda request: None if "oauth2" in request.path else error(401, "InvalidAuthenticationInfo"))
    stub.requests.clear()
    with pytest.raises(AccessDenied, match="does not accept the token"):
        store.head("a")
    assert len([request for request in stub.requests if request.method == "HEAD"]) == 2
