"""Passwords: which are accepted, and their hashes (argon2id)."""

from __future__ import annotations

import threading
from typing import Final

import argon2

from mirrorlake.core.errors import UsageError

SHORTEST: Final = 12
LONGEST: Final = 200
# One at a time: each takes 64 MiB and all cores for a moment, and strangers can ask for it.
_ONE = threading.Lock()
_HASHER = argon2.PasswordHasher()
# Checked for names that nobody has, so that the duration does not reveal which names exist.
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg"


def check_password(password: str, name: str) -> None:
    """Raises UsageError for a password that is too short, too long, or the name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"The password has {len(password)} characters.", f"Choose one of {SHORTEST} to {LONGEST} characters."
        )
    if name.lower() in (password.lower(), password.lower().strip()) or len(set(password)) < 4:  # noqa: PLR2004 - aaaaaaaaaaaa
        raise UsageError("The password is too easy to guess.", "Choose a longer one, such as several words.")


def hash_password(password: str) -> str:
    """The encoded hash of a password, with its parameters and salt."""
    with _ONE:
        return _HASHER.hash(password)


def verify_password(encoded: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed. Takes as long if there is none."""
    with _ONE:
        try:
            return _HASHER.verify(encoded or _NOBODY, password[:LONGEST]) and encoded is not None
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def is_outdated(encoded: str) -> bool:
    """Whether the hash was made with weaker parameters than those of today."""
    return _HASHER.check_needs_rehash(encoded)
