"""Deadlines, signed addresses and identities, as checks and documents use them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.ministack_server import Ministack
from tests.support.rawserver import RawServer, response, sends

from mirrorlake.connections.checks.deadline import collect
from mirrorlake.connections.checks.presigned import fetcher, refusal_of
from mirrorlake.connections.checks.symptom import Subject
from mirrorlake.connections.documents.inputs import WebIdentity
from mirrorlake.connections.identity import find_principal, read_web_identity
from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable
from mirrorlake.core.settings import read_settings
from mirrorlake.model.connections import AbilityCheck
from mirrorlake.model.credentials import AwsKeys, AwsRole, AzureServicePrincipal, GcsServiceAccount

REACHED = AbilityCheck(check="reach endpoint", ok=True, message="It answers.")


def test_rows_in_time_are_all_there_is() -> None:
    assert collect(lambda: iter([REACHED]), Subject(), 30) == [REACHED]


def test_after_the_deadline_the_first_missing_row_is_red_and_the_others_were_not_tried() -> None:
    ended = threading.Event()

    def rows() -> Iterator[AbilityCheck]:
        yield REACHED
        ended.wait(60)

    found = {row.check: row.ok for row in collect(rows, Subject(), 0.2)}
    ended.set()
    assert (found["reach endpoint"], found["authenticate"], found["list"]) == (True, False, None)
    assert "external id" not in found


def test_an_error_of_the_check_itself_is_raised() -> None:
    def rows() -> Iterator[AbilityCheck]:
        yield REACHED
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        collect(rows, Subject(), 30)


def test_a_signed_address_is_requested_as_a_browser_does() -> None:
    with RawServer(sends(response("206 Partial Content", b"x", Access_Control_Allow_Origin="*"))) as server:
        fetched = fetcher()(f"{server.endpoint}/a%20b?sig=canary", {"Range": "bytes=0-0"})
    assert (fetched.status, fetched.allowed_origin, fetched.body) == (206, "*", b"x")
    (head,) = server.heads
    assert head.startswith(b"GET /a%20b?sig=canary HTTP/1.1\r\n")
    assert b"Range: bytes=0-0" in head
    assert b"authorization" not in head.lower()


def test_a_refused_address_names_the_clouds_answer_and_no_signature() -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>Access\x07 Denied</Message></Error>"
    with RawServer(sends(response("403 Forbidden", body))) as server:
        error = refusal_of(fetcher()(f"{server.endpoint}/a?sig=canary", {}), "a")
    assert str(error.answer) == "403 AccessDenied: Access Denied"
    assert "canary" not in str(error)


def test_an_address_of_a_metadata_service_is_not_requested() -> None:
    with pytest.raises(AccessDenied, match="metadata"):
        fetcher()("http://169.254.169.254/latest/meta-data", {})
    with RawServer(sends(response("200 OK"))) as server:
        with pytest.raises(AccessDenied):
            fetcher(networks=())(server.endpoint, {})  # an address that a caller of the API chose
        assert server.heads == []


def test_an_unreachable_address_is_no_answer() -> None:
    with RawServer(lambda wire, _: wire.close()) as server, pytest.raises(SourceUnreachable):
        fetcher()(server.endpoint, {})


def test_the_principal_is_who_the_credentials_belong_to(aws: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.endpoint)
    arn, key, secret = aws.user("principal")
    keys = AwsKeys(access_key_id=key, secret_access_key=secret)
    role = AwsRole(role_arn="arn:aws:iam::1:role/x", external_id="e", base=keys, sts_endpoint="http://192.0.2.1")
    assert find_principal(keys, region=None, profile=None) == arn
    assert find_principal(role, region=None, profile=None) == arn  # asked from AWS, not from the connection's server
    wrong = AwsKeys(access_key_id=key, secret_access_key="wrong")
    assert find_principal(wrong, region=None, profile=None) is None


def test_the_principal_of_other_clouds_needs_no_request() -> None:
    info = json.dumps({"client_email": "lake@p.iam.gserviceaccount.com"})
    assert find_principal(GcsServiceAccount(info=info), region=None, profile=None) == "lake@p.iam.gserviceaccount.com"
    assert find_principal(GcsServiceAccount(info="broken"), region=None, profile=None) is None
    application = AzureServicePrincipal(account="a", tenant_id="t", client_id="c", client_secret="s")
    assert find_principal(application, region=None, profile=None) == "c"


def test_the_claims_of_a_token_fill_the_trust_policy(tmp_path: Path) -> None:
    def token(claims: object) -> str:
        path = tmp_path / "token"
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        path.write_text(f"e30.{body}.c2ln")
        return str(path)

    found = WebIdentity(issuer="https://i", subject="s", audience="a")
    assert read_web_identity(token({"iss": "https://i", "sub": "s", "aud": ["a", "b"]})) == found
    assert read_web_identity(token({"iss": "https://i", "sub": "s", "aud": "a"})) == found
    assert read_web_identity(token({"iss": "https://i", "sub": "s"})) == WebIdentity(issuer="https://i", subject="s")
    assert read_web_identity(token({"sub": "s"})) is None
    assert read_web_identity(str(tmp_path / "missing")) is None
    (tmp_path / "token").write_text("no token")
    assert read_web_identity(str(tmp_path / "token")) is None


def test_the_origin_is_what_browsers_send() -> None:
    for given, origin in (
        ("https://Lake.Example.org:443/", "https://lake.example.org"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("http://[::1]:80", "http://[::1]"),
    ):
        assert read_settings({"MIRRORLAKE_HOME": "/h", "MIRRORLAKE_ORIGIN": given}).origin == origin
    for wrong in ("lake.example.org", "https://lake.example.org/path", "https://u:p@lake.example.org", "ftp://x"):
        with pytest.raises(SettingsError, match="MIRRORLAKE_ORIGIN"):
            read_settings({"MIRRORLAKE_HOME": "/h", "MIRRORLAKE_ORIGIN": wrong})


def test_the_principal_of_the_environment_is_an_arn() -> None:
    arn = "arn:aws-cn:iam::111122223333:role/team/lake"
    assert read_settings({"MIRRORLAKE_HOME": "/h", "MIRRORLAKE_AWS_PRINCIPAL": arn}).aws_principal == arn
    with pytest.raises(SettingsError, match="MIRRORLAKE_AWS_PRINCIPAL"):
        read_settings({"MIRRORLAKE_HOME": "/h", "MIRRORLAKE_AWS_PRINCIPAL": "lake"})
