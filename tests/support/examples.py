"""A small file of each format of the registry."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.images import encoded, heic, pdf, scene, svg
from tests.support.recordings import RECORDINGS, recording

_TEXTS = {
    "HTML": "<!DOCTYPE html><html lang='de'><title>Ein Fund</title><p>Guten Tag</html>",
    "JSON": '{"a": 1}\n{"a": 2}\n',
    "Markdown": "# A find\n\nIn the *garden*.\n",
    "CSV": "name,width\na.jpg,640\n",
    "text": "A find\nin the garden\n",
}


def example(name: str, width: int = 40, height: int = 30) -> bytes:
    """A small file of the format with this name in the registry."""
    made: dict[str, Callable[[], bytes]] = {"HEIC": heic, "SVG": lambda: svg(width, height), "PDF": pdf}
    if name in RECORDINGS:
        return recording(name)
    if name in _TEXTS:
        return _TEXTS[name].encode()
    return made[name]() if name in made else encoded(scene(width, height), name.lower())
