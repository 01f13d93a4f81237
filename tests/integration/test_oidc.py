"""People sign in at a real identity provider; whoever was not invited, or does not answer as they began, does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.httpstub import Answer, HttpStub, Request
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, sign_in_at
from tests.support.postgres import Server

from mirrorlake.api import create_app
from mirrorlake.api.access import Gate
from mirrorlake.catalog import identities
from mirrorlake.core.errors import Conflict, MirrorlakeError
from mirrorlake.core.settings import OidcSettings, Settings
from mirrorlake.model.access import PERMISSIONS, Actor, ActorKind, Context, Permission, Role
from mirrorlake.model.activity import ActivityFilter
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services import identity_provider, oidc, sign_in
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.entrance import FROM_PROVIDER, TO_PROVIDER, Entrance
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.oidc import Answer as Returned
from mirrorlake.services.sign_in import Browser
from mirrorlake.storage.connections import ForbiddenAddress

ORIGIN = "http://127.0.0.1:8000"
TOKEN = "of the operator"
ANNA = "anna@example.com"
PASSWORD = "a canary that sings 7"
PAGES = {"origin": ORIGIN}


@dataclass
class Place:
    """A server whose people sign in at the provider."""

    resources: Resources
    provider: OidcProvider

    app: FastAPI

    def entrance(self, **changed: object) -> Entrance:
        found = self.resources.settings.oidc
        assert found is not None
        oidc = replace(found, **changed)  # type: ignore[arg-type]
        return Entrance(self.resources.catalog, replace(self.resources.settings, oidc=oidc), TOKEN)

    def browser(self, **changed: object) -> TestClient:
        """A browser of the server with these settings, which all browsers share."""
        self.app.state.library_for = lambda caller: LocalLibrary(self.resources, caller)
        self.app.state.entrance = self.entrance(**changed)
        return TestClient(self.app, base_url=ORIGIN, follow_redirects=False)

    def answer(self, browser: TestClient, login: str) -> str:
        """The address to which the provider sends somebody back who signed in there."""
        begun = browser.get(TO_PROVIDER)
        assert begun.status_code == 303, begun.headers
        return sign_in_at(begun.headers["location"], login, ORIGIN + FROM_PROVIDER)

    def sign_in(self, browser: TestClient, login: str) -> str:
        """Where the browser ends."""
        return str(browser.get(self.answer(browser, login)).headers["location"])

    def count(self, table: bytes) -> int:
        """The rows of a table of `access`."""
        with self.resources.catalog.read() as connection:
            return len(connection.execute(b"SELECT FROM access." + table).fetchall())

    @property
    def operator(self) -> LocalLibrary:
        return LocalLibrary(self.resources, local_user())


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider(ORIGIN + FROM_PROVIDER) as provider:
        yield provider


@pytest.fixture(scope="module")
def app() -> FastAPI:
    def no_library(caller: Context) -> LocalLibrary:
        raise AssertionError(caller)

    return create_app(no_library, token=TOKEN)


@pytest.fixture
def place(postgres_server: Server, provider: OidcProvider, app: FastAPI, tmp_path: Path) -> Iterator[Place]:
    oidc = OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET)
    with Catalog(postgres_server.new_database()) as catalog:
        place = Place(Resources(Settings(home=tmp_path, origin=ORIGIN, oidc=oidc), catalog), provider, app)
        yield place
        place.resources.close()


def test_an_invited_person_signs_in_and_is_known_from_then_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.operator.members.add("Anna@Example.com", Role.EDITOR)
    browser = place.browser()
    assert browser.get("/api/v1/sign-in").json() == {"oidc": urlsplit(place.provider.issuer).netloc}

    answer = place.answer(browser, ANNA)
    done = browser.get(answer)

    assert (done.headers["location"], done.headers["cache-control"]) == ("/", "no-store")
    cookies = done.headers.get_list("set-cookie")
    assert any(each.startswith(f"{Gate(TOKEN).cookie}=") and "SameSite=strict" in each for each in cookies)
    who = browser.get("/api/v1/me").json()
    assert (who["kind"], who["name"], who["role"]) == ("member", "Anna@Example.com", "editor")
    [session] = browser.get("/api/v1/sessions").json()
    assert session["method"] == "oidc"
    browser.cookies.clear()
    assert place.sign_in(browser, ANNA) == "/"

    monkeypatch.setattr(identity_provider, "KEYS_PAUSE_S", 0.0)
    place.provider.change_keys()
    browser.cookies.clear()
    assert place.sign_in(browser, ANNA) == "/"  # the new key was fetched
    assert browser.get("/api/v1/me").status_code == 200


def test_who_was_not_invited_stays_outside_unless_the_domain_is_allowed(place: Place) -> None:
    browser = place.browser()
    assert place.sign_in(browser, "ben@example.com") == "/#sign-in=not-invited"
    assert place.operator.members.list() == []
    [refused] = place.operator.activity.page(ActivityFilter(refused=True)).items
    assert (refused.details["method"], "ben@example.com is not a member" in refused.details["reason"]) == ("oidc", True)

    allowed = place.browser(domains=("example.com",))
    assert place.sign_in(allowed, "unverified@example.com") == "/#sign-in=not-invited"
    assert place.sign_in(allowed, "ben@sub.example.com") == "/#sign-in=not-invited"
    assert place.sign_in(allowed, "Ben@Example.com") == "/"
    [ben] = place.operator.members.list()
    assert (ben.name, ben.role, ben.has_password) == ("ben@example.com", Role.VIEWER, False)
    # Another person with the same address at the provider is somebody else.
    with place.resources.catalog.write() as connection:
        connection.execute("UPDATE access.oidc_identity SET subject = 'somebody else'")
    assert place.sign_in(place.browser(), "Ben@Example.com") == "/#sign-in=not-invited"


def test_an_answer_counts_once_and_only_in_the_browser_that_began(place: Place) -> None:
    place.operator.members.add(ANNA, Role.VIEWER)
    browser, other = place.browser(), place.browser()
    answer = place.answer(browser, ANNA)
    assert other.get(answer).headers["location"] == "/#sign-in=expired"
    begun = browser.cookies[f"{Gate(TOKEN).cookie}_oidc"]
    assert browser.get(answer).headers["location"] == "/"
    kept = {"cookie": f"{Gate(TOKEN).cookie}_oidc={begun}"}  # a browser that does not forget
    assert browser.get(answer, headers=kept).headers["location"] == "/#sign-in=expired"
    place.answer(browser, ANNA)  # a cookie of another sign-in
    assert browser.get(answer).headers["location"] == "/#sign-in=expired"  # replayed

    state = parse_qs(urlsplit(place.answer(browser, ANNA)).query)["state"][0]
    for changed, code in (
        ({"code": "made-up", "state": state}, "refused"),
        ({"code": "made-up", "state": state}, "expired"),  # the state was used by that
        ({"state": "made-up", "code": "x"}, "expired"),
        ({}, "expired"),
    ):
        assert browser.get(f"{FROM_PROVIDER}?{urlencode(changed)}").headers["location"] == f"/#sign-in={code}"
    for more in ({"error": "access_denied"}, {"code": "x", "iss": "https://evil.example"}):
        state = parse_qs(urlsplit(place.answer(browser, ANNA)).query)["state"][0]
        found = browser.get(f"{FROM_PROVIDER}?{urlencode({'state': state, **more})}")
        assert found.headers["location"] == "/#sign-in=refused"


def test_sign_ins_that_nobody_finishes_cost_the_others_nothing(place: Place) -> None:
    place.operator.members.add(ANNA, Role.VIEWER)
    browser, other = place.browser(), place.browser()
    answer = place.answer(browser, ANNA)
    for _ in range(20):
        assert other.get(TO_PROVIDER).headers["location"].startswith(place.provider.issuer)
    assert place.count(b"oidc_used") == 0
    assert browser.get(answer).headers["location"] == "/"
    assert place.count(b"oidc_used") == 1


def test_few_answers_are_checked_with_the_provider_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Request) -> Answer:
        if request.path == identity_provider.DISCOVERY:
            return Answer(200, json.dumps(document(stub.endpoint)).encode())
        asked.set()
        assert go_on.wait(30)
        return Answer(400, b"{}")

    def back(browser: TestClient) -> str:
        begun = browser.get(TO_PROVIDER)
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        return f"{FROM_PROVIDER}?{urlencode({'state': state, 'code': 'x'})}"

    monkeypatch.setattr(oidc, "AT_ONCE", 1)
    asked, go_on = threading.Event(), threading.Event()
    with HttpStub(answer) as stub, ThreadPoolExecutor(1) as pool:
        first = place.browser(issuer=stub.endpoint)
        other = TestClient(place.app, base_url=ORIGIN, follow_redirects=False)
        waiting = pool.submit(first.get, back(first))
        try:
            assert asked.wait(30)
            busy = other.get(back(other))
            assert (busy.headers["location"], busy.headers["retry-after"]) == ("/#sign-in=busy", "10")
        finally:
            go_on.set()
        assert waiting.result(30).headers["location"] == "/#sign-in=refused"
        assert other.get(back(other)).headers["location"] == "/#sign-in=refused"


def test_refusals_of_strangers_are_limited_and_what_nobody_began_leaves_no_trace(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = place.browser()
    for cookie in ("", "x", "A" * 200):
        headers = {"cookie": f"{Gate(TOKEN).cookie}_oidc={cookie}"}
        assert (
            browser.get(f"{FROM_PROVIDER}?state=x&code=x", headers=headers).headers["location"] == "/#sign-in=expired"
        )
    assert (place.count(b"failed_sign_in"), place.operator.activity.list()) == (0, [])

    def deny() -> tuple[str, str | None]:
        state = parse_qs(urlsplit(browser.get(TO_PROVIDER).headers["location"]).query)["state"][0]
        found = browser.get(f"{FROM_PROVIDER}?{urlencode({'state': state, 'error': 'access_denied'})}")
        return found.headers["location"], found.headers.get("retry-after")

    monkeypatch.setattr(sign_in, "FREE_OF_ADDRESS", 2)
    assert [deny() for _ in range(2)] == [("/#sign-in=refused", None)] * 2
    location, seconds = deny()
    assert (location, 0 < int(seconds or 0) <= 15) == ("/#sign-in=busy", True)
    assert len(place.operator.activity.list(ActivityFilter(refused=True))) == 2


def test_who_signs_in_at_the_provider_takes_the_account_from_whoever_had_it_before(place: Place) -> None:
    """An owner can add the address of somebody else and keep the link: an account that only waits for its person."""
    link = str(place.operator.members.add(ANNA, Role.OWNER).invitation)
    mallory = place.browser()
    given = {"secret": link.partition("#invitation=")[2], "password": PASSWORD}
    assert mallory.post("/api/v1/sign-in/invitation", json=given, headers=PAGES).status_code == 204
    made = mallory.post("/api/v1/api-keys", json={"name": "k", "role": "owner"}, headers=PAGES).json()
    key = {"authorization": f"Bearer {made['key']}"}
    again = {"secret": str(place.operator.members.invite(ANNA).invitation).partition("#invitation=")[2]}
    assert mallory.get("/api/v1/me").json()["name"] == ANNA
    assert TestClient(place.app, base_url=ORIGIN).get("/api/v1/me", headers=key).status_code == 200

    anna = place.browser()
    assert place.sign_in(anna, ANNA) == "/"

    assert anna.get("/api/v1/me").json()["name"] == ANNA
    assert mallory.get("/api/v1/me").status_code == 401
    mallory.cookies.clear()
    assert mallory.get("/api/v1/me", headers=key).status_code == 401
    password = {"name": ANNA, "password": PASSWORD}
    assert mallory.post("/api/v1/sign-in", json=password, headers=PAGES).status_code == 401
    new = again | {"password": PASSWORD}
    assert mallory.post("/api/v1/sign-in/invitation", json=new, headers=PAGES).status_code == 401
    [signed_in] = [
        one for one in place.operator.activity.list() if one.details == {"method": "oidc", "connected": True}
    ]
    assert signed_in.subject == ANNA
    may = PERMISSIONS[Role.OWNER] - {Permission.WORKSPACES_MANAGE}
    owner = Context(actor=Actor(kind=ActorKind.MEMBER, name="mallory"), permissions=may)
    with pytest.raises(Conflict, match="signs in at the identity provider"):
        LocalLibrary(place.resources, owner).members.invite(ANNA)

    other = place.browser()
    assert place.sign_in(other, ANNA) == "/"  # known from now on: nothing ends
    assert anna.get("/api/v1/me").status_code == 200


def test_the_session_of_before_ends_though_its_cookie_does_not_come_with_the_answer(place: Place) -> None:
    place.operator.members.add(ANNA, Role.VIEWER)
    browser, cookie = place.browser(), Gate(TOKEN).cookie
    place.sign_in(browser, ANNA)
    before = browser.cookies[cookie]
    answer = place.answer(browser, ANNA)
    browser.cookies.delete(cookie)  # SameSite=Strict, and the answer comes from another site
    assert browser.get(answer).headers["location"] == "/"
    assert browser.get("/api/v1/me").status_code == 200
    old = TestClient(place.app, base_url=ORIGIN, cookies={cookie: before})
    assert old.get("/api/v1/me").status_code == 401


def test_who_was_removed_stays_outside_until_an_owner_lets_them_in(place: Place) -> None:
    domain = {"domains": ("example.com",)}
    assert place.sign_in(place.browser(**domain), "ben@example.com") == "/"
    place.operator.members.add("carl@example.com", Role.VIEWER)  # and never signed in
    for name in ("ben@example.com", "Carl@example.com"):
        place.operator.members.remove(name)
        assert place.sign_in(place.browser(**domain), name) == "/#sign-in=not-invited"
    known = {"issuer": place.provider.issuer, "subject": "ben@example.com"}
    renamed = identities.admit(place.resources.catalog, **known, email="benjamin@example.com", join=True)
    assert (renamed, place.count(b"member")) == (None, 0)

    for name in ("ben@example.com", "carl@example.com"):
        place.operator.members.add(name, Role.EDITOR)
        assert place.sign_in(place.browser(**domain), name) == "/"
    assert place.sign_in(place.browser(**domain), "dora@example.com") == "/"  # nobody else is concerned


def test_a_server_without_a_provider_has_none(place: Place) -> None:
    browser = place.browser()
    settings = replace(place.resources.settings, oidc=None)
    place.app.state.entrance = Entrance(place.resources.catalog, settings, TOKEN)
    assert browser.get("/api/v1/sign-in").json() == {"oidc": None}
    assert browser.get(TO_PROVIDER).headers["location"] == "/#sign-in=unreachable"


def document(endpoint: str) -> dict[str, str]:
    """What a provider publishes about itself."""
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    return {"issuer": endpoint} | {name: f"{endpoint}/{name}" for name in names}


def test_a_provider_that_is_not_what_it_should_be_is_not_used(place: Place) -> None:
    def answer(_request: Request) -> Answer:
        if isinstance(changed, int):
            return Answer(changed, headers={"Location": "/elsewhere"})
        return Answer(200, changed if isinstance(changed, bytes) else json.dumps(published | changed).encode())

    changed: dict[str, object] | int | bytes
    cases: tuple[tuple[dict[str, object] | int | bytes, str], ...] = (
        ({"issuer": "https://evil.example"}, "its issuer is not"),
        ({"authorization_endpoint": "http://other.example/auth"}, "safe to use"),  # not as safe as the issuer
        ({"token_endpoint": "https://user@other.example/token"}, "safe to use"),
        ({"jwks_uri": None}, "safe to use"),
        ({"filler": "x" * identity_provider.ANSWER_BYTES}, "more than"),
        (301, "answered 301"),  # redirects are not followed
        (b"[]", "answered 200"),
    )
    with HttpStub(answer) as stub:
        published = document(stub.endpoint)
        for case, reason in cases:
            changed = case
            begun = place.entrance(issuer=stub.endpoint).oidc
            assert begun is not None
            for _ in range(2):  # one that failed is not asked again at once
                with pytest.raises(MirrorlakeError, match=reason):
                    begun.begin(Browser(address=None))
        assert [request.path for request in stub.requests] == [identity_provider.DISCOVERY] * len(cases)


def test_another_host_that_a_provider_names_passes_the_guard_of_addresses(place: Place) -> None:
    def answer(_request: Request) -> Answer:
        published = document(stub.endpoint) | {"token_endpoint": "https://169.254.169.254/latest/meta-data"}
        return Answer(200, json.dumps(published).encode())

    with HttpStub(answer) as stub:
        begun = place.entrance(issuer=stub.endpoint).oidc
        assert begun is not None
        address, cookie = begun.begin(Browser(address=None))
        state = parse_qs(urlsplit(address).query)["state"][0]
        with pytest.raises(ForbiddenAddress, match="metadata"):
            begun.finish(Returned(state=state, code="x", error=None, issuer=None), cookie, Browser(address=None))
        assert len(stub.requests) == 1
