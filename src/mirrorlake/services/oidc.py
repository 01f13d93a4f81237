"""Sign in at an identity provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0).

begin: state, nonce, verifier ─▶ the provider asks the person ─▶ finish: code ─▶ ID token ─▶ member ─▶ session

The browser that begins keeps all of it in a sealed cookie, so that one that nobody finishes costs the server nothing.
A state can be used once. Few requests to the provider are made at once: anybody can cause them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode, urlsplit

from mirrorlake.catalog import identities, sessions
from mirrorlake.catalog.identities import Admitted
from mirrorlake.core.errors import SignInRefused, SourceUnreachable, TooManyAttempts
from mirrorlake.core.settings import OidcSettings, Settings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.access_changes import access_changed
from mirrorlake.services.api_keys import digest_of
from mirrorlake.services.entrance import FROM_PROVIDER
from mirrorlake.services.id_tokens import refused, verified_email
from mirrorlake.services.identity_provider import IdentityProvider
from mirrorlake.services.members import is_member_name
from mirrorlake.services.sealed_sign_in import LONGEST_S, Seal, UnderWay
from mirrorlake.services.sign_in import Browser, SignIn, count_attempt
from mirrorlake.storage.server_words import clean_code

AT_ONCE: Final = 8  # of the threads that answer requests, for each half of the way
RETRY_S: Final = 10  # as long as a request to the provider may take
REMEMBER_S: Final = 2.0 * LONGEST_S  # used states: longer than their cookies, by what the clocks of servers may differ


class NotInvited(SignInRefused):
    """The provider knows the person, and the library does not."""


class NotUnderWay(SignInRefused):
    """The sign-in was used, has expired, or was begun in another browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the provider sent back through the browser."""

    state: str
    code: str | None
    error: str | None
    issuer: str | None  # RFC 9207


class OidcSignIn:
    """Sign-ins at the provider of the settings."""

    def __init__(self, catalog: Catalog, settings: Settings, oidc: OidcSettings, sign_in: SignIn, token: str) -> None:
        self._catalog = catalog
        self._oidc = oidc
        self._sign_in = sign_in
        self._redirect = settings.origin + FROM_PROVIDER
        self._provider = IdentityProvider(oidc, settings.allow_addresses)
        self._seal = Seal(token, oidc.issuer, oidc.client_id)
        self._beginning = threading.BoundedSemaphore(AT_ONCE)
        self._finishing = threading.BoundedSemaphore(AT_ONCE)

    def begin(self, browser: Browser) -> tuple[str, str]:
        """The address at the provider, and the cookie of the browser that begins. Raises TooManyAttempts."""
        with _turn(self._beginning):
            endpoint = self._provider.endpoints().authorization
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        # The cookie of a session is not sent with the answer, which comes from another site.
        cookie = self._seal.close(UnderWay(state=state, nonce=nonce, verifier=verifier, earlier=browser.earlier))
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        parameters = {
            "response_type": "code",
            "client_id": self._oidc.client_id,
            "redirect_uri": self._redirect,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(parameters)}", cookie

    def finish(self, answer: Answer, cookie: str, browser: Browser) -> str:
        """The cookie of a session of the member. Raises SignInRefused, SourceUnreachable and TooManyAttempts."""
        under_way = self._seal.open(cookie)
        if under_way is None or not hmac.compare_digest(under_way.state.encode(), answer.state.encode()):
            raise _not_under_way()  # not recorded: anybody can send this
        with _turn(self._finishing):
            attempt = count_attempt(self._catalog, "", None, browser.address)
            try:
                found = self._admitted(answer, under_way)
            except NotUnderWay:
                raise
            except SignInRefused as error:
                self._sign_in.record_refused(browser, method="oidc", reason=error.message)
                raise
            except SourceUnreachable:
                sessions.withdraw_attempt(self._catalog, attempt)  # which is not the fault of who signs in
                raise
            sessions.withdraw_attempt(self._catalog, attempt)
        access_changed()
        browser = replace(browser, earlier=browser.earlier or under_way.earlier)
        return self._sign_in.as_member(found.account, "oidc", browser, connected=found.connected)

    def _admitted(self, answer: Answer, under_way: UnderWay) -> Admitted:
        if not identities.use_state(self._catalog, digest_of(answer.state), seconds=REMEMBER_S):
            raise _not_under_way()
        if answer.error is not None or not answer.code:
            raise refused(f"it answered {clean_code(answer.error or '') or 'without a code'}")
        if answer.issuer not in (None, self._oidc.issuer):
            raise refused("another provider answered")
        claims = self._provider.claims(
            answer.code, verifier=under_way.verifier, nonce=under_way.nonce, redirect=self._redirect
        )
        email = verified_email(claims)
        found = identities.admit(
            self._catalog,
            issuer=self._oidc.issuer,
            subject=claims["sub"],
            email=email if email is not None and is_member_name(email) else None,
            join=email is not None and email.rpartition("@")[2] in self._oidc.domains,
        )
        if found is None:
            raise NotInvited(
                f"{email or 'Somebody without a verified e-mail address'} is not a member of this library.",
                "Ask an owner: mirrorlake member add ADDRESS, with the address that the provider has verified.",
            )
        return found


def _not_under_way() -> NotUnderWay:
    return NotUnderWay("This sign-in was used before, has expired, or was begun in another browser.", "Sign in again.")


@contextmanager
def _turn(turns: threading.BoundedSemaphore) -> Generator[None]:
    """One of the turns, or none. Raises TooManyAttempts: waiting would hold a thread of the server."""
    if not turns.acquire(blocking=False):
        raise TooManyAttempts(
            "Too many people are signing in.", f"Try again in {RETRY_S} s, or sign in with a password.", seconds=RETRY_S
        )
    try:
        yield
    finally:
        turns.release()
