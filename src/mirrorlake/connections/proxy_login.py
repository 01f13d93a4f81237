"""The login of a proxy: a secret, though users write it in the address of the proxy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.connections import ConnectionSettings

PROXY_LOGIN: Final = "proxy_login"  # user:password, not percent-encoded
_LONGEST = 1024  # characters
_Setting = TypeVar("_Setting")  # a JSON value


def split_login(
    settings: Mapping[str, _Setting], secrets: Mapping[str, str | None]
) -> tuple[Mapping[str, _Setting | str], Mapping[str, str | None]]:
    """Settings and secrets, by their own names, with the login in the address of a proxy as a secret.

    Raises SettingsError, without the login, if it is incomplete or also given as a secret.
    """
    address = settings.get("proxy")
    if not isinstance(address, str) or "@" not in address:
        return settings, secrets
    try:
        parts = urlsplit(address.strip())
        login, _, server = parts.netloc.rpartition("@")
        user, colon, password = (unquote(part, errors="strict") for part in login.partition(":"))
    except ValueError:  # also of a text that is not UTF-8
        parts, server, user, colon, password = None, "", "", "", ""
    if parts is None or not user or not colon or secrets.get(PROXY_LOGIN) is not None:
        raise SettingsError(
            "The login in the address of the proxy is incomplete, or was given twice.",
            "Write http://USER:PASSWORD@HOST:PORT, or leave it out there and give proxy_login as USER:PASSWORD.",
            field="proxy",
        )
    return (
        {**settings, "proxy": parts._replace(netloc=server).geturl()},
        {**secrets, PROXY_LOGIN: f"{user}:{password}"},
    )


def add_login(settings: ConnectionSettings, secrets: Mapping[str, str]) -> ConnectionSettings:
    """The settings with the login in the address of their proxy, for use only: they are not stored, and not shown.

    Raises SettingsError for a login that no header can contain.
    """
    login = secrets.get(PROXY_LOGIN)
    if login is None or settings.proxy is None:
        return settings
    user, colon, password = login.partition(":")
    if not user or not colon or not login.isprintable() or len(login) > _LONGEST:
        raise SettingsError(
            "The login of the proxy is not valid.", "Give proxy_login as USER:PASSWORD.", field=PROXY_LOGIN
        )
    parts = urlsplit(settings.proxy)
    own = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"
    return replace(settings, proxy=parts._replace(netloc=own).geturl())
