"""No credential that is wrong in any byte is sent in a broken header, and none appears in an error or its causes."""

from __future__ import annotations

import json
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.rawserver import RawServer, response
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.open import open_store
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.aws_session import config_of
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.providers.s3.writable import S3WritableStore

BUCKET = Location(provider=Provider.S3, container="bucket")
CANARY = "canary1234567890"
# A NUL cannot be in the environment. A line end within a value of the file ends the value.
IN_ENVIRONMENT = {"newline": "\n", "return": "\r", "blank": " ", "tab": "\t", "control": "\x01", "accent": "\u00e9"}
IN_FILE = {"nul": "\0", "blank": " ", "tab": "\t", "control": "\x01", "delete": "\x7f", "accent": "\u00e9"}
FIELDS = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with complete credentials nowhere but where a test puts them."""
    for name in (*FIELDS.values(), "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def calls(access: S3Access) -> list[Callable[[], Any]]:
    """Every kind of request with the machine's credentials."""

    def opened() -> S3Store:
        return S3Store(BUCKET, access)

    return [
        lambda: open_store(BUCKET, access).list_page(KeyRange(), None),
        lambda: opened().head("a"),
        lambda: opened().get("a", token=None, limit=9),
        lambda: opened().presign("a", 60),
        lambda: S3WritableStore(BUCKET, access).put("a", b""),
    ]


def refused(call: Callable[[], Any]) -> str:
    """The message of the error, which has no canary, also not in its causes or their notes."""
    with pytest.raises(MirrorlakeError) as raised:
        call()
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    return str(raised.value)


@pytest.mark.parametrize("byte", IN_ENVIRONMENT)
@pytest.mark.parametrize("variable", FIELDS.values())
def test_a_bad_byte_in_the_environment_is_refused_by_the_name_of_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, byte: str
) -> None:
    for name in FIELDS.values():
        monkeypatch.setenv(name, f"{CANARY}{name}")
    monkeypatch.setenv(variable, f"{CANARY}{IN_ENVIRONMENT[byte]}{CANARY}")
    for call in calls(S3Access(endpoint="http://127.0.0.1:1")):
        assert variable in refused(call)


@pytest.mark.parametrize("byte", IN_FILE)
@pytest.mark.parametrize("field", FIELDS)
def test_a_bad_byte_in_the_credentials_file_is_refused(machine: Path, field: str, byte: str) -> None:
    values = {name: f"{CANARY}{name}" for name in FIELDS} | {field: f"{CANARY}{IN_FILE[byte]}{CANARY}"}
    lines = "".join(f"{name} = {value}\n" for name, value in values.items())
    (machine / "credentials").write_text(f"[lake]\n{lines}", encoding="utf-8")
    for call in calls(S3Access(endpoint="http://127.0.0.1:1", profile="lake")):
        assert "~/.aws/credentials" in refused(call)


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t"])
def test_blanks_around_every_credential_are_removed(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f" {ACCESS_KEY}{end}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{SECRET_KEY}{end}")
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"token{end}")
    with S3Stub() as server:
        server.put("bucket", "a", b"data")
        store = open_store(BUCKET, S3Access(endpoint=server.endpoint))
        assert store.get("a", token=None, limit=9).data == b"data"
        assert server.requests[-1].headers["x-amz-security-token"] == "token"


@pytest.mark.parametrize("byte", IN_ENVIRONMENT)
@pytest.mark.parametrize("variable", FIELDS.values())
def test_a_role_that_is_assumed_with_bad_credentials_shows_no_header(
    machine: Path, monkeypatch: pytest.MonkeyPatch, variable: str, byte: str
) -> None:
    (machine / "config").write_text(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n"
        "sts_regional_endpoints = regional\nregion = us-east-1\nendpoint_url = http://127.0.0.1:1\n"
    )
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # nobody listens there
    for name in FIELDS.values():
        monkeypatch.setenv(name, f"{CANARY}{name}")
    monkeypatch.setenv(variable, f"{CANARY}{IN_ENVIRONMENT[byte]}")  # at its end: botocore does not strip it
    refused(calls(S3Access(profile="role"))[0])


@pytest.mark.parametrize("end", ["", "\n", "\u00e9"], ids=["none", "newline", "accent"])
def test_a_token_for_a_container_shows_no_header(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    def repeat(wire: socket.socket, head: bytes) -> None:
        wire.sendall(response("401 Unauthorized", head))

    with RawServer(repeat) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.endpoint}/creds")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", f"{CANARY}{end}")
        refused(calls(S3Access(endpoint="http://127.0.0.1:1"))[0])


def test_a_process_that_prints_secrets_in_a_wrong_way_is_not_quoted(machine: Path) -> None:
    for printed in (
        f"{{{CANARY}",
        json.dumps({"Version": 1, "SecretAccessKey": CANARY}),
        f'"{CANARY}"',
        f"[1, {CANARY}",
    ):
        (machine / "printed").write_text(printed)
        (machine / "config").write_text(f"[default]\ncredential_process = cat {machine / 'printed'}\n")
        refused(calls(S3Access(endpoint="http://127.0.0.1:1"))[0])


@pytest.mark.parametrize("byte", {**IN_ENVIRONMENT, **IN_FILE})
def test_keys_that_no_header_can_contain_are_not_quoted(byte: str) -> None:
    bad = f"{CANARY}{(IN_ENVIRONMENT | IN_FILE)[byte]}\n{CANARY}"
    for keys in (
        Keys(access_key=bad, secret_key="s"),
        Keys(access_key="a", secret_key="s", token=bad),
    ):
        config = AwsConfig(
            region="us-east-1", server=S3Server(url="http://127.0.0.1:1", origin="test"), ca_bundle=None, source=keys
        )
        refused(lambda config=config: S3Store(BUCKET, S3Access(), config=config).head("a"))


def test_what_configuration_shows_of_itself_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("AWS_SESSION_TOKEN", CANARY)
    config = config_of(S3Access())
    assert config.source is not None
    assert CANARY not in repr(config) + repr(config.source.current())
