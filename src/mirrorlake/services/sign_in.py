"""Sign in and out: passwords, links and the operator's token become sessions; guesses are slowed down.

An attempt is counted before it is checked, so that many at once gain nothing. The wait ends automatically. It does not
concern addresses from which the account signed in before, and never the command line on the library's machine.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
from dataclasses import dataclass
from typing import Final

from mirrorlake.catalog import members, sessions
from mirrorlake.catalog.activity import record_alone
from mirrorlake.catalog.members import Account
from mirrorlake.catalog.sessions import Failures, NewSession
from mirrorlake.core.errors import SignInRefused, TooManyAttempts
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.access_changes import access_changed
from mirrorlake.services.admission import Admission
from mirrorlake.services.api_keys import digest_of
from mirrorlake.services.callers import STRANGER, token_holder
from mirrorlake.services.passwords import check_password, hash_password, is_outdated, verify_password

FREE_OF_ACCOUNT: Final = 5  # failures within a quarter of an hour before the next attempt has to wait
FREE_OF_ADDRESS: Final = 20
LONGEST_WAIT_S: Final = 900
_FIRST_WAIT_S: Final = 15
_AGENT_CHARACTERS: Final = 200
_NETWORK_BITS: Final = 64  # of an IPv6 address: what one customer has


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Where a request comes from."""

    address: str | None
    agent: str | None = None
    earlier: bytes | None = None  # the hash of the cookie of an earlier session, which ends when another one begins


def wait_s(failures: Failures) -> int:
    """Seconds until the next attempt of an account is checked; 0: now.

    The wait doubles with each failure. The limit of the address is for one that tries many accounts.
    """
    of_account = 0.0
    if failures.of_account >= FREE_OF_ACCOUNT and not failures.known_address:
        doubled = _FIRST_WAIT_S * 2 ** min(failures.of_account - FREE_OF_ACCOUNT, 10)
        of_account = min(doubled, LONGEST_WAIT_S) - failures.account_age_s
    of_address = 0.0
    if failures.of_address >= FREE_OF_ADDRESS:
        doubled = _FIRST_WAIT_S * 2 ** min(failures.of_address - FREE_OF_ADDRESS, 10)
        of_address = min(doubled, LONGEST_WAIT_S) - failures.address_age_s
    return max(0, math.ceil(max(of_account, of_address)))


def network_of(address: str | None) -> str:
    """What counts as one address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 6:  # noqa: PLR2004 - IPv6
        return str(ipaddress.ip_network((int(parsed), _NETWORK_BITS), strict=False))
    return str(parsed)


def check_guess(catalog: Catalog, name: str, account: Account | None, password: str, address: str | None) -> bool:
    """Whether this is the password of the account. Raises TooManyAttempts."""
    hashed = hashlib.sha256(name.lower().encode()).digest()
    count_attempt(catalog, name, hashed, address)
    if not verify_password(None if account is None else account.password, password):
        return False
    sessions.forgive(catalog, hashed)
    return True


def count_attempt(catalog: Catalog, name: str, account: bytes | None, address: str | None) -> int:
    """Count an attempt as failed before it is checked; its number. Raises TooManyAttempts."""
    failures = sessions.count_attempt(catalog, name, account, network_of(address), address or "")
    seconds = wait_s(failures)
    if seconds > 0:
        sessions.withdraw_attempt(catalog, failures.id)
        raise TooManyAttempts("Too many failed attempts to sign in.", f"Try again in {seconds} s.", seconds=seconds)
    return failures.id


class SignIn:
    """Begins and ends sessions. Their cookies are random; the catalog has only hashes."""

    def __init__(self, catalog: Catalog, token: str, admission: Admission) -> None:
        self._catalog = catalog
        self._token = token
        self._admission = admission

    def with_token(self, browser: Browser) -> str:
        """The cookie of a session of the operator, who presented the access token."""
        return self._begin(browser, token_holder().actor, method="token", token_digest=digest_of(self._token))

    def with_password(self, name: str, password: str, browser: Browser) -> str:
        """The cookie of a session of a member. Raises SignInRefused and TooManyAttempts."""
        account = members.account_named(self._catalog, name)
        if not check_guess(self._catalog, name, account, password, browser.address):
            self._record_failure(account, browser)
            raise SignInRefused("The name or the password is wrong.", "An owner can make a new link to set a password.")
        if account is None or account.password is None:
            raise AssertionError("a password was verified")
        if is_outdated(account.password):
            # The sessions of before go on: the password is the same.
            members.rehash(self._catalog, account.id, hash_password(password))
        return self.as_member(account, "password", browser)

    def with_invitation(self, secret: str, password: str, browser: Browser) -> str:
        """Set the password of an invited member, and sign in. Raises SignInRefused and UsageError."""
        digest = digest_of(secret)
        invited = members.invited(self._catalog, digest)
        check_password(password, invited.name)
        account = members.accept_invitation(self._catalog, digest, hash_password(password))
        access_changed()
        caller = self._caller(Actor(kind=ActorKind.MEMBER, name=account.name), browser)
        members.record_of_member(self._catalog, account.id, caller, Action.SET_PASSWORD)
        return self.as_member(account, "password", browser)

    def as_member(self, account: Account, method: str, browser: Browser, *, connected: bool = False) -> str:
        """The cookie of a session of a member whose identity was proven; `connected` with it just now."""
        actor = Actor(kind=ActorKind.MEMBER, name=account.name)
        return self._begin(browser, actor, method=method, member=account.id, connected=connected)

    def record_refused(self, browser: Browser, *, method: str, reason: str) -> None:
        """Record that nobody known was not signed in, and why, where owners of the server read it.

        Not if too much is recorded already: anybody can be refused, as often as they like.
        """
        caller = self._caller(STRANGER, browser)
        more = self._admission.count_refusal(caller)
        if more is None:
            return
        details = {"method": method, "reason": reason} | ({"more": more} if more else {})
        record_alone(self._catalog, caller, Action.SIGN_IN, Subject.MEMBER, "unknown", details=details, refused=True)

    def end(self, cookie: str) -> None:
        """End the session of a cookie, if there is one."""
        self._end(digest_of(cookie))

    def _end(self, digest: bytes) -> None:
        sessions.end_of_cookie(self._catalog, digest)
        access_changed()

    def _begin(
        self,
        browser: Browser,
        actor: Actor,
        *,
        method: str,
        member: int | None = None,
        token_digest: bytes | None = None,
        connected: bool = False,
    ) -> str:
        if browser.earlier is not None:
            self._end(browser.earlier)
        cookie = secrets.token_urlsafe(32)
        agent = None if browser.agent is None else browser.agent[:_AGENT_CHARACTERS]
        new = NewSession(
            digest=digest_of(cookie),
            method=method,
            member=member,
            token_digest=token_digest,
            address=browser.address,
            agent=agent,
        )
        number = sessions.begin(self._catalog, new)
        caller = self._caller(actor, browser, credential=f"session {number}")
        details: dict[str, object] = {"method": method}
        if connected:
            details["connected"] = True
        if member is None:  # the operator: in the workspace whose owners are those of the server
            record_alone(self._catalog, caller, Action.SIGN_IN, Subject.SESSION, str(number), details=details)
        else:
            members.record_of_member(self._catalog, member, caller, Action.SIGN_IN, details=details)
        return cookie

    def _record_failure(self, account: Account | None, browser: Browser) -> None:
        if account is None:  # what was given as the name of nobody may be a password: it is not recorded
            self.record_refused(browser, method="password", reason="unknown name")
            return
        caller = self._caller(STRANGER, browser)
        members.record_of_member(self._catalog, account.id, caller, Action.SIGN_IN, refused=True)

    @staticmethod
    def _caller(actor: Actor, browser: Browser, credential: str | None = None) -> Context:
        return Context(actor=actor, permissions=frozenset(), address=browser.address, credential=credential)
