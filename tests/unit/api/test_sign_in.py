"""Members sign in with passwords; keys admit scripts; guesses wait; everything of it is recorded, and no secret."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.unit.api.conftest import TOKEN, Library

from mirrorlake.api.access import Gate
from mirrorlake.core.errors import CatalogUnavailable, Conflict, PermissionDenied, UsageError
from mirrorlake.core.settings import DEFAULT_ORIGIN
from mirrorlake.model.access import PERMISSIONS, Actor, ActorKind, Context, Permission, Role
from mirrorlake.model.activity import Activity, ActivityFilter, Subject
from mirrorlake.services import admission
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.key_refusals import KeyRefusals
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.server import serving

PAGES = {"origin": "http://127.0.0.1:8000"}
COOKIE = Gate(TOKEN).cookie
PASSWORD = "a canary that sings 7"


@pytest.fixture
def operator(library: Library) -> LocalLibrary:
    return LocalLibrary(library.resources, local_user())


@pytest.fixture
def browser(stranger: TestClient) -> TestClient:
    stranger.headers.update(PAGES)
    return stranger


@pytest.fixture
def anna(operator: LocalLibrary, browser: TestClient) -> str:
    """An owner with a password; the browser is signed out again."""
    link = str(operator.members.add("Anna@example.com", Role.OWNER).invitation)
    address, _, secret = link.partition("/#invitation=")
    assert address.startswith("http")
    answer = browser.post("/api/v1/sign-in/invitation", json={"secret": secret, "password": PASSWORD})
    assert answer.status_code == 204
    again = browser.post("/api/v1/sign-in/invitation", json={"secret": secret, "password": PASSWORD})
    assert (again.status_code, "was used" in again.json()["detail"]) == (401, True)
    browser.cookies.clear()
    return "Anna@example.com"


def sign_in(browser: TestClient, name: str, password: str = PASSWORD) -> int:
    # A repeated sign-in is a new one: keys of requests belong to a caller, and here is none yet.
    headers = {"idempotency-key": "once"}
    return browser.post("/api/v1/sign-in", json={"name": name, "password": password}, headers=headers).status_code


def accept(browser: TestClient, link: str) -> None:
    """Set a password by a link, in another browser."""
    given = {"secret": link.partition("/#invitation=")[2], "password": PASSWORD}
    with TestClient(browser.app, base_url=str(browser.base_url), headers=PAGES) as other:
        assert other.post("/api/v1/sign-in/invitation", json=given).status_code == 204


def present(browser: TestClient, cookie: str) -> None:
    browser.cookies.clear()
    browser.cookies.set(COOKIE, cookie, domain="127.0.0.1")


def test_a_member_signs_in_is_somebody_and_signs_out(
    browser: TestClient, anna: str, operator: LocalLibrary, library: Library
) -> None:
    assert sign_in(browser, "anna@EXAMPLE.com") == 204
    first = browser.cookies[COOKIE]
    who = browser.get("/api/v1/me").json()
    assert (who["kind"], who["name"], who["role"], who["workspace"]) == ("member", anna, "owner", "default")
    assert sign_in(browser, anna) == 204
    second = browser.cookies[COOKIE]
    assert second != first  # a new session each time
    present(browser, first)
    assert browser.get("/api/v1/me").status_code == 401  # and the one before is over
    present(browser, second)
    [mine] = [each for each in browser.get("/api/v1/sessions").json() if each["current"]]
    assert (mine["member"], mine["method"], mine["current"], mine["address"]) == (anna, "password", True, "testclient")
    with psycopg.connect(library.settings.database_url or "") as session:
        stored = str(session.execute("SELECT s::text FROM access.session s").fetchall())
    assert second not in stored
    assert browser.delete("/api/v1/session").status_code == 204
    present(browser, second)
    assert browser.get("/api/v1/me").status_code == 401

    did = [(each.action, each.subject, each.refused) for each in operator.activity.list() if each.actor == anna]
    assert did[0][0] == "sign_out"
    assert did[1:3] == [("sign_in", anna, False)] * 2
    assert operator.activity.list()[0].credential == f"session {mine['id']}"


def test_a_session_ends_after_a_week_of_rest_a_month_or_by_an_owner(
    browser: TestClient, anna: str, operator: LocalLibrary, library: Library
) -> None:
    for change in ("last_used = now() - interval '8 days'", "expires = now() - interval '1 second'"):
        assert sign_in(browser, anna) == 204
        assert browser.get("/api/v1/me").status_code == 200
        with psycopg.connect(library.settings.database_url or "") as session:
            session.execute(b"UPDATE access.session SET " + change.encode())
        operator.members.change(anna, Role.OWNER)  # forgets what was admitted
        assert browser.get("/api/v1/me").status_code == 401
    assert sign_in(browser, anna) == 204
    [found] = operator.sessions.list(everyone=True)
    operator.sessions.end(found.id)
    assert browser.get("/api/v1/me").status_code == 401


def test_guesses_wait_longer_and_longer_but_not_where_the_member_signed_in_before(
    browser: TestClient, anna: str, operator: LocalLibrary, library: Library, app: FastAPI
) -> None:
    with psycopg.connect(library.settings.database_url or "") as session:
        session.execute("DELETE FROM access.session")  # so that this address is unknown
    for _ in range(5):
        assert sign_in(browser, anna, "wrong password") == 401
    answer = browser.post("/api/v1/sign-in", json={"name": anna, "password": PASSWORD})
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:mirrorlake:too-many-attempts")
    assert 0 < int(answer.headers["retry-after"]) <= 15
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("10.1.1.1", 1), headers=PAGES) as elsewhere:
        assert sign_in(elsewhere, anna) == 429  # the account waits
        assert sign_in(elsewhere, "nobody") == 401  # and no other one
        with psycopg.connect(library.settings.database_url or "") as session:
            session.execute("UPDATE access.failed_sign_in SET at = at - interval '16 seconds'")
        assert sign_in(elsewhere, anna) == 204
        for _ in range(6):
            assert sign_in(browser, anna, "wrong password") in {401, 429}
        assert sign_in(elsewhere, anna) == 204  # known from there
    refused = operator.activity.list(ActivityFilter(refused=True, action="sign_in"))
    assert {each.subject for each in refused} == {anna, "unknown"}
    assert "nobody" not in str(refused)


def test_passwords_have_rules_and_changing_one_ends_the_other_sessions(
    browser: TestClient, anna: str, library: Library, app: FastAPI
) -> None:
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=PAGES) as other:
        assert sign_in(other, anna) == 204
        assert sign_in(browser, anna) == 204
        with psycopg.connect(library.settings.database_url or "") as session:
            stored = session.execute("SELECT password FROM access.member WHERE password IS NOT NULL").fetchall()
        assert [row[0].startswith("$argon2id$") for row in stored] == [True]
        for new in ("short", "anna@example.com", "aaaaaaaaaaaaaa"):
            refused = browser.post("/api/v1/me/password", json={"current": PASSWORD, "new": new})
            assert (refused.status_code, new in refused.text) == (400, False)
        changed = {"current": "wrong", "new": "another canary 8"}
        assert browser.post("/api/v1/me/password", json=changed).status_code == 401
        changed["current"] = PASSWORD
        assert browser.post("/api/v1/me/password", json=changed).status_code == 204
        assert browser.get("/api/v1/me").status_code == 200
        assert other.get("/api/v1/me").status_code == 401
        assert sign_in(other, anna) == 401
        assert sign_in(other, anna, "another canary 8") == 204


def test_another_site_signs_nobody_in(browser: TestClient, anna: str) -> None:
    foreign = ("http://evil.example", "null", "http://[")
    for headers in (*({"origin": one} for one in foreign), {"sec-fetch-site": "cross-site"}):
        answer = browser.post("/api/v1/sign-in", json={"name": anna, "password": PASSWORD}, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    del browser.headers["origin"]
    assert sign_in(browser, anna) == 403


def test_signing_in_is_recorded_in_the_workspaces_of_the_member(
    browser: TestClient, operator: LocalLibrary, library: Library
) -> None:
    operator.workspaces.create("north")
    north = LocalLibrary(library.resources, local_user("north"))
    secret = str(north.members.add("ben", Role.VIEWER).invitation).partition("/#invitation=")[2]
    given = {"secret": secret, "password": PASSWORD}
    assert browser.post("/api/v1/sign-in/invitation", json=given).status_code == 204
    browser.cookies.clear()
    assert sign_in(browser, "ben", "wrong") == 401
    assert sign_in(browser, "nobody") == 401

    found = north.activity.page(ActivityFilter(actor="ben")).items
    assert [(one.action, one.subject, one.address) for one in found] == [
        ("sign_in", "ben", "testclient"),
        ("set_password", "ben", "testclient"),
    ]
    [refused] = north.activity.page(ActivityFilter(refused=True)).items
    assert (refused.action, refused.subject) == ("sign_in", "ben")
    assert operator.activity.page(ActivityFilter(actor="ben")).items == ()
    [unknown] = operator.activity.page(ActivityFilter(refused=True)).items
    assert unknown.subject == "unknown"  # of nobody: for owners of the server

    operator.workspaces.rename("north", "south")
    assert [one.action for one in operator.activity.page(ActivityFilter(kind=Subject.WORKSPACE)).items] == ["create"]
    south = LocalLibrary(library.resources, local_user("south"))
    [renamed] = south.activity.page(ActivityFilter(kind=Subject.WORKSPACE)).items
    assert (renamed.action, renamed.subject, renamed.details) == ("rename", "north", {"to": "south"})


def test_a_link_names_the_address_at_which_the_caller_reaches_the_server(
    browser: TestClient, operator: LocalLibrary, library: Library, app: FastAPI
) -> None:
    browser.headers["authorization"] = f"Bearer {TOKEN}"
    made = browser.post("/api/v1/members", json={"name": "dora", "role": "viewer"}).json()
    assert made["invitation"].startswith("http://127.0.0.1:8000/#invitation=")
    through = {"host": "photos.example:8443", "origin": "https://photos.example:8443"}  # a proxy with TLS
    again = browser.post("/api/v1/members/dora/invitation", headers=through).json()
    assert again["invitation"].startswith("https://photos.example:8443/#invitation=")
    other = browser.post("/api/v1/members/dora/invitation", headers={"origin": "http://["}).json()
    assert other["invitation"].startswith("http://127.0.0.1:8000/#invitation=")

    named = replace(library.settings, origin="https://lake.example", origin_named=True)
    app.state.library_for = partial(LocalLibrary, Resources(named, library.resources.catalog))
    third = browser.post("/api/v1/members/dora/invitation").json()
    assert third["invitation"].startswith("https://lake.example/#invitation=")


def test_a_link_of_a_command_names_the_server_that_runs_here(operator: LocalLibrary, library: Library) -> None:
    assert str(operator.members.add("emil", Role.VIEWER).invitation).startswith(f"{DEFAULT_ORIGIN}/#")
    with serving(library.settings.home) as record:
        record("http://127.0.0.1:9123")
        assert str(operator.members.invite("emil").invitation).startswith("http://127.0.0.1:9123/#")
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    (library.settings.home / "server.json").write_text(f'{{"pid": {gone.pid}, "address": "http://127.0.0.1:9123"}}')
    assert str(operator.members.invite("emil").invitation).startswith(f"{DEFAULT_ORIGIN}/#")


def test_the_last_owner_stays(browser: TestClient, operator: LocalLibrary, anna: str) -> None:
    for attempt in (lambda: operator.members.remove(anna), lambda: operator.members.change(anna, Role.VIEWER)):
        with pytest.raises(Conflict, match="last owner"):
            attempt()
    link = str(operator.members.add("bert", Role.OWNER).invitation)
    with pytest.raises(Conflict, match="last owner"):
        operator.members.remove(anna)  # bert cannot sign in yet
    accept(browser, link)
    operator.members.change(anna, Role.VIEWER)
    with pytest.raises(Conflict, match="already a member"):
        operator.members.add("ANNA@example.com", Role.EDITOR)
    with pytest.raises(UsageError, match="cannot be the name"):
        operator.members.add("a/b", Role.EDITOR)
    assert [(each.name, each.role) for each in operator.members.list()] == [(anna, "viewer"), ("bert", "owner")]


def test_a_key_works_until_it_expires_is_revoked_or_its_maker_loses_the_right(
    stranger: TestClient, operator: LocalLibrary, library: Library, anna: str
) -> None:
    made = operator.api_keys.create("ci", role=Role.VIEWER, permissions={Permission.ASSETS_EDIT}, expires_days=90)
    assert made.expires is not None
    assert timedelta(days=89) < made.expires - datetime.now(UTC) < timedelta(days=91)
    header = {"authorization": f"Bearer {made.key}"}
    who = stranger.get("/api/v1/me", headers=header).json()
    assert (who["kind"], who["name"], "assets:edit" in who["permissions"]) == ("key", "key ci", True)
    edited = stranger.patch("/api/v1/assets/1000", json={"add_tags": ["seen"]}, headers=header)
    assert edited.status_code == 200
    [listed] = operator.api_keys.list()
    assert (listed.key, listed.prefix, listed.last_address) == (None, str(made.key)[:12], "testclient")
    assert listed.last_used is not None
    newest = operator.activity.list()[0]
    assert (newest.actor, newest.credential, newest.address) == ("key ci", made.prefix, "testclient")
    with psycopg.connect(library.settings.database_url or "") as session:
        stored = str(session.execute("SELECT k::text FROM access.api_key k").fetchall())
    assert str(made.key)[13:] not in stored

    operator.api_keys.revoke(made.id)
    assert stranger.get("/api/v1/me", headers=header).status_code == 401
    with pytest.raises(Conflict):
        [operator.api_keys.create("twice", role=Role.VIEWER) for _ in range(2)]

    # A key of a member does no more than the member may do now.
    assert sign_in(stranger, anna) == 204
    own = stranger.post("/api/v1/api-keys", json={"name": "mine", "role": "owner", "expires_days": 1}).json()
    stranger.cookies.clear()
    header = {"authorization": f"Bearer {own['key']}"}
    assert stranger.get("/api/v1/members", headers=header).status_code == 200
    longer = stranger.post("/api/v1/api-keys", json={"name": "child", "role": "viewer"}, headers=header)
    assert (longer.status_code, "outlive" in longer.json()["detail"]) == (400, True)
    accept(stranger, str(operator.members.add("bert", Role.OWNER).invitation))
    operator.members.change(anna, Role.VIEWER)
    refused = stranger.get("/api/v1/members", headers=header)
    assert (refused.status_code, refused.json()["permission"]) == (403, "members:edit")
    operator.members.remove(anna)
    assert stranger.get("/api/v1/me", headers=header).status_code == 401


def test_an_owner_of_another_workspace_takes_no_account_over(
    browser: TestClient, operator: LocalLibrary, library: Library, anna: str
) -> None:
    operator.workspaces.create("lab")
    eve = Context(actor=Actor(kind=ActorKind.MEMBER, name="eve"), workspace="lab", permissions=PERMISSIONS[Role.OWNER])
    lab = LocalLibrary(library.resources.of("lab"), eve)
    # An owner of the first workspace may know this password, and would enter the second one with it.
    with pytest.raises(Conflict, match="Ask the operator"):
        lab.members.add(anna, Role.VIEWER)
    assert [member.name for member in lab.members.list()] == []
    of_operator = LocalLibrary(library.resources.of("lab"), replace(local_user(), workspace="lab"))
    assert of_operator.members.add(anna, Role.VIEWER).invitation is None
    with pytest.raises(Conflict, match="in another workspace"):
        lab.members.invite(anna)
    link = operator.members.add("carl", Role.VIEWER).invitation
    assert lab.members.add("carl", Role.VIEWER).invitation is None
    assert link is not None
    accepted = {"secret": link.partition("/#invitation=")[2], "password": PASSWORD}
    # Who has the link of the other workspace does not enter this one with it.
    assert browser.post("/api/v1/sign-in/invitation", json=accepted).status_code == 401
    assert lab.members.add("dora", Role.VIEWER).invitation is not None
    operator.workspaces.delete("lab", acknowledge=0)
    again = operator.members.add("dora", Role.VIEWER)  # a new account: the former one went with its workspace
    assert again.invitation is not None
    assert operator.members.invite(anna).invitation is not None


def test_a_key_for_members_makes_nobody_an_owner(operator: LocalLibrary, library: Library, anna: str) -> None:
    key = Context(
        actor=Actor(kind=ActorKind.KEY, name="members alone"), permissions=frozenset({Permission.MEMBERS_EDIT})
    )
    members = LocalLibrary(library.resources, key).members
    for attempt in (
        lambda: members.add("eve", Role.OWNER),
        lambda: members.change(anna, Role.VIEWER),
        lambda: members.invite(anna),
        lambda: members.remove(anna),
    ):
        with pytest.raises(PermissionDenied, match="can do more than members alone"):
            attempt()


def test_a_key_cannot_grant_more_than_its_maker_has(operator: LocalLibrary, library: Library) -> None:
    makers = frozenset({Permission.KEYS_EDIT, Permission.ASSETS_READ})
    maker = Context(actor=Actor(kind=ActorKind.KEY, name="key maker"), permissions=makers)
    keys = LocalLibrary(library.resources, maker).api_keys
    assert keys.create("small", permissions={Permission.ASSETS_READ}).role is None
    with pytest.raises(PermissionDenied, match=r"lacks .*assets:edit"):
        keys.create("big", role=Role.EDITOR)
    with pytest.raises(UsageError, match="needs a role"):
        keys.create("nothing")


def test_refusals_are_recorded_for_owners_alone_and_not_without_end(
    stranger: TestClient, operator: LocalLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "REFUSALS_A_MINUTE", 3)
    viewer = {"authorization": f"Bearer {operator.api_keys.create('eye', role=Role.VIEWER).key}"}
    for _ in range(5):
        assert stranger.patch("/api/v1/assets/1000", json={"add_tags": ["x"]}, headers=viewer).status_code == 403
    refused = operator.activity.list(ActivityFilter(refused=True))
    assert len(refused) == 3
    assert (refused[0].actor, refused[0].subject, refused[0].address) == ("key eye", "assets:edit", "testclient")
    assert refused[0].details == {"method": "PATCH", "path": "/api/v1/assets/1000"}

    seen = stranger.get("/api/v1/activity", headers=viewer).json()
    assert [each for each in seen if each["refused"] or each["address"] or each["credential"]] == []
    hidden = stranger.get("/api/v1/activity?refused=true", headers=viewer)
    assert (hidden.status_code, hidden.json()["permission"]) == (403, "audit:read")
    of_key = operator.activity.list(ActivityFilter(actor="key eye"))
    assert len(of_key) == 3  # the refusal to show refusals came too soon after these
    later = ActivityFilter(since=datetime.now(UTC) + timedelta(hours=1))
    assert operator.activity.list(later) == []


def test_a_request_for_a_workspace_of_others_is_recorded_in_that_of_the_caller(
    browser: TestClient, operator: LocalLibrary, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "REFUSALS_A_MINUTE", 2)
    for name in ("north", "east"):
        operator.workspaces.create(name)
    north, east = (LocalLibrary(library.resources, local_user(name)) for name in ("north", "east"))
    made = east.api_keys.create("robot", role=Role.OWNER)
    key = {"authorization": f"Bearer {made.key}", "mirrorlake-workspace": "north"}
    for _ in range(4):
        assert browser.get("/api/v1/assets", headers=key).status_code == 404
    found = east.activity.list(ActivityFilter(refused=True))
    assert len(found) == 2  # and not without end
    assert (found[0].actor, found[0].subject_kind, found[0].subject) == ("key robot", "workspace", "north")
    assert (found[0].action, found[0].credential) == ("request", made.prefix)
    assert found[0].details == {"method": "GET", "path": "/api/v1/assets"}

    accept(browser, str(east.members.add("ben", Role.VIEWER).invitation))
    assert sign_in(browser, "ben") == 204
    assert browser.get("/api/v1/assets", headers={"mirrorlake-workspace": "nowhere"}).status_code == 404
    [newest, *_] = east.activity.list(ActivityFilter(refused=True, actor="ben"))
    assert newest.subject == "nowhere"
    for others in (north, operator):
        assert others.activity.list(ActivityFilter(refused=True)) == []


def refused_keys(operator: LocalLibrary) -> list[Activity]:
    return operator.activity.list(ActivityFilter(refused=True, kind=Subject.API_KEY))


def test_a_request_with_an_invalid_key_is_recorded(stranger: TestClient, operator: LocalLibrary) -> None:
    assert stranger.get("/api/v1/me").status_code == 401
    present(stranger, "of-a-session-that-ended")
    assert stranger.get("/api/v1/me").status_code == 401
    assert refused_keys(operator) == []  # neither tried a key

    wrong = {"authorization": "Bearer a-canary-password"}
    assert stranger.patch("/api/v1/assets/1000?q=a-canary", json={}, headers=wrong).status_code == 401
    [found] = refused_keys(operator)
    assert (found.action, found.subject, found.actor_kind) == ("request", "unknown", "stranger")
    assert (found.address, found.credential) == ("testclient", None)
    assert found.details == {"method": "PATCH", "path": "/api/v1/assets/1000", "reason": "unknown key"}


def test_a_revoked_key_is_named_in_its_own_workspace(
    stranger: TestClient, operator: LocalLibrary, library: Library
) -> None:
    operator.workspaces.create("east")
    east = LocalLibrary(library.resources, local_user("east"))
    made = east.api_keys.create("robot", role=Role.VIEWER)
    key = {"authorization": f"Bearer {made.key}"}
    assert stranger.get("/api/v1/me", headers=key).status_code == 200
    east.api_keys.revoke(made.id)
    assert stranger.get("/api/v1/me", headers=key).status_code == 401
    [found] = refused_keys(east)
    assert (found.actor, found.subject, found.credential) == ("key robot", "robot", made.prefix)
    assert found.details["reason"] == "revoked key"
    assert refused_keys(operator) == []
    assert str(made.key) not in str(found)


def test_an_invalid_key_that_cannot_be_recorded_is_told_so(
    stranger: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise CatalogUnavailable("The disk of PostgreSQL is full.")

    monkeypatch.setattr(KeyRefusals, "record", refuse)
    answer = stranger.get("/api/v1/me", headers={"authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["detail"]) == (503, "The disk of PostgreSQL is full.")


def test_any_number_of_invalid_keys_leaves_few_records(library: Library, operator: LocalLibrary) -> None:
    now = [0.0]
    refusals = KeyRefusals(library.resources.catalog, clock=lambda: now[0])

    def request(address: str) -> None:
        others = refusals.count(address)
        if others is not None:
            given = admission.Credential(kind="key", secret="x", workspace=None, address=address)
            refusals.record(given, method="GET", path="/api/v1/" + "x" * 5000, others=others)

    for number in range(1000):
        request("10.0.0.1")
        request(f"2001:db8::{number:x}")  # all in the network of one customer
        request(f"10.1.{number // 256}.{number % 256}")
    assert len(refused_keys(operator)) == 10
    now[0] += 60.0
    request("10.0.0.1")
    newest, *before = refused_keys(operator)
    assert len(before) == 10
    assert sum(1 + one.details.get("more", 0) for one in (newest, *before)) == 3001  # none is forgotten
    assert len(newest.details["path"]) == 200
    request("10.0.0.2")
    assert "more" not in refused_keys(operator)[0].details


def test_the_activity_cannot_be_changed_deleted_or_emptied(operator: LocalLibrary, library: Library) -> None:
    operator.members.add("bert", Role.VIEWER)
    for change in ("UPDATE activity SET actor = 'x'", "DELETE FROM activity", "TRUNCATE activity"):
        with (
            psycopg.connect(library.settings.database_url or "") as session,
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
        ):
            session.execute(change.encode())


def test_another_process_forgets_within_seconds(library: Library, operator: LocalLibrary) -> None:
    now = [0.0]
    other = admission.Admission(library.resources.catalog, TOKEN, clock=lambda: now[0])
    key = operator.api_keys.create("far", role=Role.VIEWER)
    given = admission.Credential(kind="key", secret=str(key.key), workspace=None, address=None)
    assert other.recall(given) is None
    assert other.admit(given) is not None
    assert other.recall(given) is not None
    with psycopg.connect(library.settings.database_url or "") as session:
        session.execute("UPDATE access.api_key SET revoked = now()")
    assert other.recall(given) is not None
    now[0] += admission.REMEMBER_S + 0.01
    assert other.recall(given) is None
    assert other.admit(given) is None
    assert str(key.key) not in repr(given)


def test_refused_strangers_are_not_recorded_without_end(
    browser: TestClient, operator: LocalLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "REFUSALS_A_MINUTE", 3)
    for number in range(5):
        assert sign_in(browser, f"nobody {number}") == 401
    assert len(operator.activity.list(ActivityFilter(refused=True))) == 3


@pytest.fixture
def leaks(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    secrets: list[str] = []
    yield secrets
    out = capfd.readouterr()
    for secret in secrets:
        assert secret not in out.out + out.err + caplog.text


def test_no_secret_is_in_an_answer_a_log_or_the_activity(
    browser: TestClient, anna: str, operator: LocalLibrary, library: Library, leaks: list[str]
) -> None:
    assert sign_in(browser, anna) == 204
    cookie = browser.cookies[COOKIE]
    key = browser.post("/api/v1/api-keys", json={"name": "k", "role": "viewer"}).json()["key"]
    link = browser.post("/api/v1/members/Anna@example.com/invitation").json()["invitation"].partition("=")[2]
    leaks += [PASSWORD, cookie, key[13:], link]
    texts = [
        browser.get(path).text
        for path in ("/api/v1/members", "/api/v1/api-keys", "/api/v1/sessions?everyone=true", "/api/v1/activity")
    ]
    texts.append(json.dumps([str(each) for each in operator.activity.list()]))
    texts.append(browser.post("/api/v1/sign-in", json={"name": PASSWORD, "password": key, "more": 1}).text)
    texts.append(browser.get("/api/v1/me", headers={"authorization": f"Bearer {key}x"}).text)
    with psycopg.connect(library.settings.database_url or "") as session:
        texts += [
            str(session.execute(b"SELECT t::text FROM access." + table + b" AS t").fetchall())
            for table in (b"member", b"api_key", b"session", b"invitation", b"failed_sign_in")
        ]
    for secret in leaks:
        assert not any(secret in text for text in texts), secret
