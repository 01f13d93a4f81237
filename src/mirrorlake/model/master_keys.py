"""The master keys of a library at a glance. Nothing here contains a key, or anything from which one can be computed."""

from __future__ import annotations

from enum import StrEnum

from mirrorlake.model.public import public_noun


class KeyPlace(StrEnum):
    """Where a library has its master keys from."""

    ENVIRONMENT = "environment"  # MIRRORLAKE_SECRET_KEY
    FILE = "file"  # in its data folder
    NONE = "none"  # nothing has been encrypted yet, or the file is gone


@public_noun
class MasterKey:
    """A master key and what it encrypts."""

    id: str
    """Names the key: the same one in every process, and computed in a way that cannot be reversed."""
    kind: str
    """`fernet`, or the service that keeps it: aws-kms, gcp-kms or azure-key-vault."""
    newest: bool
    """Whether it encrypts what is stored from now on."""
    secrets: int
    """Connections, webhooks, functions and event receivers whose secrets it encrypts, in all workspaces."""


@public_noun
class MasterKeys:
    """The master keys of a library, and how many secrets each of them encrypts."""

    place: KeyPlace
    """Where they come from: environment, file or none."""
    keys: tuple[MasterKey, ...]
    """The newest first."""
    older: int
    """How many of these secrets an older key encrypts: that key is still needed."""
    lost: int
    """How many secrets a key encrypts that the server does not have: they cannot be used."""


@public_noun
class Rotation:
    """The result of a rotation of master keys."""

    rewrapped: int
    """How many secrets were encrypted by an older key and now are by the newest one."""
    current: int
    """How many used the newest key already."""
