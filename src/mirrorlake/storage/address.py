"""Parse source addresses of users into a `Location`. Each provider has its own grammar."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.base import StorageProvider
from mirrorlake.storage.providers.folder.provider import folder_location
from mirrorlake.storage.providers.registry import all_providers, provider_of

_SCHEMES = {provider.value: provider for provider in Provider}


def parse_location(uri: str, *, base: Path | None = None) -> Location:
    """The location that `uri` names, such as `s3://bucket/folder` or `file:///absolute/folder`.

    With `base`, a plain path is a folder below it. Makes no request and does not access the disk. Raises UsageError
    for anything else.
    """
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return _plain_path(uri, base)
    provider = _provider_of(scheme.lower(), rest)
    if provider is None:
        raise UsageError(f"{uri!r} begins with {scheme}://, which is not supported.", f"Write {_examples()}.")
    return provider.parse(uri, rest)


@lru_cache(maxsize=256)
def stored_location(uri: str) -> Location:
    """The location with this canonical `uri`, as stored in the catalog."""
    scheme, _, rest = uri.partition("://")
    return provider_of(Provider(scheme)).restore(rest)


def _provider_of(scheme: str, rest: str) -> StorageProvider | None:
    provider = _SCHEMES.get(scheme)
    if provider is not None:
        return provider_of(provider)
    host = rest.partition("/")[0].lower()
    for form in (f"{scheme}://{host}", scheme):
        found = next((one for one in all_providers() if form in one.other_schemes), None)
        if found is not None:
            return found
    return None


def _plain_path(text: str, base: Path | None) -> Location:
    if base is None or not text:
        raise UsageError(f"{text!r} is not an address.", f"Write {_examples()} (perhaps {_guess(text)}).")
    return folder_location(text, os.path.join(base, text))  # noqa: PTH118 - the user's path, byte for byte


def _guess(text: str) -> str:
    """The address that was probably meant, without `://`."""
    scheme, colon, rest = text.partition(":")
    provider = _SCHEMES.get(scheme.lower()) if colon else None
    guess = None if provider is None else provider_of(provider).guess(rest)
    if guess is not None:
        return guess
    return f"file://{quote(os.path.abspath(text))}" if text else "s3://bucket/folder"  # noqa: PTH100 - lexical


def _examples() -> str:
    return " or ".join(provider.example for provider in all_providers() if provider.example)
