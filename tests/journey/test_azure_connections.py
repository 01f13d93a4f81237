"""Connections of every kind of Azure: on Azurite, and on a stub of Microsoft Entra ID, which no package provides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, unquote

import pytest
import urllib3
from tests.journey.test_connection_secrets import dump, in_files
from tests.support import azstub, azurite
from tests.support.azstub import AzureStub, Request
from tests.support.azurite import Azurite, Container
from tests.support.buckets import picture
from tests.support.cli import Cli, Result

from mirrorlake.core.settings import Settings
from mirrorlake.model.assets import Original
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import open_library

pytestmark = pytest.mark.long

WRONG_KEY = "d3Jvbmcga2V5IHdpdGggYSBjYW5hcnk="


@pytest.fixture
def place(azure: Azurite) -> Container:
    """A container with one picture; nothing of its credentials is in the environment."""
    made = azure.container()
    made.put("site-a/cat.png", picture())
    return made


@pytest.fixture
def entra() -> Iterator[AzureStub]:
    """A container of the stub, which is also the authority and the metadata service."""
    with AzureStub() as stub:
        stub.create("photos")
        stub.put("photos", "cat.png", picture())
        stub.faults.append(_issue)
        yield stub


def _issue(request: Request) -> azstub.Answer | None:
    """A token for each application and identity; the containers refuse requests without one."""
    if "oauth2/v2.0" in request.path:
        form = parse_qs(request.body.decode())
        if form["client_secret"] != [f"secret of {form['client_id'][0]}"]:
            told = {"error": "invalid_client", "error_description": f"AADSTS7000215: Invalid {form['client_secret']}."}
            return azstub.Answer(401, json.dumps(told).encode())
        return azstub.token(f"token-of-{form['client_id'][0]}")
    if request.path.startswith("/metadata/identity"):
        return azstub.token(f"token-of-machine-{request.query.get('client_id', 'itself')}")
    if "sig" not in request.query and "token-of-" not in request.headers.get("authorization", ""):
        return azstub.error(401, "InvalidAuthenticationInfo")
    return None


def add(cli: Cli, name: str, kind: str, endpoint: str, *words: str, secret: str = "") -> Result:
    flags = ["--kind", kind, *(["--endpoint", endpoint] if endpoint else []), *words, "--json"]
    added = cli.run("connection", "add", name, *flags, given=secret)
    assert added.code == 0, added.err
    return added


def mirror(cli: Cli, container: str, name: str) -> Result:
    return cli.run("mirror", f"az://{container}/", "--connection", name, "--jobs", "1", "--json")


def original(cli: Cli) -> Original:
    settings = Settings(home=cli.home, database_url=cli.environ["MIRRORLAKE_DATABASE_URL"])
    (asset,) = cli.search()
    with open_library(settings, local_user()) as library:
        found = library.assets.original(asset["id"])
    assert isinstance(found, Original)
    return found


def secrets_of(kind: str, place: Container, azure: Azurite) -> tuple[str, list[str], str]:
    """The secret of a connection, the flags that go with it, and the endpoint."""
    if kind == "azure-key":
        return azurite.KEY, ["--account", azurite.ACCOUNT, "--account-key", "-"], azure.endpoint
    if kind == "azure-sas":
        return place.signature(), ["--account", azurite.ACCOUNT, "--sas-token", "-"], azure.endpoint
    parts = f"AccountName={azurite.ACCOUNT};AccountKey={azurite.KEY};BlobEndpoint={azure.endpoint}"
    return f"DefaultEndpointsProtocol=http;{parts};", ["--connection-string", "-"], ""


@pytest.mark.parametrize("kind", ["azure-key", "azure-sas", "azure-connection-string"])
def test_a_connection_is_all_that_a_mirror_needs(cli: Cli, azure: Azurite, place: Container, kind: str) -> None:
    secret, flags, endpoint = secrets_of(kind, place, azure)
    added = add(cli, "lake", kind, endpoint, *flags, secret=secret)
    results = [added, mirror(cli, place.location.container, "lake"), mirror(cli, place.location.container, "lake")]
    assert [result.json["new"] for result in results[1:]] == [1, 0], results[1].err
    found = original(cli)
    if kind == "azure-sas":  # it would be handed on with all its rights
        assert found.url is None
    else:
        assert found.url is not None
        assert urllib3.request("GET", found.url).data == picture()
    results.append(cli.run("connection", "show", "lake", "--json"))
    known = [azurite.KEY, unquote(secret.partition("sig=")[2] or azurite.KEY), secret]
    text = "".join(result.out + result.err for result in results) + dump(cli) + in_files(cli.home)
    assert not [each for each in known if each in text]


def test_a_refused_connection_is_told_what_solves_it(cli: Cli, azure: Azurite, place: Container) -> None:
    account = ["--account", azurite.ACCOUNT]
    add(cli, "wrong", "azure-key", azure.endpoint, *account, "--account-key", "-", secret=WRONG_KEY)
    failed = mirror(cli, place.location.container, "wrong")
    assert failed.code == 1
    assert "refuses the credentials" in failed.json["error"]
    assert "Check the key" in failed.json["error"]
    # Signatures say themselves what they permit, and until when: no request is needed to refuse these.
    useless = [
        (place.signature(life=timedelta(hours=-1)), "The signature expired on"),
        (place.signature("r"), "does not permit to list"),
    ]
    for signature, sentence in useless:
        words = ["--kind", "azure-sas", "--endpoint", azure.endpoint, *account, "--sas-token", "-"]
        refused = cli.run("connection", "add", "useless", *words, given=signature)
        assert refused.code == 2
        assert sentence in refused.err
        assert unquote(signature.partition("sig=")[2]) not in unquote(refused.out + refused.err)
    changed = cli.run("connection", "change", "wrong", "--account-key", "-", given=azurite.KEY)
    assert changed.code == 0, changed.err
    assert mirror(cli, place.location.container, "wrong").json["new"] == 1


def test_a_container_is_never_opened_with_the_key_of_the_machine(cli: Cli, azure: Azurite, place: Container) -> None:
    rich = cli.with_environ(AZURE_STORAGE_ACCOUNT=azurite.ACCOUNT, AZURE_STORAGE_KEY=azurite.KEY)
    add(rich, "wrong", "azure-key", azure.endpoint, "--account", azurite.ACCOUNT, "--account-key", "-",
        secret=WRONG_KEY)  # fmt: skip
    assert mirror(rich, place.location.container, "wrong").code == 1


def identities(entra: AzureStub) -> set[str]:
    """Whose tokens the containers were shown."""
    return {
        request.headers["authorization"].rpartition("token-of-")[2]
        for request in entra.requests
        if request.path.startswith(f"/{azstub.ACCOUNT}/photos")
    }


def test_applications_and_the_machine_use_each_their_own_tokens(cli: Cli, entra: AzureStub) -> None:
    own = cli.with_environ(AZURE_AUTHORITY_HOST=entra.base, AZURE_POD_IDENTITY_AUTHORITY_HOST=entra.base)
    account, container = ["--account", azstub.ACCOUNT], f"{azstub.ACCOUNT}/photos"
    outputs: list[Result] = []
    for client in ("one", "two"):
        flags = [*account, "--tenant-id", "tenant", "--client-id", client, "--client-secret", "-"]
        outputs.append(
            add(own, client, "azure-service-principal", entra.endpoint, *flags, secret=f"secret of {client}")
        )
        entra.requests.clear()
        outputs.append(mirror(own, container, client))
        assert outputs[-1].code == 0, outputs[-1].err
        assert identities(entra) == {client}
    for name in ("twin", "machine"):  # the same identity: each of both connections asks for its own token
        add(own, name, "azure-managed-identity", entra.endpoint, *account)
        entra.requests.clear()
        outputs.append(mirror(own, container, name))
        assert outputs[-1].code == 0, outputs[-1].err
        assert identities(entra) == {"machine-itself"}
        assert [request.path for request in entra.requests].count("/metadata/identity/oauth2/token") == 1
    flags = [*account, "--tenant-id", "tenant", "--client-id", "one", "--client-secret", "-"]
    outputs.append(add(own, "bad", "azure-service-principal", entra.endpoint, *flags, secret="secret of nobody"))
    failed = mirror(own, container, "bad")
    assert "refused the application (401)" in failed.json["error"]
    assert "whether the secret has expired" in failed.json["error"]
    text = "".join(result.out + result.err for result in [*outputs, failed]) + dump(cli) + in_files(cli.home)
    assert "secret of" not in text
    assert "token-of" not in text
