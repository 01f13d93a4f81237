"""Check the address of a server that a user specifies."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from mirrorlake.core.errors import SettingsError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def server_url(endpoint: str, origin: str, server: str) -> str:
    """The address of a server as requests need it; `origin` is what specifies it, `server` its kind, for errors.

    Raises SettingsError for an endpoint that is not an HTTP address. It is not shown if it contains a login.
    """
    try:
        parts = urlsplit(endpoint.strip())
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if "@" in endpoint:
        raise SettingsError(
            f"The endpoint contains a user name or password ({origin}).",
            "Use the environment or a profile for credentials.",
        )
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or parts.query
        or parts.fragment
        or not (parts.netloc + parts.path).isprintable()
        or " " in parts.netloc + parts.path
    ):
        raise SettingsError(
            f"{endpoint!r} is not the address of {server} ({origin}).", "Write https://host or http://host:port."
        )
    # Browsers do not send a default port, so a signature must not contain it.
    host = parts.netloc.removesuffix(f":{port}") if port == _DEFAULT_PORTS[parts.scheme] else parts.netloc
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that what is sent to it never leaves it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
