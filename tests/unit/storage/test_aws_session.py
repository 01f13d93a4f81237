"""What a worker process is told of the machine's AWS configuration, and what it must ask for by itself."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.processing.store_factory import OpenedStore, StoreConfig, with_resolved_credentials
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server

BUCKET = Location(provider=Provider.S3, container="bucket")
IRELAND = S3Server(url="https://s3.eu-west-1.amazonaws.com")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any AWS configuration but what a test writes into the folder."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_CA_BUNDLE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def handed(access: Access) -> AwsConfig | None:
    recipe = pickle.loads(pickle.dumps(with_resolved_credentials(StoreConfig(location=BUCKET, access=access))))  # noqa: S301  our own
    assert isinstance(recipe, StoreConfig)
    assert recipe.access == access
    assert recipe.resolved is None or isinstance(recipe.resolved, AwsConfig)
    return recipe.resolved


def test_plain_keys_are_handed_over_with_region_and_authorities(machine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    (machine / "config").write_text("[default]\nregion = eu-west-1\nca_bundle = /etc/our.pem\n")
    keys = Keys(access_key="AKIA", secret_key="hush")
    assert handed(Access()) == AwsConfig(region="eu-west-1", server=IRELAND, ca_bundle="/etc/our.pem", source=keys)


def test_those_of_the_profile_that_was_named(machine: Path):
    (machine / "credentials").write_text("[lab]\naws_access_key_id = A\naws_secret_access_key = S\n")
    config = handed(S3Access(profile="lab"))
    assert config is not None
    assert config.source == Keys(access_key="A", secret_key="S")


def test_keys_that_run_out_are_not_handed_over(machine: Path):
    (machine / "said.json").write_text(
        '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "2999-01-01T00:00:00Z"}'
    )
    (machine / "config").write_text(f"[default]\ncredential_process = cat {machine / 'said.json'}\n")
    assert handed(Access()) is None


def test_who_has_no_keys_is_left_to_say_so_at_the_first_request():
    assert handed(Access()) is None


def test_nobody_signs_where_nothing_is_to_be_signed():
    config = handed(S3Access(anonymous=True, region="eu-west-1"))
    assert config == AwsConfig(region="eu-west-1", server=IRELAND, ca_bundle=None, source=None)


def test_a_profile_that_does_not_exist_is_said_before_any_worker_starts():
    with pytest.raises(SettingsError, match="no AWS profile named 'nowhere'"):
        handed(S3Access(profile="nowhere"))


def test_other_stores_have_nothing_to_hand_over():
    folder = StoreConfig(location=Location(provider=Provider.FILE, container="/photos"), access=Access())
    assert with_resolved_credentials(folder) is folder
    store = OpenedStore(MemoryStore())
    assert with_resolved_credentials(store) is store


def test_no_secret_is_shown_where_keys_are_printed():
    keys = Keys(access_key="A", secret_key="hush", token="lent")
    shown = repr(AwsConfig(region="r", server=IRELAND, ca_bundle=None, source=keys))
    assert "hush" not in shown
    assert "lent" not in shown
