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
LOCAL_ENGINE = "local"
_CLUSTER = re.compile(r"ray://(?:auto|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5})")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:root|(?:role|user)/[\x21-\x7e]{1,512})")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]{2,}")
UNDO_DAYS, MAX_UNDO_DAYS = 30, 3650
REPACK_PERCENT = 20
PREVIEW_MB, MAX_PREVIEW_MB = 1024, 1_000_000
IDLE_STOP_S = 600  # the embedded PostgreSQL stops after this long without a connection


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The identity provider at which people sign in."""

    issuer: str  # its address, exactly as the provider writes it in its tokens
    client_id: str
    client_secret: str | None = field(default=None, repr=False)  # None: a public client, which has PKCE alone
    domains: tuple[str, ...] = ()  # of verified addresses whose holders become viewers without an invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The location of the library and who may access it."""

    home: Path  # data folder: database, thumbnails, first-start token
    database_url: str | None = field(default=None, repr=False)  # None = the embedded PostgreSQL under `home`
    server_url: str | None = None  # use this server instead of working in process
    api_key: str | None = field(default=None, repr=False)
    workspace: str = "default"  # of commands on this machine
    part: str = ""  # of the library store that the files of a workspace are in; empty: of `default`
    library_store: str | None = None  # address of a bucket for thumbnails; None = a folder under `home`
    library_endpoint: str | None = None  # of its server; None = AWS
    origin: str = DEFAULT_ORIGIN  # scheme, host and port of the web pages, as browsers know them
    origin_named: bool = False  # whether the operator named it
    aws_principal: str | None = None  # the ARN of the user or role that this library runs as; None: asked from AWS
    secret_key: str | None = field(default=None, repr=False)  # master keys, newest first; None = a file under `home`
    allow_addresses: tuple[str, ...] = ()  # networks that connections made over the API may reach besides public ones
    local_roots: tuple[Path, ...] = ()  # folders that callers of the API may mirror
    undo_days: int = UNDO_DAYS  # for which bulk edits can be undone
    repack_percent: int = REPACK_PERCENT  # of dead space in packs of thumbnails, from which on workers repack; 0: never
    allow_references: tuple[str, ...] = ()  # prefixes of references to secrets that callers of the API may use
    oidc: OidcSettings | None = None
    trusted_proxies: tuple[str, ...] = ()  # networks of proxies that report from which address a request comes
    preview_bytes: int = PREVIEW_MB * 1_000_000  # of previews that a server keeps on disk
    models_folder: Path | None = None  # of models of the CLIP family; None = a folder under `home`
    engine: str = LOCAL_ENGINE  # where objects are processed: this machine, or a cluster by its address

    @property
    def uploads(self) -> Path:
        """The folder for files that users upload to no datasource of their own."""
        return self.home / self.part / "uploads"

    @property
    def models(self) -> Path:
        """The folder of models of the CLIP family, for all workspaces."""
        return self.models_folder or self.home / "models"

    @property
    def previews(self) -> Path:
        """The folder for previews, which can be deleted at any time."""
        return self.home / "previews" / (self.part or "default")

    @property
    def thumbnails(self) -> Path:
        """The folder for thumbnails, unless `library_store` names another place."""
        return self.home / "library" / self.part / "thumbnails"


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
        workspace=env.get("MIRRORLAKE_WORKSPACE") or "default",
        library_store=env.get("MIRRORLAKE_LIBRARY_STORE") or None,
        library_endpoint=env.get("MIRRORLAKE_LIBRARY_ENDPOINT") or None,
        origin=parse_origin(env.get("MIRRORLAKE_ORIGIN") or DEFAULT_ORIGIN, "MIRRORLAKE_ORIGIN"),
        origin_named=bool(env.get("MIRRORLAKE_ORIGIN")),
        aws_principal=_principal(env.get("MIRRORLAKE_AWS_PRINCIPAL") or None),
        secret_key=env.get("MIRRORLAKE_SECRET_KEY") or None,
        allow_addresses=_networks(env, "MIRRORLAKE_ALLOW_ADDRESSES"),
        local_roots=_roots(env.get("MIRRORLAKE_LOCAL_ROOTS") or ""),
        undo_days=_number(env, "MIRRORLAKE_UNDO_DAYS", UNDO_DAYS, MAX_UNDO_DAYS, "days"),
        repack_percent=_number(env, "MIRRORLAKE_REPACK_PERCENT", REPACK_PERCENT, 100, "percent"),
        allow_references=tuple(_words(env.get("MIRRORLAKE_ALLOW_REFERENCES") or "")),
        oidc=_oidc(env),
        trusted_proxies=_proxies(env.get("MIRRORLAKE_TRUSTED_PROXIES") or ""),
        preview_bytes=_number(env, "MIRRORLAKE_PREVIEW_MB", PREVIEW_MB, MAX_PREVIEW_MB, "megabytes") * 1_000_000,
        engine=_engine(env.get("MIRRORLAKE_ENGINE") or LOCAL_ENGINE),
        models_folder=Path(models).expanduser().absolute() if (models := env.get("MIRRORLAKE_MODELS")) else None,
    )


def use_workspace(name: str) -> None:
    """Let `read_settings` return this workspace from now on, in this process."""
    os.environ["MIRRORLAKE_WORKSPACE"] = name


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


def _oidc(env: Mapping[str, str]) -> OidcSettings | None:
    """The identity provider, if one is set. Raises SettingsError for an incomplete or insecure one."""
    issuer, client = env.get("MIRRORLAKE_OIDC_ISSUER") or None, env.get("MIRRORLAKE_OIDC_CLIENT_ID") or None
    if issuer is None or client is None:
        if issuer or client:
            raise SettingsError(
                "MIRRORLAKE_OIDC_ISSUER and MIRRORLAKE_OIDC_CLIENT_ID belong together.", "Set both, or neither."
            )
        return None
    host = urlsplit(issuer).hostname if SERVER_ADDRESS.fullmatch(issuer) else None
    if host is None or not (issuer.startswith("https://") or host in ("localhost", "127.0.0.1", "::1")):
        raise SettingsError(
            "MIRRORLAKE_OIDC_ISSUER is not the HTTPS address of an identity provider.",
            "Write it exactly as the provider's /.well-known/openid-configuration names its issuer.",
        )
    domains = tuple(word.lower() for word in _words(env.get("MIRRORLAKE_OIDC_DOMAINS") or ""))
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            raise SettingsError(
                f"MIRRORLAKE_OIDC_DOMAINS contains {domain!r}, which is not a domain.",
                "Write domains of e-mail addresses, such as example.com, separated by commas.",
            )
    secret = env.get("MIRRORLAKE_OIDC_CLIENT_SECRET") or None
    return OidcSettings(issuer=issuer, client_id=client, client_secret=secret, domains=domains)


def _engine(text: str) -> str:
    if text != LOCAL_ENGINE and not _CLUSTER.fullmatch(text):
        raise SettingsError(
            f"MIRRORLAKE_ENGINE is not an engine: {text!r}.",
            f"Write {LOCAL_ENGINE}, ray://HOST:10001 for a cluster of Ray, or ray://auto on one of its nodes.",
        )
    return text


def _number(env: Mapping[str, str], name: str, default: int, most: int, unit: str) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
        raise SettingsError(f"{name} is not a number of {unit}: {text!r}.", f"Write a number from 0 to {most}.")
    return int(text)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The networks of a list. `private` stands for loopback and the private ranges. Raises SettingsError."""
    found: list[str] = []
    for word in _words(env.get(name) or ""):
        if word == "private":
            found += PRIVATE_NETWORKS
            continue
        try:
            found.append(str(ipaddress.ip_network(word, strict=False)))
        except ValueError:
            raise SettingsError(
                f"{name} contains {word!r}, which is not a network.",
                "Write networks such as 10.1.0.0/16, separated by commas, or `private` for all private ones.",
            ) from None
    return tuple(dict.fromkeys(found))


def _proxies(text: str) -> tuple[str, ...]:
    """The networks of proxies. Not `private`: clients there could write any address. Raises SettingsError."""
    found: list[str] = []
    for word in _words(text):
        try:
            found.append(str(ipaddress.ip_network(word, strict=False)))
        except ValueError:
            raise SettingsError(
                f"MIRRORLAKE_TRUSTED_PROXIES contains {word!r}, which is not the address of a proxy.",
                "Write addresses of proxies, or networks in which nothing else is, separated by commas: 10.1.2.3.",
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


_PUBLIC = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH"})
_PUBLIC_PREFIXES = ("LC_", "PYTHON", "CUDA_", "NVIDIA_", "OMP_")


def environment_of_functions() -> dict[str, str]:
    """What processes of functions get of our environment: what programs need to run, and what the operator names.

    Everything else may be a secret.
    """
    named = frozenset(os.environ.get("MIRRORLAKE_FUNCTION_ENVIRONMENT", "").replace(",", " ").split())
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PUBLIC or name in named or name.startswith(_PUBLIC_PREFIXES)
    }
