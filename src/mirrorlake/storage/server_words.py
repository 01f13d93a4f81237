"""Texts in the error responses of a server: hostile, and made fit for one sentence of ours."""

from __future__ import annotations

import re

LONGEST = 300  # characters of a message that are shown
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:-]{0,63}")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")


def clean_text(text: str) -> str:
    """One line without control, format and other invisible characters, cut to `LONGEST`."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * LONGEST])
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST and len(text) <= 4 * LONGEST else f"{line[: LONGEST - 1]}…"


def clean_code(text: str) -> str:
    """An error code; empty if it is none."""
    text = text.strip()
    return text if _CODE.fullmatch(text) else ""


def clean_region(text: str) -> str:
    """The name of a region; empty if it is none."""
    text = text.strip()
    return text if _REGION.fullmatch(text) else ""
