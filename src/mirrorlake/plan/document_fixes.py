"""The commands that make a document or a text comply with a policy. Pure."""

from __future__ import annotations

from typing import Final

from mirrorlake.plan.fix_words import file_name, file_word, mended_name, mended_word, quote_word

_JSON: Final = "JSON"
_COARSE: Final = 0.3  # the share of the bytes below which pictures of a PDF get 72 instead of 150 dots an inch

# Texts whose parts between two lines are texts as well, and the suffix of the parts.
_OF_LINES: Final = {"text": ".txt", "Markdown": ".md", "CSV": ".csv"}
_RECORDS: Final = (".jsonl", ".ndjson")


def shrink_document(key: str, share: float) -> str:
    """Make a PDF smaller: its pictures are compressed again."""
    detail = "/ebook" if share > _COARSE else "/screen"
    # Ghostscript puts the number of a page in place of %d.
    target = quote_word(f"./{mended_name(key, '.pdf').replace('%', '%%')}")
    return f"gs -sDEVICE=pdfwrite -dPDFSETTINGS={detail} -o {target} {file_word(key)}"


def split_text(key: str, form: str, most: int) -> str | None:
    """Split a text into parts of whole lines; None for one that has to stay whole: a page of HTML, a JSON document."""
    suffix = _OF_LINES.get(form) or next((one for one in _RECORDS if key.lower().endswith(one)), None)
    if suffix is None:
        return None
    return f"split -C {most} -d --additional-suffix={suffix} {file_word(key)} {mended_word(key, '.')}"


def shrink_whole_text(key: str, form: str) -> str:
    """What makes a text smaller that has to stay whole, as the end of a sentence. How much smaller, nobody knows."""
    if form == _JSON:
        suffix = f".{file_name(key).rpartition('.')[2]}"
        return (
            "if it is still larger without the spaces between its values, split it or allow more bytes. "
            f"Mend it: python3 -m json.tool --compact --no-ensure-ascii {file_word(key)} {mended_word(key, suffix)}"
        )
    return "keep pictures, styles and scripts that are part of the page in files of their own, or allow more bytes"
