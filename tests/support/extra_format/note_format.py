"""The module of a made-up document format: pages of text after a first line, `NOTE 1`. It has no picture."""

from __future__ import annotations

from mirrorlake.formats.codec import Probe
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.media import DocumentFacts

BEGINNING = b"NOTE 1\n"


class Note:
    """The codec of notes."""

    def available(self) -> bool:
        return True

    def probe(self, data: bytes) -> Probe:
        if not data.endswith(b"\n"):
            raise UndecodableObject(Stage.PROBE, "NOTE header is damaged: the file was cut")
        title, *pages = data.removeprefix(BEGINNING).decode().split("\f")
        return Probe(facts=DocumentFacts(pages=1 + len(pages), title=title.splitlines()[0]))

    def render(self, _data: bytes, _probe: Probe, /) -> None:
        return None


CODEC = Note()
