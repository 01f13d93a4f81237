"""Roles of a real STS server, which evaluates trust policies: what admits us, what does not, and keys that expire."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import boto3
import pytest
from tests.support.buckets import picture
from tests.support.cli import Cli
from tests.support.ministack_server import Ministack
from tests.support.postgres import Server, address_of
from tests.support.rawserver import RawServer, response, sends

from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.services.base import open_resources
from mirrorlake.services.library import LocalLibrary
from mirrorlake.storage.providers.s3.credentials import Keys
from mirrorlake.storage.providers.s3.roles import REFRESH, AssumedRole, WebIdentityRole
from mirrorlake.storage.providers.s3.sts import RoleRefused, StsServer

EXTERNAL_ID = "mirrorlake-of-a-test"
REGION = "us-east-1"
OPERATOR = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))


@pytest.fixture(scope="module")
def aws() -> Iterator[Ministack]:
    with Ministack() as server:
        yield server


@pytest.fixture(scope="module")
def user(aws: Ministack) -> tuple[str, Keys]:
    """A principal and its keys."""
    arn, key, secret = aws.user("mirrorlake")
    return arn, Keys(access_key=key, secret_key=secret)


RoleMaker = Callable[..., AssumedRole]


@pytest.fixture(scope="module")
def role(aws: Ministack, user: tuple[str, Keys]) -> RoleMaker:
    principal, keys = user
    made: dict[str | None, str] = {}

    def make(required: str | None, *, sent: str = EXTERNAL_ID, base: Keys = keys) -> AssumedRole:
        if required not in made:
            made[required] = aws.role(f"role-{len(made)}", trust(principal, required))
        server = StsServer(url=aws.endpoint, region=REGION)
        return AssumedRole(server, role_arn=made[required], session_name="tests", external_id=sent, base=base)

    return make


def trust(principal: str, external_id: str | None) -> object:
    condition = {} if external_id is None else {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}}
    allow = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **condition}
    return {"Version": "2012-10-17", "Statement": [allow]}


def test_a_role_gives_temporary_keys_of_its_own(aws: Ministack, role: RoleMaker) -> None:
    keys = role(EXTERNAL_ID).current()
    assert keys.token
    session = boto3.Session(keys.access_key, keys.secret_key, keys.token, REGION)
    caller = session.client("sts", endpoint_url=aws.endpoint).get_caller_identity()
    assert "assumed-role" in caller["Arn"]


def test_a_role_that_requires_another_external_id_is_refused(role: RoleMaker) -> None:
    with pytest.raises(RoleRefused, match="does not admit this connection") as refused:
        role("mirrorlake-of-somebody-else").current()
    assert "ExternalId" in refused.value.fix


def test_a_role_that_admits_anybody_is_not_used(role: RoleMaker) -> None:
    with pytest.raises(AccessDenied, match="admits callers without its ExternalId") as refused:
        role(None).current()
    assert "sts:ExternalId" in refused.value.fix


def test_the_machine_s_own_identity_can_assume_a_role(
    aws: Ministack, user: tuple[str, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    principal, keys = user
    arn = aws.role("of-the-machine", trust(principal, EXTERNAL_ID))
    for name, value in (("AWS_ACCESS_KEY_ID", keys.access_key), ("AWS_SECRET_ACCESS_KEY", keys.secret_key)):
        monkeypatch.setenv(name, value)
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    source = AssumedRole(
        StsServer(url=aws.endpoint, region=REGION),
        role_arn=arn,
        session_name="tests",
        external_id=EXTERNAL_ID,
        base=None,
    )
    first = source.current()
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301  without the session of botocore, which it makes again
    expire(copy, timedelta(minutes=1))
    assert copy.current().token != first.token


def test_a_role_that_was_checked_is_not_tried_without_its_external_id_again(role: RoleMaker) -> None:
    """Each trial is a refusal in the trail of the account."""
    source = role(None)
    source._proven = True
    assert source.current().token


def test_the_keys_of_the_caller_are_blamed_where_they_are_wrong(role: RoleMaker, user: tuple[str, Keys]) -> None:
    wrong = replace(user[1], secret_key="canary/of/a/wrong+secret")
    with pytest.raises(AccessDenied) as refused:
        role(EXTERNAL_ID, base=wrong).current()
    assert not isinstance(refused.value, RoleRefused)
    assert "canary" not in str(refused.value)


def test_keys_are_fetched_once_and_again_before_they_expire(role: RoleMaker) -> None:
    source = role(EXTERNAL_ID)
    first = source.current()
    assert source.current() == first
    expire(source, REFRESH - timedelta(seconds=1))
    assert source.current().token != first.token


def test_a_copy_in_another_process_begins_with_the_keys_and_refreshes_its_own(role: RoleMaker) -> None:
    source = role(EXTERNAL_ID)
    first = source.current()
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301  our own
    assert copy.current() == first
    expire(copy, timedelta(minutes=1))
    assert copy.current() != first
    assert source.current() == first


def test_an_unreachable_server_does_no_harm_while_the_keys_are_valid(role: RoleMaker) -> None:
    source = role(EXTERNAL_ID)
    first = source.current()
    source._server = StsServer(url="http://127.0.0.1:9", region=REGION)
    expire(source, timedelta(minutes=5))
    assert source.current() == first
    expire(source, timedelta(seconds=10))
    with pytest.raises(SourceUnreachable, match="STS server"):
        source.current()


def expire(source: AssumedRole, left: timedelta) -> None:
    assert source._held is not None
    source._held = replace(source._held, expires=datetime.now(UTC) + left)


def test_a_mirror_by_a_role_reads_in_its_worker_processes(
    aws: Ministack, user: tuple[str, Keys], tmp_path: Path, postgres_server: Server
) -> None:
    cli = Cli(tmp_path / "home", {"MIRRORLAKE_DATABASE_URL": address_of(postgres_server.new_database())})
    principal, keys = user
    flags = ["--endpoint", aws.endpoint, "--sts-endpoint", aws.endpoint, "--access-key-id", keys.access_key]
    arn = "arn:aws:iam::000000000000:role/of-a-connection"
    added = cli.run(
        "connection", "add", "roles", "--kind", "AssumeRole", "--role-arn", arn, *flags, "--secret-access-key", "-",
        "--json", given=keys.secret_key,
    )  # fmt: skip
    assert added.code == 0, added.err
    assert aws.role("of-a-connection", trust(principal, added.json["external_id"])) == arn
    aws.client("iam").put_role_policy(
        RoleName="of-a-connection",
        PolicyName="read",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
    )
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="of-a-role")
    for number in range(3):
        s3.put_object(Bucket="of-a-role", Key=f"a/{number}.png", Body=picture((number, 2, 3)))
    report = cli.run("mirror", "s3://of-a-role", "--connection", "roles", "--jobs", "2", "--json")
    assert (report.code, report.json["new"]) == (0, 3), report.err + report.out
    assert keys.secret_key not in report.out + report.err


# --- Web identities: a stub of ours answers, since no server at hand checks such tokens. ---

ANSWER = (
    "<AssumeRoleWithWebIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
    "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAWEB</AccessKeyId>"
    "<SecretAccessKey>web/secret</SecretAccessKey><SessionToken>web+token</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
    "</AssumeRoleWithWebIdentityResponse>"
)


@pytest.fixture
def web_identity() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """The address of the stub, and the forms that it received."""
    forms: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            forms.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            answer = ANSWER.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", forms
        server.shutdown()


def test_the_token_of_a_web_identity_is_read_from_its_file_for_each_request(
    web_identity: tuple[str, list[dict[str, list[str]]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, forms = web_identity
    file = tmp_path / "token"
    file.write_text("first.token\n")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    server = StsServer(url=address, region=REGION)
    source = WebIdentityRole(server, role_arn="arn:aws:iam::123456789012:role/web", session_name="t", token_file=None)
    assert source.current() == Keys(access_key="ASIAWEB", secret_key="web/secret", token="web+token")
    file.write_text("second.token\n")
    pickle.loads(pickle.dumps(source)).current()  # noqa: S301  it has keys
    source._held = None
    source.current()
    assert [form["WebIdentityToken"] for form in forms] == [["first.token"], ["second.token"]]


def test_an_open_role_is_not_even_saved(
    aws: Ministack, user: tuple[str, Keys], postgres_server: Server, tmp_path: Path
) -> None:
    principal, keys = user
    shut = aws.role("shut", trust(principal, "mirrorlake-of-somebody-else"))
    wide = aws.role("wide-open", trust(principal, None))
    secrets = {"access_key_id": keys.access_key, "secret_access_key": keys.secret_key}
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database())
    settings.home.mkdir()
    with open_resources(settings) as resources:
        connections = LocalLibrary(resources, OPERATOR).connections
        role = {"role_arn": wide, "sts_endpoint": aws.endpoint}
        with pytest.raises(AccessDenied, match="without its ExternalId") as refused:
            connections.add("lake", "aws-role", settings=role, secrets=secrets)
        assert "trust policy" in refused.value.fix
        assert connections.list() == []
        connections.add("lake", "aws-role", settings={**role, "role_arn": shut}, secrets=secrets)
        with pytest.raises(AccessDenied, match="without its ExternalId"):
            connections.change("lake", settings={"role_arn": wide})
        assert connections.get("lake").settings.role_arn == shut
        # What cannot be asked now is asked at the first use.
        connections.change("lake", settings={"sts_endpoint": "http://127.0.0.1:9"})


def test_a_role_is_created_with_the_documents_of_its_connection(
    aws: Ministack, user: tuple[str, Keys], postgres_server: Server, tmp_path: Path
) -> None:
    """Its trust policy names the external id, which exists only once there is a connection."""
    principal, keys = user
    aws.client("s3").create_bucket(Bucket="later")
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database(), aws_principal=principal)
    settings.home.mkdir()
    with open_resources(settings) as resources:
        library = LocalLibrary(resources, OPERATOR)
        made = library.connections.add(
            "lake",
            "aws-role",
            settings={"bucket": "later", "endpoint": aws.endpoint, "sts_endpoint": aws.endpoint},
            secrets={"access_key_id": keys.access_key, "secret_access_key": keys.secret_key},
        )
        (red,) = [row for row in library.connections.check("lake").checks if row.ok is False]
        assert (red.check, red.fix) == ("authenticate", "mirrorlake connection change lake --role-arn ARN")
        assert "no role yet" in red.message
        library.datasources.create("s3://later/", name="later", connection="lake")
        assert "no role yet" in (library.datasources.check("later").problem or "")
        documents = library.connections.documents("lake")
        assert any("--role-arn" in step for step in documents.steps)
        assert made.external_id in str(documents.trust_policy)
        role = aws.role("later", documents.trust_policy)
        library.connections.change("lake", settings={"role_arn": role})
        rows = {row.check: row.ok for row in library.connections.check("lake").checks}
        assert (rows["authenticate"], rows["external id"]) == (True, True)
        assert not library.connections.documents("lake").steps


def test_a_role_whose_caller_is_not_known_yet_can_be_saved() -> None:
    """The profile may be that of another machine, or not be written yet."""
    server = StsServer(url="http://127.0.0.1:9", region=REGION)
    role = AssumedRole(
        server, role_arn="arn", session_name="t", external_id=EXTERNAL_ID, base=None, profile="never-written"
    )
    with pytest.raises(SettingsError):
        role.current()
    role.refuse_if_open()


@pytest.mark.parametrize("token", [None, "", "two\nlines", "ü"], ids=repr)
def test_an_unusable_token_is_refused_before_any_request(token: str | None, tmp_path: Path) -> None:
    file = tmp_path / "token"
    if token is not None:
        file.write_text(token)
    source = WebIdentityRole(
        StsServer(url="http://127.0.0.1:9", region=REGION), role_arn="arn", session_name="t", token_file=str(file)
    )
    with pytest.raises(AccessDenied, match="token of"):
        source.current()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"not XML", b"<!DOCTYPE x [<!ENTITY e 'x'>]><a>&e;</a>", b"<a><AccessKeyId>K</AccessKeyId></a>"],
    ids=["empty", "cut", "text", "entity", "incomplete"],
)
def test_an_answer_without_keys_is_no_answer(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a.token")
    with RawServer(sends(response("200 OK", body))) as server:
        source = WebIdentityRole(
            StsServer(url=server.endpoint, region=REGION),
            role_arn="arn",
            session_name="t",
            token_file=str(tmp_path / "token"),
        )
        with pytest.raises(SourceUnreachable, match="contains no keys"):
            source.current()
