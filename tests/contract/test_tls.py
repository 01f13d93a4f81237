"""HTTPS: certificates are checked before anything is sent, also through a proxy; a connection serves many requests."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mirrorlake.storage.http import HttpClient, NoAnswer

BODY = b"x" * 100_000


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.opened += 1  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "storage.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(authority: tuple[Path, Path]) -> Iterator[ThreadingHTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.opened = server.asked = 0  # type: ignore[attr-defined]
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  a client that leaves is expected here
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy() -> Iterator[str]:
    """The address of a proxy that forwards the bytes of one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_forward, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _forward(listening: socket.socket) -> None:
    with suppress(OSError):
        client, _ = listening.accept()
        head = client.recv(65_536)
        host, _, port = head.split()[1].decode().partition(":")
        with client, socket.create_connection((host, int(port))) as target:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(target, client), daemon=True)
            back.start()
            _pump(client, target)
            target.shutdown(socket.SHUT_RDWR)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)


def _ask(client: HttpClient) -> bytes:
    return client.read(client.send("GET", "/", client.headers({})))


def test_one_connection_serves_many_requests(server: ThreadingHTTPServer, authority: tuple[Path, Path]) -> None:
    client = HttpClient(f"https://127.0.0.1:{server.server_port}", str(authority[0]))
    assert [_ask(client) for _ in range(3)] == [BODY] * 3
    assert (server.opened, server.asked) == (1, 3)  # type: ignore[attr-defined]
    client.close()


def test_a_proxy_only_forwards_the_bytes(server: ThreadingHTTPServer, authority: tuple[Path, Path], proxy: str) -> None:
    client = HttpClient(f"https://127.0.0.1:{server.server_port}", str(authority[0]), proxy=proxy)
    assert [_ask(client) for _ in range(3)] == [BODY] * 3
    assert (server.opened, server.asked) == (1, 3)  # type: ignore[attr-defined]
    client.close()


@pytest.mark.parametrize("through_proxy", [False, True])
def test_a_certificate_of_an_unknown_authority_ends_the_request_unsent(
    server: ThreadingHTTPServer, proxy: str, *, through_proxy: bool
) -> None:
    base = f"https://127.0.0.1:{server.server_port}"
    client = HttpClient(base, proxy=proxy) if through_proxy else HttpClient(base)
    with pytest.raises(NoAnswer, match="certificate verify failed"):
        _ask(client)
    assert server.asked == 0  # type: ignore[attr-defined]
    client.close()


def test_a_certificate_of_another_name_ends_the_request_unsent(
    server: ThreadingHTTPServer, authority: tuple[Path, Path]
) -> None:
    client = HttpClient(f"https://localhost:{server.server_port}", str(authority[0]))
    with pytest.raises(NoAnswer, match="Hostname mismatch"):
        _ask(client)
    assert server.asked == 0  # type: ignore[attr-defined]
    client.close()
