"""People who were invited to a library, for tests of its pages."""

from __future__ import annotations

from playwright.sync_api import APIRequestContext

PASSWORD = "a canary that sings 7"


def sign_in_as(request: APIRequestContext, address: str, token: str, *, name: str, role: str) -> None:
    """Invite somebody, and make the requests of this context theirs."""
    head = {"Authorization": f"Bearer {token}"}
    made = request.post(f"{address}/api/v1/members", headers=head, data={"name": name, "role": role})
    assert made.ok, made.text()
    secret = made.json()["invitation"].partition("#invitation=")[2]
    answer = {"secret": secret, "password": PASSWORD}
    signed = request.post(f"{address}/api/v1/sign-in/invitation", headers={"Origin": address}, data=answer)
    assert signed.ok, signed.text()
