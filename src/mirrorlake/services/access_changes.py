"""Forget what was admitted as soon as a member, a key or a session changes in this process.

Other processes of the library notice a change when what they remember is `admission.REMEMBER_S` seconds old.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Changes:
    count: int = 0


_CHANGES = _Changes()  # of the process: several libraries may be open in it, and forgetting too much is harmless


def access_changed() -> None:
    """Forget everything that was admitted. Call it after the change is committed."""
    _CHANGES.count += 1


def access_generation() -> int:
    """A number that is another one after each change."""
    return _CHANGES.count
