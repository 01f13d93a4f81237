"""How the key of an image becomes the name of a file, and which key such a name stands for. Pure.

A name never leads out of its folder, and no file system refuses it. Keys that differ may be written alike: a backslash
becomes `%5C`, which another key may contain. Then all but one have a digest of the key before the suffix.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from urllib.parse import quote, unquote

from mirrorlake.labels.records import without_suffix

_DIGEST_BYTES = 8
_NAME_BYTES, _STEM_BYTES, _SUFFIX_BYTES = 250, 246, 8  # a file system takes names of 255 bytes
_CUT = 200
_UNSAFE = ("", ".", "..")
_ESCAPES = re.compile("(?:%[0-9A-F]{2})+")
_DIGESTED = re.compile(r"(?P<stem>.+)~(?P<digest>[0-9a-f]{16})(?P<suffix>(?:\.[^./~]*)?)", re.DOTALL)


def safe_path(path: str) -> str:
    """The path under which a file is written."""
    return "/".join(map(safe_part, path.split("/")))


def safe_part(part: str) -> str:
    """A part of a key as the name of a file or folder: never a way out, and nothing that a file system refuses.

    A name that is too long is cut. It keeps its suffix, and a digest keeps it apart from others that begin likewise.
    Names that differ in nothing but their suffix are cut alike: the label file of an image is found by that.
    """
    if part in _UNSAFE:
        return quote(part, safe="").replace(".", "%2E") or "%"
    made = part
    if "\\" in part or not part.isprintable():
        made = "".join(quote(ch) if ch == "\\" or not ch.isprintable() else ch for ch in part)
    stem, dot, suffix = made.rpartition(".")
    if not dot or not suffix.isalnum() or len(suffix.encode()) > _SUFFIX_BYTES:
        stem, dot, suffix = made, "", ""
    if len(stem.encode("utf-8", "replace")) <= (_STEM_BYTES if dot else _NAME_BYTES):
        return made
    raw = part.rpartition(".")[0] if dot else part
    digest = blake2b(raw.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{quote(stem, safe='', errors='replace')[:_CUT]}~{digest}{dot}{suffix}"


def digest_of(path: str) -> bytes:
    """A digest of a path, to find equal ones."""
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=_DIGEST_BYTES).digest()


def with_digest(key: str) -> str:
    """The key with a digest before its suffix, so that no other key is written under the same path."""
    stem = without_suffix(key)
    suffix = key.removeprefix(stem)
    # Of the stem, so that it also fits the name of a label file, which lacks the suffix.
    digest = digest_of(stem if safe_path(f"a{suffix}") == f"a{suffix}" else key)
    return f"{stem}~{digest.hex()}{suffix}"


def key_of_path(path: str) -> str | None:
    """The key whose file has this path, or a path that ends with it; None if it is the path itself."""
    decoded = _decode(path)
    for one in (decoded, path) if "~" in path else ():
        found = _DIGESTED.fullmatch(one)
        if found is not None and _has_digest(found["stem"], bytes.fromhex(found["digest"])):
            return found["stem"] + found["suffix"]
    return None if decoded == path else decoded


def document_path(path: str) -> str:
    """The path of an exported image as a label document names it: that of its file, if an import finds the key by it.

    A name that was cut is written in full.
    """
    parts = [(part, safe_part(part)) for part in path.split("/")]
    return "/".join(safe if _decode(safe) == part else part for part, safe in parts)


def _decode(path: str) -> str:
    """The key whose file has this path; the path itself if there is no other."""
    if "%" not in path:
        return path
    parts = ("" if part == "%" else _ESCAPES.sub(lambda found: unquote(found[0]), part) for part in path.split("/"))
    decoded = "/".join(parts)
    return decoded if "\0" not in decoded and safe_path(decoded) == path else path


def _has_digest(stem: str, digest: bytes) -> bool:
    """Whether a stem has this digest, with or without its first folders: an import may find files below others."""
    ends = (at + 1 for at, character in enumerate(stem) if character == "/")
    return any(digest_of(stem[at:]) == digest for at in (0, *ends))
