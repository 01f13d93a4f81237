"""A certificate authority of our own, and a TLS front for any stub."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """PEM texts: of the authority, and of a server at 127.0.0.1 with its key."""

    authority: bytes
    server: bytes


@cache
def make_certificates() -> Certificates:
    """An authority that no system knows, and a certificate that it issued."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of tests")]), datetime.now(UTC)
    lasting = (now - timedelta(days=1), now + timedelta(days=1))

    def builder(name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder(issuer_name=issuer, subject_name=name, public_key=key)
        return made.serial_number(x509.random_serial_number()).not_valid_before(lasting[0]).not_valid_after(lasting[1])

    own = builder(issuer, authority.public_key())
    own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    root = own.add_extension(usage, critical=True).add_extension(identifier, critical=False)
    named = builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server of tests")]), server.public_key())
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    leaf = named.add_extension(address, critical=False).add_extension(by, critical=False)
    key = server.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificates(
        authority=root.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM),
        server=leaf.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM) + key,
    )


class TlsFront:
    """`with TlsFront(stub.endpoint, folder) as front:` speaks TLS at `front.endpoint` for a server without it."""

    def __init__(self, behind: str, folder: Path) -> None:
        self._behind = (urlsplit(behind).hostname or "", urlsplit(behind).port or 0)
        pem = folder / "server.pem"
        pem.write_bytes(make_certificates().server)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"https://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as wire,
            socket.create_connection(self._behind) as behind,
        ):
            answers = threading.Thread(target=_copy, args=(behind, wire), daemon=True)
            answers.start()
            _copy(wire, behind)
            behind.shutdown(socket.SHUT_RDWR)
            answers.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
