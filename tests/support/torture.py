"""Five hundred legal object keys that break stores, always the same ones."""

from __future__ import annotations

import random

COUNT = 500

# Each line is a way in which some tool loses, merges or renames objects.
_BY_HAND = [
    "a//b", "a///b", "//", "/", "/lead", "//lead", "trail/", "trail//", "dir/", "dir/file",
    ".", "..", "./a", "../a", "a/.", "a/..", "a/./b", "a/../b", "a/../../b", "...", "a/.../b", ".hidden", "a/.hidden",
    "caf\u00e9.jpg", "cafe\u0301.jpg", "\u212b.jpg", "\u00c5.jpg", "A\u030a.jpg",
    "Case.jpg", "case.jpg", "CASE.JPG", "stra\u00dfe", "STRASSE", "\u0130.png", "i\u0307.png",
    "tab\there", "line\nbreak", "carriage\rreturn", "\x01control", "bell\x07", "esc\x1b[31m", "delete\x7f", "\x0b",
    "\x0c",
    " lead space", "trail space ", " ", "a b", "a  b", "\u00a0", "\u2028line", "\u200bzero", "\ufeffbom", "\ufffd",
    "%", "%%", "%2F", "a%2Fb", "%20", "a%20b", "%25", "%2525", "%zz", "100%.jpg", "%00", "%C3%A9",
    "+", "a+b", "a +b", "++", "a&b", "a&amp;b", "&quot;", "&#x41;", "<Contents>", "</Key>", "<a>", "]]>", "<!--",
    "<![CDATA[x]]>",
    '"quoted"', "'single'", "back`tick", "back\\slash", "a\\..\\b", "pipe|", "semi;colon", "a:b", "a=b", "a,b",
    "a@b", "a#b", "a?b", "a?b=c&d",
    "star*", "brace{x}", "bracket[0]", "caret^", "tilde~", "dollar$", "bang!", "(paren)", "C:\\x", "~/x", "-rf",
    "--", "nul", "con.txt",
    "\U0001f600.png", "\U0001f468\u200d\U0001f469\u200d\U0001f467.png", "\U0010ffff",
    "\u65e5\u672c\u8a9e/\u5199\u771f.jpg", "\u0627\u0644\u0639.jpg", "\u202egpj.exe",
    "a", "aa", "a-b", "a.b", "a/b", "a0b", "a-b/c", "a.b/c", "a/b/c", "a/b-c", "a/b.c", "b", "B", "_", "-", "0",
    "00", "~",
    "x" * 1024, "y" * 1023+"z", "\u00e9" * 512, "d/" * 512, "/" * 1024, "%" * 1024, "\U0001f600" * 256,
    "k/"+"z" * 255,
    "soap bind", "select * from", "'; drop table assets; --", "${HOME}", "$(id)", "{{x}}", "null", "true", "=1+1",
    "@x", "\t=1",
]  # fmt: skip


def torture_keys() -> list[str]:
    """`COUNT` different keys of 1 to 1,024 bytes, in no order."""
    rng = random.Random(20240101)  # noqa: S311 - no secret
    alphabet = "aB0-_.~/ %+&<>\"'\\|?*#=;:,\t\n\x01\x7f\u00e9\u0301\u65e5\U0001f600"
    keys = dict.fromkeys(_BY_HAND)
    while len(keys) < COUNT:
        key = "".join(rng.choice(alphabet) for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 40, 200])))
        if len(key.encode()) <= 1024:
            keys[key] = None
    found = list(keys)
    rng.shuffle(found)
    return found[:COUNT]


def fits_folder(key: str) -> bool:
    """Whether a file system can hold `key` as a path below a folder (conflicts with other keys apart)."""
    parts = key.split("/")
    return all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts) and len(key.encode()) < 900


def fits_seaweed(key: str) -> bool:
    """Whether SeaweedFS holds `key` as it is: it treats keys as paths, with backslashes for slashes."""
    return fits_folder(key) and not any(ord(char) < 0x20 or char in "\\\x7f" for char in key)


def without_conflicts(keys: list[str]) -> list[str]:
    """A largest-first choice in which no key is a folder of another."""
    chosen: list[str] = []
    folders: set[str] = set()
    files: set[str] = set()
    for key in sorted(keys):
        parents = {key[:place] for place, char in enumerate(key) if char == "/"}
        if key in folders or parents & files:
            continue
        chosen.append(key)
        files.add(key)
        folders |= parents
    return chosen


def fits_azurite(key: str) -> bool:
    """Whether Azurite holds `key` as it is and lists it in byte order.

    It treats backslashes as slashes, lists control characters in XML without an escape, and sorts as UTF-16.
    """
    controls = any(ord(char) < 0x20 or char in "\x7f\ufffe\uffff" for char in key)
    return not controls and not any("\ue000" <= char <= "\uffff" or char == "\\" for char in key)
