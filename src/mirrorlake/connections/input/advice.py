"""Advice on one field of a connection: what is wrong, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mirrorlake.core.errors import SettingsError

_SECRETS = re.compile(r"(?i)([?&;](?:sig|X-Amz-Signature|X-Amz-Security-Token|X-Goog-Signature)=)[^&;\s]*")
_SHOWN = 120  # characters of an input that are repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is wrong with a field. The other values are what was probably meant; None: not recognised."""

    message: str
    fix: str
    bucket: str | None = None
    prefix: str | None = None
    region: str | None = None
    account: str | None = None
    endpoint: str | None = None

    def error(self, *, field: str | None = None) -> SettingsError:
        """The advice as an error of this field."""
        return SettingsError(self.message, self.fix, field=field)


def shown(text: str) -> str:
    """An input as messages repeat it: quoted, short, and without a signature that it contains."""
    plain = _SECRETS.sub(r"\1...", text)
    return repr(plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…")


def options(advice: Advice) -> Advice:
    """The advice with a fix that names the options of the values that were recognised."""
    pairs = {
        "--account": advice.account,
        "--bucket": advice.bucket,
        "--prefix": advice.prefix or None,
        "--region": advice.region,
        "--endpoint": advice.endpoint,
    }
    found = " ".join(f"{name} {value!r}" for name, value in pairs.items() if value is not None)
    return replace(advice, fix=f"{advice.fix} Use {found}.".strip()) if found else advice
