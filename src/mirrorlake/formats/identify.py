"""Identify the format of an object by its first bytes; a wrong name only causes a warning. Pure: no I/O."""

from __future__ import annotations

from mirrorlake.formats import registry, unsupported
from mirrorlake.formats.magic import HEAD_BYTES, is_text
from mirrorlake.formats.registry import Format, format_of_name
from mirrorlake.formats.unsupported import UnsupportedFormat
from mirrorlake.model.media import MediaKind


def identify(head: bytes, name: str = "") -> Format | UnsupportedFormat:
    """The format of the object that begins with `head` (its first HEAD_BYTES or more, or all of it).

    Its name counts only for text: an error message that was saved in place of an image is text too, so that text is
    accepted only under the name of one, which also separates plain text, Markdown and CSV.
    """
    for one in (*registry.FORMATS, *unsupported.UNSUPPORTED):
        if one.magic(head):
            return one
    named = format_of_name(name.rpartition("/")[2])
    if named is not None and named.kind is MediaKind.TEXT:
        found = next((one for one in registry.TEXTS if one.magic(head)), None)
        if found is not None:
            return found if found.magic is not is_text else registry.text_named(named)
    return UnsupportedFormat(phrase=_describe(head[:HEAD_BYTES]), magic=lambda _head: False)


def unsupported_message(name: str, found: Format | UnsupportedFormat) -> str:
    """The message for bytes of an unsupported format, or of a kind that is not wanted."""
    suffix = _suffix(name)
    return f"named .{suffix}, but the bytes are {found.phrase}" if suffix else f"the bytes are {found.phrase}"


def suffix_mismatch_warning(name: str, found: Format) -> str | None:
    """The warning for a name whose suffix is of another format than the bytes; None if they agree."""
    if format_of_name(name.rpartition("/")[2]) in (None, found):
        return None
    return f"named .{_suffix(name)}, but the bytes are {found.phrase}; it was imported as {found.phrase}"


def _suffix(name: str) -> str:
    base = name.rpartition("/")[2]
    return base.rpartition(".")[2].lower() if "." in base else ""


def _describe(head: bytes) -> str:
    if not head:
        return "none at all (the object is empty)"
    if not head.strip(b"\0"):
        return "only zeros (an upload or a disk that failed?)"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page (often a sign-in or error page that was saved instead of the file)"
    if text.startswith(b"<"):
        return "XML or HTML text (often an error message that was saved instead of the file)"
    if text.startswith((b"{", b"[")):
        return "JSON text"
    if is_text(head):
        return "plain text"
    return "of no format that mirrorlake knows"
