"""File names as words of a shell, for the commands that mend rejected objects. Pure."""

from __future__ import annotations

import shlex


def file_word(key: str) -> str:
    """The name of an object as a word of a shell, whatever is in it, below the current folder.

    "./" keeps a name from being taken for an option, a protocol of FFmpeg or a format of ImageMagick.
    """
    return quote_word(f"./{file_name(key)}")


def mended_word(key: str, suffix: str) -> str:
    """The name of the mended copy beside the file, as a word of a shell. The suffix begins with a dot."""
    return quote_word(f"./{mended_name(key, suffix)}")


def mended_name(key: str, suffix: str) -> str:
    """The name of the mended copy."""
    name = file_name(key)
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot else name}.mended{suffix}"


def file_name(key: str) -> str:
    """What follows the last slash of a key."""
    return key.rpartition("/")[2]


def quote_word(word: str) -> str:
    """A word of a shell."""
    if word.isprintable():
        return shlex.quote(word)
    # Control characters would otherwise reach the terminal that shows the command.
    escaped = "".join(
        f"\\{character}"
        if character in "\\'"
        else character
        if character.isprintable()
        else "".join(f"\\x{byte:02x}" for byte in character.encode())
        for character in word
    )
    return f"$'{escaped}'"
