"""An HTML page of a bucket as one that a browser can show: it runs nothing and loads nothing.

The answer's Content-Security-Policy forbids both. Some elements connect or navigate in spite of the policy, so they
are written as comments, and links without their address. A tokenizer makes both of exactly these characters.
"""

from __future__ import annotations

import re
from typing import Final

PAGE_BYTES: Final = 4 << 20  # of the object that are shown
# `link` opens connections and looks names up, `meta` turns that on and leaves the page, `base` turns links around.
# What embeds another page brings its own markup, in which these would be written as entities. Animations set addresses.
_ACTIVE: Final = re.compile(
    r"<(?=link|meta|base|iframe|frame|object|embed|applet|portal|fencedframe|animate|set)", re.IGNORECASE
)
# A pressed link opens a connection even where the policy then refuses to follow it. What is within the page works.
_LINKED: Final = re.compile(r"href(?=\s*=)(?!\s*=\s*[\"']?(?:#|data:image/))", re.IGNORECASE)
_UNSEEN: Final = "\u2060"  # in the name of an attribute it is another name, and in a text it is not seen
_BEGINNING: Final = 4096  # bytes in which a page declares its encoding; browsers examine 1,024
_DECLARED: Final = re.compile(
    rb"charset\s*=\s*[\"']?\s*(iso-8859-(?:1[013-6]|[1-9])|windows-125\d|koi8-[ru]|shift_jis|euc-jp|euc-kr|gbk|gb2312|gb18030|big5)\b",
    re.IGNORECASE,
)
_GUESSED: Final = "windows-1252"  # the fact of a text that is not UTF-8


def inert_page(data: bytes, encoding: object) -> bytes:
    """The page as UTF-8. `encoding` is the fact of the asset, if it has one; a guess gives way to what is declared."""
    if not isinstance(encoding, str) or encoding == _GUESSED:
        found = _DECLARED.search(data[:_BEGINNING])
        encoding = found[1].decode() if found else encoding or "utf-8"
    text = data.decode(str(encoding), "replace").removeprefix("\ufeff")
    return _LINKED.sub(rf"\g<0>{_UNSEEN}", _ACTIVE.sub("<!", text)).encode()
