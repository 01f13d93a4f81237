"""`oidc-provider`, a certified provider of OpenID Connect, for tests: on loopback, a free port, stopped by its pid.

It demands PKCE and the client secret, uses a code once, and asks people by forms, which `sign_in_at` fills in.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from joserfc.jwk import RSAKey
from tests.support.npm import NODE, installed
from tests.support.seaweed import free_ports

START_S = 60
CLIENT, SECRET = "mirrorlake", "a secret of the client, with : and %"
_STEPS = 12  # redirects and forms of one sign-in
_PROGRAM = """
import Provider from 'oidc-provider';
const { port, client, jwks } = JSON.parse(process.env.OIDC_CONFIG);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  jwks,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified') }),
  }),
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  cookies: { keys: ['of the tests'] },
  features: { devInteractions: { enabled: true } },
});
provider.listen(port, '127.0.0.1');
"""


@dataclass
class OidcProvider:
    """`with OidcProvider(callback) as provider:`; `callback` is the address to which it may send people back."""

    callback: str
    port: int = field(default_factory=lambda: free_ports(1)[0])
    _process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start("first")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def change_keys(self) -> None:
        """Start again with another key."""
        self._stop()
        self._start("second")

    def _start(self, kid: str) -> None:
        folder = installed("oidc-provider").parent
        key = RSAKey.generate_key(2048, parameters={"kid": kid, "use": "sig", "alg": "RS256"})
        client: dict[str, Any] = {"client_id": CLIENT, "client_secret": SECRET, "redirect_uris": [self.callback]}
        config = {"port": self.port, "client": client, "jwks": {"keys": [key.as_dict(private=True)]}}
        self._process = subprocess.Popen(
            [NODE, "--input-type=module", "--eval", _PROGRAM],
            cwd=folder,
            env={**os.environ, "OIDC_CONFIG": json.dumps(config)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S
        while True:
            try:
                httpx.get(f"{self.issuer}/.well-known/openid-configuration").raise_for_status()
            except httpx.HTTPError:
                assert self._process.poll() is None, "the provider ended"
                assert time.monotonic() < deadline, "the provider did not start"
                time.sleep(0.1)
            else:
                return

    def _stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)


def sign_in_at(address: str, login: str, callback: str) -> str:
    """What a browser does at the provider: the address to which it is sent back."""
    with httpx.Client() as browser:
        answer = browser.get(address)
        for _ in range(_STEPS):
            if answer.is_redirect:
                target = str(answer.headers["location"])
                if target.startswith(callback):
                    return target
                answer = browser.get(httpx.URL(answer.url).join(target))
                continue
            found = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert found, answer.text
            assert prompt, answer.text
            fields = {"prompt": prompt[1]} | ({"login": login, "password": "any"} if prompt[1] == "login" else {})
            answer = browser.post(httpx.URL(answer.url).join(found[1]), data=fields)
    raise AssertionError("the provider asks for ever")
