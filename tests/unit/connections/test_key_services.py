"""Master keys of Google Cloud KMS and Azure Key Vault, against stubs of both: no such server exists as a package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.gcstokens import FixedToken
from tests.support.httpstub import Answer, HttpStub
from tests.support.keystub import GCP_NAME, TOKEN, VERSION, GcpKmsStub, KeyVaultStub

from mirrorlake.connections.master_keys import new_key, read_key_ring
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.storage.http import HttpClient
from mirrorlake.storage.key_services import KeyMismatch
from mirrorlake.storage.providers.azure import key_vault
from mirrorlake.storage.providers.gcs import kms, machine
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
        Answer(500, b""),
        Answer(200, b"[]"),
        Answer(200, b'{"ciphertext": 1, "key": {"kid": "x"}}'),
        Answer(200, b"{", cut=0),
    ],
    ids=["forbidden", "broken", "no object", "other members", "cut"],
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
