"""The environment, read once. Below the composition root, no code reads our settings from `os.environ`."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlake.core.errors import SettingsError

SERVER_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[^?#\s]*)?")
# Loopback, RFC 1918, RFC 6598 (shared address space) and RFC 4193 (unique local addresses).
PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
)
DEFAULT_ORIGIN = "http://127.0.0.1:8765"  # of a server on this machine
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:root|(?:role|user)/[\x21-\x7e]{1,512})")
IDLE_STOP_S = 600  # the embedded PostgreSQL stops after this long without a connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The location of the library and who may access it."""

    home: Path  # data folder: database, thumbnails, first-start token
    database_url: str | None = field(default=None, repr=False)  # None = the embedded PostgreSQL under `home`
    server_url: str | None = None  # use this server instead of working in process
    api_key: str | None = field(default=None, repr=False)
    library_store: str | None = None  # address of a bucket for thumbnails; None = a folder under `home`
    library_endpoint: str | None = None  # of its server; None = AWS
    origin: str = DEFAULT_ORIGIN  # scheme, host and port of the web pages, as browsers know them
    aws_principal: str | None = None  # the ARN of the user or role that this library runs as; None: asked from AWS
    secret_key: str | None = field(default=None, repr=False)  # master keys, newest first; None = a file under `home`
    allow_addresses: tuple[str, ...] = ()  # networks that connections made over the API may reach besides public ones
    local_roots: tuple[Path, ...] = ()  # folders that callers of the API may mirror
    allow_references: tuple[str, ...] = ()  # prefixes of references to secrets that callers of the API may use

    @property
    def thumbnails(self) -> Path:
        """The folder for thumbnails, unless `library_store` names another place."""
        return self.home / "library" / "thumbnails"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the `MIRRORLAKE_*` variables; an empty variable counts as absent."""
    env = os.environ if environ is None else environ
    home = env.get("MIRRORLAKE_HOME") or _default_home()
    database_url = env.get("MIRRORLAKE_DATABASE_URL") or None
    if database_url is not None and not database_url.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            "MIRRORLAKE_DATABASE_URL is not a PostgreSQL address.",
            "Write it as postgresql://user:password@host:5432/database, or unset it to use the embedded one.",
        )
    server_url = env.get("MIRRORLAKE_URL") or None
    if server_url is not None and not SERVER_ADDRESS.fullmatch(server_url):
        raise SettingsError(
            "MIRRORLAKE_URL is not the address of a server.",
            "Write it as `mirrorlake up` prints it, without what follows the port: http://127.0.0.1:8765.",
        )
    return Settings(
        home=Path(home).expanduser().absolute(),
        database_url=database_url,
        server_url=server_url,
        api_key=env.get("MIRRORLAKE_API_KEY") or None,
        library_store=env.get("MIRRORLAKE_LIBRARY_STORE") or None,
        library_endpoint=env.get("MIRRORLAKE_LIBRARY_ENDPOINT") or None,
        origin=parse_origin(env.get("MIRRORLAKE_ORIGIN") or DEFAULT_ORIGIN, "MIRRORLAKE_ORIGIN"),
        aws_principal=_principal(env.get("MIRRORLAKE_AWS_PRINCIPAL") or None),
        secret_key=env.get("MIRRORLAKE_SECRET_KEY") or None,
        allow_addresses=_networks(env.get("MIRRORLAKE_ALLOW_ADDRESSES") or ""),
        local_roots=_roots(env.get("MIRRORLAKE_LOCAL_ROOTS") or ""),
        allow_references=tuple(_words(env.get("MIRRORLAKE_ALLOW_REFERENCES") or "")),
    )


def parse_origin(text: str, name: str) -> str:
    """The origin that browsers send: without a path, and without the port of the scheme. Raises SettingsError."""
    plain = text.rstrip("/").lower()
    parts = urlsplit(plain if SERVER_ADDRESS.fullmatch(plain) else "")
    if not parts.hostname or parts.path:
        raise SettingsError(
            f"{name} is not the origin of web pages.",
            "Write scheme, host and port as browsers show them: https://lake.example.org",
        )
    return f"{parts.scheme}://{parts.netloc.removesuffix(_DEFAULT_PORTS[parts.scheme])}"


def _principal(text: str | None) -> str | None:
    if text is not None and not _PRINCIPAL.fullmatch(text):
        raise SettingsError(
            "MIRRORLAKE_AWS_PRINCIPAL is not the ARN of a user or role.",
            "Write arn:aws:iam::123456789012:role/NAME, as `aws sts get-caller-identity` and IAM show it.",
        )
    return text


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _networks(text: str) -> tuple[str, ...]:
    """The networks of a list. `private` stands for loopback and the private ranges. Raises SettingsError."""
    found: list[str] = []
    for word in _words(text):
        if word == "private":
            found += PRIVATE_NETWORKS
            continue
        try:
            found.append(str(ipaddress.ip_network(word, strict=False)))
        except ValueError:
            raise SettingsError(
                f"MIRRORLAKE_ALLOW_ADDRESSES contains {word!r}, which is not a network.",
                "Write networks such as 10.1.0.0/16, separated by commas, or `private` for all private ones.",
            ) from None
    return tuple(dict.fromkeys(found))


def _roots(text: str) -> tuple[Path, ...]:
    """The folders of a list separated by colons. Raises SettingsError for a relative one."""
    roots = [Path(part) for part in text.split(os.pathsep) if part]
    for root in roots:
        if not root.is_absolute():
            raise SettingsError(
                f"MIRRORLAKE_LOCAL_ROOTS contains {str(root)!r}, which is not an absolute path.",
                f"Write absolute paths, separated by {os.pathsep!r}.",
            )
    return tuple(roots)


def _default_home() -> str:
    import platformdirs  # noqa: PLC0415  not needed if the home is given

    return platformdirs.user_data_dir("mirrorlake")


def read_local_settings() -> Settings:
    """Read the settings for a command that works only on the library of this machine.

    Raises SettingsError if MIRRORLAKE_URL names a server: a library other than the intended one must not be changed.
    """
    settings = read_settings()
    if settings.server_url is not None:
        raise SettingsError(
            "This command works on the library of this machine, but MIRRORLAKE_URL names a server.",
            "Run it on the server's machine, or unset MIRRORLAKE_URL.",
        )
    return settings
