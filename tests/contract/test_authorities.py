"""A connection's own certificate authority: a server that it vouches for is reached with it, and not without it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.azstub import ACCOUNT, AzureStub
from tests.support.gcsstub import GcsStub
from tests.support.s3stub import S3Stub
from tests.support.tls import TlsFront, make_certificates

from mirrorlake.core.errors import SettingsError, SourceUnreachable
from mirrorlake.model.credentials import Unsigned
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of

CONTAINERS = {Provider.S3: "lake", Provider.GCS: "lake", Provider.AZURE: f"{ACCOUNT}/lake"}
Open = Callable[[str | None], Store]


@pytest.fixture(params=list(CONTAINERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a bucket behind TLS with a file of authorities, as a connection without credentials has it."""
    which: Provider = request.param
    provider = provider_of(which)
    with {Provider.S3: S3Stub, Provider.GCS: GcsStub, Provider.AZURE: AzureStub}[which]() as stub:
        fill(stub)
        with TlsFront(stub.endpoint, tmp_path) as front:

            def opened(ca_bundle: str | None) -> Store:
                access = provider.read_access({"endpoint": front.endpoint, "ca_bundle": ca_bundle, "anonymous": True})
                location = Location(provider=which, container=CONTAINERS[which])
                return provider.open(location, access, resolved=provider.resolve(access, Unsigned()))

            yield opened


def fill(stub: S3Stub | GcsStub | AzureStub) -> None:
    """A public bucket with one object."""
    if isinstance(stub, AzureStub):
        stub.create("lake")
    else:
        stub.public.add("lake")
    stub.put("lake", "a.png", b"a")


def test_an_authority_of_the_connection_is_honoured(opener: Open, tmp_path: Path) -> None:
    bundle = tmp_path / "authority.pem"
    bundle.write_bytes(make_certificates().authority)
    store = opener(str(bundle))
    assert store.list_page(KeyRange(), None).batch.column("key").to_pylist() == ["a.png"]
    assert store.get("a.png", token=None, limit=10).data == b"a"
    store.close()


def test_without_it_the_server_is_refused_before_anything_is_sent(opener: Open) -> None:
    store = opener(None)
    with pytest.raises(SourceUnreachable, match="certificate") as raised:
        store.list_page(KeyRange(), None)
    assert "--ca-bundle of a connection" in raised.value.fix
    assert ("AWS_CA_BUNDLE" in raised.value.fix) == ("s3://" in raised.value.message)  # no other cloud reads it
    store.close()


class WithoutTls(socketserver.BaseRequestHandler):
    """Answers whatever is sent as a server of HTTP does that was greeted in TLS."""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("which", list(CONTAINERS))
def test_a_server_that_has_no_tls_is_named_with_the_address_that_it_wants(which: Provider) -> None:
    provider = provider_of(which)
    with socketserver.TCPServer(("127.0.0.1", 0), WithoutTls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"https://127.0.0.1:{server.server_address[1]}"
        access = provider.read_access({"endpoint": endpoint, "anonymous": True})
        location = Location(provider=which, container=CONTAINERS[which])
        store = provider.open(location, access, resolved=provider.resolve(access, Unsigned()))
        with pytest.raises(SourceUnreachable, match="does not speak TLS") as raised:
            store.list_page(KeyRange(), None)
        assert "http://" in raised.value.fix
        store.close()
        server.shutdown()


def test_a_file_without_authorities_is_named(opener: Open, tmp_path: Path) -> None:
    bundle = tmp_path / "empty.pem"
    bundle.write_text("no certificate")
    with pytest.raises(SettingsError, match=r"The ca_bundle .*empty\.pem cannot be used"):
        opener(str(bundle))
