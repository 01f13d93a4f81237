"""Master keys and secrets of services, against stubs: two of them have no server that exists as a package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.gcstokens import FixedToken
from tests.support.httpstub import Answer, HttpStub
from tests.support.keystub import GCP_NAME, TOKEN, VERSION, GcpKmsStub, KeyVaultStub, SecretManagerStub

from mirrorlake.connections.master_keys import new_key, read_key_ring
from mirrorlake.connections.references import check_reference, resolve
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable
from mirrorlake.core.settings import Settings
from mirrorlake.storage.http import HttpClient
from mirrorlake.storage.key_services import KeyMismatch
from mirrorlake.storage.providers.azure import key_vault
from mirrorlake.storage.providers.gcs import kms, machine, secret_manager
from mirrorlake.storage.wire import Wire

OWNER = "mirrorlake-of-one"
SECRETS = {"secret_access_key": "canary/secret"}
GCP = f"gcp-kms:{GCP_NAME}"
AZURE = "azure-key-vault:https://stub-vault.vault.azure.net/keys/mirrorlake"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpStub]:
    with HttpStub(GcpKmsStub()) as stub:
        monkeypatch.setattr(kms, "SERVER", stub.endpoint)
        monkeypatch.setattr(machine, "machine_source", lambda: FixedToken(TOKEN))
        yield stub


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpStub]:
    """The vault has an address of Azure; its requests are led to the stub, which also issues the tokens."""

    def client_of(base: str, wire: Wire) -> HttpClient:
        assert base == "https://stub-vault.vault.azure.net"
        return HttpClient(stub.endpoint, networks=wire.networks)

    with HttpStub(KeyVaultStub()) as stub:
        monkeypatch.setattr(key_vault, "client_of", client_of)
        for name, value in {
            "AZURE_AUTHORITY_HOST": stub.endpoint,
            "AZURE_TENANT_ID": "tenant",
            "AZURE_CLIENT_ID": "client",
            "AZURE_CLIENT_SECRET": "secret",
        }.items():
            monkeypatch.setenv(name, value)
        yield stub


@pytest.fixture(params=[GCP, AZURE], ids=["gcp", "azure"])
def service(request: pytest.FixtureRequest) -> tuple[str, HttpStub]:
    name = "google" if request.param == GCP else "azure"
    return request.param, request.getfixturevalue(name)


def settings(home: Path, *keys: str) -> Settings:
    return Settings(home=home, secret_key=",".join(keys))


def test_a_key_of_a_service_seals_and_opens_and_replaces_a_local_one(
    service: tuple[str, HttpStub], tmp_path: Path
) -> None:
    key, stub = service
    local_key = new_key()
    local = Vault(settings(tmp_path, local_key)).seal(OWNER, SECRETS, may_make_key=False)
    both = Vault(settings(tmp_path, key, local_key))
    assert both.open(OWNER, lambda: local) == SECRETS
    sealed = both.seal(OWNER, SECRETS, may_make_key=False)
    assert sealed.key.startswith(f"{key.partition(':')[0]}:")
    other = Vault(settings(tmp_path, key))
    before = len(stub.requests)
    assert [other.open(OWNER, lambda: sealed) for _ in range(3)] == [SECRETS] * 3
    assert len([one for one in stub.requests[before:] if "token" not in one.path]) == 1  # then it is kept in memory
    ring = read_key_ring(settings(tmp_path, key, local_key))
    assert ring is not None
    assert (ring.is_newest(sealed.key), ring.is_newest(local.key)) == (True, False)


def test_a_service_is_asked_once_which_key_sealed_something(service: tuple[str, HttpStub], tmp_path: Path) -> None:
    key, stub = service
    local_key = new_key()
    sealed = [Vault(settings(tmp_path, key)).seal(OWNER, SECRETS, may_make_key=False).key for _ in range(3)]
    before = len(stub.requests)
    for keys, place in (((key, local_key), 0), ((local_key, key), 1), ((key,), 0)):
        ring = read_key_ring(settings(tmp_path, *keys))
        assert ring is not None
        assert [ring.position(one) for one in sealed] == [place] * 3
    assert len([one for one in stub.requests[before:] if "token" not in one.path]) == 3
    other = read_key_ring(settings(tmp_path, local_key))
    assert other is not None
    assert [other.position(one) for one in sealed] == [None] * 3


def test_what_another_key_sealed_is_a_mismatch_and_no_failure(service: tuple[str, HttpStub], tmp_path: Path) -> None:
    key, _ = service
    ring = read_key_ring(settings(tmp_path, key))
    assert ring is not None
    scheme = key.partition(":")[0]
    for foreign in ("AAAA", f"{VERSION}.AAAA", f"{VERSION[::-1]}.AAAA"):
        with pytest.raises(KeyMismatch):
            ring.unwrap(f"{scheme}:{foreign}")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, b'{"error": {"code": "Forbidden", "message": "Caller is not authorized."}}'),
        Answer(200, b"[]"),
        Answer(200, b'{"ciphertext": 1, "key": {"kid": "x"}}'),
    ],
    ids=["forbidden", "no object", "other members"],
)
def test_a_service_that_fails_is_named_with_the_fix_and_no_token(
    service: tuple[str, HttpStub], answer: Answer, tmp_path: Path
) -> None:
    key, stub = service
    stub.fail(answer, times=9, fits=lambda request: "token" not in request.path)
    with pytest.raises(SettingsError, match="cannot be used: ") as refused:
        Vault(settings(tmp_path, key)).seal(OWNER, SECRETS, may_make_key=False)
    assert key.partition(":")[2] in refused.value.message
    assert "Grant this machine's" in refused.value.fix
    assert TOKEN not in str(refused.value)


PASSING = [Answer(429, b"{}"), Answer(503, b""), Answer(200, b"{", cut=0)]


@pytest.mark.parametrize("answer", PASSING, ids=["too many", "broken", "cut"])
def test_a_service_of_keys_that_fails_for_a_while_is_asked_again_by_later_runs(
    service: tuple[str, HttpStub], answer: Answer, tmp_path: Path
) -> None:
    key, stub = service
    stub.fail(answer, times=9, fits=lambda request: "token" not in request.path)
    with pytest.raises(SourceUnreachable) as failed:
        Vault(settings(tmp_path, key)).seal(OWNER, SECRETS, may_make_key=False)
    assert TOKEN not in str(failed.value)


def test_tokens_are_for_the_vault_and_not_for_storage(azure: HttpStub, tmp_path: Path) -> None:
    Vault(settings(tmp_path, AZURE)).seal(OWNER, SECRETS, may_make_key=False)
    assert isinstance(azure.answer, KeyVaultStub)
    assert set(azure.answer.resources) == {"https://vault.azure.net/.default"}


@pytest.mark.parametrize(
    "key",
    [
        "gcp-kms:mirrorlake",
        "gcp-kms:projects/p/locations/l/keyRings/r/cryptoKeys/k/../x",
        "azure-key-vault:https://evil.example/keys/mirrorlake",
        "azure-key-vault:https://vault.azure.net.evil.example/keys/mirrorlake",
        "azure-key-vault:https://user@stub-vault.vault.azure.net/keys/mirrorlake",
        "azure-key-vault:http://stub-vault.vault.azure.net/keys/mirrorlake",
        f"azure-key-vault:https://stub-vault.vault.azure.net/keys/mirrorlake/{VERSION}",
        "azure-key-vault:https://stub-vault.vault.azure.net:444/keys/mirrorlake",
    ],
)
def test_tokens_go_to_no_other_address(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not"):
        read_key_ring(settings(tmp_path, key))


GOOGLE_SECRET = "gcp-secretmanager:projects/p-1/secrets"
AZURE_SECRET = "azure-keyvault:https://stub-vault.vault.azure.net/secrets"
STORED = {"plain": "canary/secret", "fields": '{"key": "canary/secret"}', "binary": "\xff"}


@pytest.fixture
def secret_manager_of_google(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpStub]:
    stub = SecretManagerStub()
    stub.secrets = STORED
    with HttpStub(stub) as server:
        monkeypatch.setattr(secret_manager, "SERVER", server.endpoint)
        monkeypatch.setattr(machine, "machine_source", lambda: FixedToken(TOKEN))
        yield server


@pytest.fixture(params=[GOOGLE_SECRET, AZURE_SECRET], ids=["google", "azure"])
def place(request: pytest.FixtureRequest) -> str:
    if request.param == GOOGLE_SECRET:
        request.getfixturevalue("secret_manager_of_google")
    else:
        request.getfixturevalue("azure").answer.secrets = STORED
    return request.param


def test_a_secret_of_a_cloud_is_read_whole_or_by_field(place: str) -> None:
    version = "/versions/1" if place == GOOGLE_SECRET else f"/{VERSION}"
    for reference in (f"{place}/plain", f"{place}/plain{version}", f"{place}/fields#key"):
        check_reference(reference, allowed=None)
        assert resolve("key", reference) == "canary/secret"
    for wrong in (f"{place}/nothing", f"{place}/fields#other", f"{place}/plain#key"):
        with pytest.raises(SettingsError) as refused:
            resolve("key", wrong)
        assert wrong.partition(":")[2].partition("#")[0] in str(refused.value)
        assert "canary" not in str(refused.value)


@pytest.mark.parametrize("answer", PASSING, ids=["too many", "broken", "cut"])
def test_a_service_of_secrets_that_fails_for_a_while_is_asked_again_by_later_runs(
    place: str, answer: Answer, request: pytest.FixtureRequest
) -> None:
    stub: HttpStub = request.getfixturevalue("secret_manager_of_google" if place == GOOGLE_SECRET else "azure")
    stub.fail(answer, times=9, fits=lambda asked: "token" not in asked.path)
    with pytest.raises(SourceUnreachable) as failed:
        resolve("key", f"{place}/plain")
    assert TOKEN not in str(failed.value)


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpStub]:
    """Services of AWS of which nothing but failures is needed."""
    with HttpStub(lambda _: Answer(400, b'{"__type": "AccessDeniedException", "message": "canary"}')) as stub:
        for name, value in {
            "AWS_ENDPOINT_URL": stub.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        yield stub


THROTTLED = Answer(400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')


@pytest.mark.parametrize("answer", [*PASSING, THROTTLED], ids=["too many", "broken", "cut", "throttled"])
def test_services_of_aws_that_fail_for_a_while_are_asked_again_by_later_runs(
    amazon: HttpStub, answer: Answer, tmp_path: Path
) -> None:
    amazon.fail(answer, times=9)
    with pytest.raises(SourceUnreachable, match="The secret lake of AWS Secrets Manager cannot be read"):
        resolve("key", "aws-secretsmanager:lake")
    with pytest.raises(SourceUnreachable, match="The key lake of AWS KMS cannot be used"):
        Vault(settings(tmp_path, "aws-kms:lake")).seal(OWNER, SECRETS, may_make_key=False)


def test_a_refusal_of_aws_is_no_failure_for_a_while(amazon: HttpStub, tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match="AccessDeniedException") as refused:
        resolve("key", "aws-secretsmanager:lake")
    assert "canary" not in str(refused.value)
    with pytest.raises(SettingsError, match="AccessDeniedException"):
        Vault(settings(tmp_path, "aws-kms:lake")).seal(OWNER, SECRETS, may_make_key=False)
    assert len(amazon.requests) == 2


def test_a_refusal_of_a_vault_does_not_name_the_identity_of_this_machine(azure: HttpStub) -> None:
    words = "Caller is not authorized. Caller: appid=1b2c;oid=3d4e;iss=https://sts.windows.net/5f6a/"
    refusal = Answer(403, json.dumps({"error": {"code": "Forbidden", "message": words}}).encode())
    azure.fail(refusal, times=9, fits=lambda asked: "token" not in asked.path)
    with pytest.raises(SettingsError, match=r"the vault answered 403 \(Forbidden\)\.") as refused:
        resolve("key", f"{AZURE_SECRET}/plain")
    assert not [part for part in ("appid", "3d4e", "5f6a") if part in str(refused.value)]


def test_a_secret_that_is_no_text_or_may_not_be_read_is_named(
    secret_manager_of_google: HttpStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secret_manager_of_google.endpoint
    with pytest.raises(SettingsError, match="not a text"):
        resolve("key", f"{GOOGLE_SECRET}/binary")
    monkeypatch.setattr(machine, "machine_source", lambda: FixedToken("canary-token"))
    with pytest.raises(SettingsError, match=r"403 \(Permission denied\)") as refused:
        resolve("key", f"{GOOGLE_SECRET}/plain")
    assert "canary" not in str(refused.value)
    assert "secretAccessor" in (refused.value.fix or "")


@pytest.mark.parametrize(
    "reference",
    [
        "gcp-secretmanager:mirrorlake",
        "gcp-secretmanager:projects/p/secrets/s/versions/1:destroy",
        "gcp-secretmanager:projects/p/../q/secrets/s",
        "azure-keyvault:https://evil.example/secrets/s",
        "azure-keyvault:https://stub-vault.vault.azure.net/keys/s",
        "azure-keyvault:https://stub-vault.vault.azure.net/secrets/s?api-version=1",
        "azure-keyvault:https://user@stub-vault.vault.azure.net/secrets/s",
    ],
)
def test_no_token_goes_to_another_address_than_that_of_a_secret(reference: str) -> None:
    with pytest.raises(SettingsError, match="not a reference"):
        check_reference(reference, allowed=None)
    with pytest.raises(SettingsError, match="reserved for operators"):
        check_reference(reference, allowed=())
