"""References to secrets: where each kind reads, who may use it, and what is said if nothing is there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.support.ministack_server import Ministack

from mirrorlake.connections.names import REFERENCES, is_reference
from mirrorlake.connections.references import READERS, check_reference, resolve
from mirrorlake.core.errors import AccessDenied, MirrorlakeError, SettingsError, SourceUnreachable

SECRET = "canary/secret"


def test_names_and_readers_are_the_same() -> None:
    assert set(REFERENCES) == set(READERS)


@pytest.mark.parametrize(
    ("text", "expected"), [("env:A", True), ("file:/a", True), ("vault:a/b#c", True), ("wJalr/K7+MD:ENG", False)]
)
def test_a_secret_is_no_reference(text: str, *, expected: bool) -> None:
    assert is_reference(text) is expected


@pytest.mark.parametrize("text", ["env:", "env:A B", "file:a", "vault:a#b", "vault:a/../b#c", "aws-secretsmanager:#k"])
def test_what_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="not a reference"):
        check_reference(text, allowed=None)


@pytest.mark.parametrize("text", ["env:HOME", "file:/etc/passwd", "vault:secret/other#key", "aws-secretsmanager:x"])
def test_a_caller_of_the_api_reads_no_secret_of_the_machine(text: str) -> None:
    with pytest.raises(SettingsError, match="reserved for operators"):
        check_reference(text, allowed=())
    with pytest.raises(SettingsError, match="reserved for operators"):
        check_reference(text, allowed=("vault:secret/mirrorlake/", "file:/run/secrets/"))
    check_reference("vault:secret/mirrorlake/s3#key", allowed=("vault:secret/mirrorlake/",))


def test_a_variable_and_a_file_are_read_at_each_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_A_TEST", f" {SECRET}\n")
    assert resolve("key", "env:OF_A_TEST") == SECRET
    file = tmp_path / "secret"
    for content in (SECRET, "another"):
        file.write_text(f"{content}\n")
        assert resolve("key", f"file:{file}") == content


@pytest.mark.parametrize(
    "content", [None, b"", b"  \n", b"\xff\xfe", b"x" * (65 << 10)], ids=lambda value: str(value)[:9]
)
def test_a_file_without_a_secret_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=str(file)):
        resolve("key", f"file:{file}")


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stub with the shape of HashiCorp Vault, of which no server is at hand."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, answer = 200, {"data": {"data": {"key": SECRET, "number": 7}}}
            if self.headers["X-Vault-Token"] != "vault-token":
                status, answer = 403, {"errors": ["permission denied"]}
            elif self.path == "/v1/secret/data/sealed":
                status, answer = 503, {"errors": ["Vault is sealed"]}
            elif self.path != "/v1/secret/data/lake/s3":
                status, answer = 404, {"errors": []}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("VAULT_TOKEN", "vault-token")
        yield
        server.shutdown()


@pytest.mark.usefixtures("vault")
def test_a_secret_of_vault_is_read_by_mount_path_and_field(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("key", "vault:secret/lake/s3#key") == SECRET
    for wrong in ("vault:secret/lake/other#key", "vault:secret/lake/s3#missing", "vault:secret/lake/s3#number"):
        with pytest.raises(SettingsError, match="vault:"):
            resolve("key", wrong)
    with pytest.raises(SourceUnreachable, match="answered 503"):
        resolve("key", "vault:secret/sealed#key")
    monkeypatch.setenv("VAULT_TOKEN", "canary-token")
    with pytest.raises(AccessDenied, match="does not permit") as refused:
        resolve("key", "vault:secret/lake/s3#key")
    assert "canary" not in str(refused.value)


def test_vault_without_its_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    with pytest.raises(SettingsError, match="address or the token"):
        resolve("key", "vault:secret/lake/s3#key")


def test_a_secret_of_aws_is_read_whole_or_by_field(aws: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = aws.client("secretsmanager")
    client.create_secret(Name="plain", SecretString=SECRET)
    client.create_secret(Name="fields", SecretString=json.dumps({"key": SECRET}))
    assert resolve("key", "aws-secretsmanager:plain") == SECRET
    assert resolve("key", "aws-secretsmanager:fields#key") == SECRET
    for wrong in ("aws-secretsmanager:nothing", "aws-secretsmanager:fields#other", "aws-secretsmanager:plain#key"):
        with pytest.raises(MirrorlakeError, match=wrong.partition(":")[2].partition("#")[0]) as refused:
            resolve("key", wrong)
        assert SECRET not in str(refused.value)
