"""The vault: what is sealed, who can open it, and where the keys are."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from tests.support.ministack_server import Ministack

from mirrorlake.connections.master_keys import (
    KEY_FILE,
    make_key_file,
    new_key,
    read_key_file,
    read_key_ring,
    replace_key_file,
)
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.model.connections import Sealed

OWNER = "mirrorlake-of-one"
SECRETS = {"secret_access_key": "canary/secret"}


def with_key(home: Path, *keys: str) -> Settings:
    return Settings(home=home, secret_key=",".join(keys))


@given(secrets=st.dictionaries(st.text(), st.text()))
def test_what_is_sealed_is_opened_and_shows_nothing(secrets: dict[str, str]) -> None:
    vault = Vault(Settings(home=Path("/nonexistent"), secret_key=KEY))
    sealed = vault.seal(OWNER, secrets, may_make_key=False)
    assert vault.open(OWNER, lambda: sealed) == secrets
    for secret in secrets.values():
        assert len(secret) < 8 or secret not in sealed.data + sealed.key


KEY = new_key()


def test_each_connection_has_a_data_key_of_its_own(tmp_path: Path) -> None:
    vault = Vault(with_key(tmp_path, KEY))
    first, second = (vault.seal(OWNER, SECRETS, may_make_key=False) for _ in range(2))
    with pytest.raises(SettingsError, match="damaged"):
        vault.open(OWNER, lambda: Sealed(key=first.key, data=second.data))


def test_the_secrets_of_one_connection_cannot_be_moved_to_another(tmp_path: Path) -> None:
    vault = Vault(with_key(tmp_path, KEY))
    sealed = vault.seal(OWNER, SECRETS, may_make_key=False)
    with pytest.raises(SettingsError, match="another connection"):
        vault.open("mirrorlake-of-another", lambda: sealed)


def test_no_key_opens_what_another_key_sealed(tmp_path: Path) -> None:
    sealed = Vault(with_key(tmp_path, KEY)).seal(OWNER, SECRETS, may_make_key=False)
    with pytest.raises(SettingsError, match="another key") as refused:
        Vault(with_key(tmp_path, new_key())).open(OWNER, lambda: sealed)
    assert "MIRRORLAKE_SECRET_KEY" in refused.value.fix


def test_any_of_several_keys_opens_and_the_newest_seals(tmp_path: Path) -> None:
    newer = new_key()
    old = Vault(with_key(tmp_path, KEY)).seal(OWNER, SECRETS, may_make_key=False)
    both = Vault(with_key(tmp_path, newer, KEY))
    assert both.open(OWNER, lambda: old) == SECRETS
    sealed = both.seal(OWNER, SECRETS, may_make_key=False)
    assert Vault(with_key(tmp_path, newer)).open(OWNER, lambda: sealed) == SECRETS


@pytest.mark.parametrize(
    "text", ["secret", "0" * 44, "default", KEY[:-4], "aws-kms:"], ids=["word", "zeros", "default", "short", "no kms"]
)
def test_what_is_no_key_is_refused_and_not_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not a key") as refused:
        read_key_ring(with_key(tmp_path, text))
    assert text not in refused.value.message


def test_settings_do_not_show_what_is_secret() -> None:
    shown = repr(
        Settings(
            home=Path("/home"), secret_key=KEY, api_key="canary-token", database_url="postgresql://a:canary-word@host/b"
        )
    )
    assert KEY not in shown
    assert "canary" not in shown


def test_there_is_no_default_key(tmp_path: Path) -> None:
    assert read_key_ring(Settings(home=tmp_path)) is None
    with pytest.raises(SettingsError, match="not on this machine"):
        Vault(Settings(home=tmp_path)).seal(OWNER, SECRETS, may_make_key=False)
    assert not (tmp_path / KEY_FILE).exists()


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    sealed = Vault(Settings(home=tmp_path)).seal(OWNER, SECRETS, may_make_key=True)
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    Vault(Settings(home=tmp_path)).seal(OWNER, SECRETS, may_make_key=True)
    assert path.read_text() == before
    assert Vault(Settings(home=tmp_path)).open(OWNER, lambda: sealed) == SECRETS
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_of_concurrent_first_uses_one_makes_the_key(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        make_key_file(tmp_path / KEY_FILE)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(read_key_file(tmp_path / KEY_FILE)) == 1
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_key_file(tmp_path / KEY_FILE)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(SettingsError, match="Other users can read"):
        read_key_ring(Settings(home=tmp_path))


def test_a_reader_survives_a_rotation_between_its_two_steps(tmp_path: Path) -> None:
    """It has read the row under the old key, and finds only the new one: it reads the row again."""
    path = tmp_path / KEY_FILE
    vault = Vault(Settings(home=tmp_path))
    old = vault.seal(OWNER, SECRETS, may_make_key=True)
    data_key = Fernet(read_key_file(path)[0]).decrypt(old.key.partition(":")[2])
    newer = new_key()
    new = Sealed(key=f"fernet:{Fernet(newer).encrypt(data_key).decode()}", data=old.data)
    replace_key_file(path, [newer])
    rows: Iterator[Sealed] = iter([old, new])
    assert Vault(Settings(home=tmp_path)).open(OWNER, lambda: next(rows)) == SECRETS


def test_a_process_with_an_old_key_in_memory_reads_the_file_again(tmp_path: Path) -> None:
    vault = Vault(Settings(home=tmp_path))
    old = vault.seal(OWNER, SECRETS, may_make_key=True)
    assert vault.open(OWNER, lambda: old) == SECRETS
    replace_key_file(tmp_path / KEY_FILE, [new_key()])
    new = Vault(Settings(home=tmp_path)).seal(OWNER, SECRETS, may_make_key=False)
    assert vault.open(OWNER, lambda: new) == SECRETS


@pytest.fixture
def kms(aws: Ministack, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of a real KMS server, which this machine's AWS configuration reaches."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", aws.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return str(aws.client("kms").create_key()["KeyMetadata"]["KeyId"])


def test_a_key_of_kms_seals_and_opens_and_replaces_a_local_one(kms: str, tmp_path: Path) -> None:
    local = Vault(with_key(tmp_path, KEY)).seal(OWNER, SECRETS, may_make_key=False)
    both = Vault(with_key(tmp_path, f"aws-kms:{kms}", KEY))
    assert both.open(OWNER, lambda: local) == SECRETS
    sealed = both.seal(OWNER, SECRETS, may_make_key=False)
    assert sealed.key.startswith("aws-kms:")
    assert Vault(with_key(tmp_path, f"aws-kms:{kms}")).open(OWNER, lambda: sealed) == SECRETS
    ring = read_key_ring(with_key(tmp_path, f"aws-kms:{kms}", KEY))
    assert ring is not None
    assert (ring.is_newest(sealed.key), ring.is_newest(local.key)) == (True, False)


def test_a_key_of_kms_that_cannot_be_used_is_named(kms: str, aws: Ministack, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"aws-kms|AWS KMS cannot be used"):
        Vault(with_key(tmp_path, "aws-kms:00000000-0000-0000-0000-000000000000")).seal(
            OWNER, SECRETS, may_make_key=False
        )
