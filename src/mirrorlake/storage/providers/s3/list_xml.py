"""The general XML parser for S3 responses: accepts any legal layout, but is slower; no DTD, no entities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorlake.storage.strict_xml import ServerKind, read_elements

_ENTRIES = (["Contents"], ["Buckets", "Bucket"])  # objects, or buckets
_ENTRY_FIELDS = frozenset(
    {"Key", "LastModified", "ETag", "Generation", "Size", "StorageClass", "Name", "CreationDate", "BucketRegion"}
)
_ELEMENTS = 200_000  # a page of S3 has 1,000 objects of at most 20
_S3 = ServerKind(name="S3", server="an S3 server", elements=_ELEMENTS)


@dataclass(slots=True)
class Envelope:
    """The content of a list of objects or buckets as texts. Keys are still encoded as `encoding` specifies."""

    root: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])  # children of the root without children
    prefixes: list[str] = field(default_factory=list[str])
    entries: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    @property
    def encoding(self) -> str:
        """`url` if the server percent-encoded the keys, otherwise empty."""
        return self.fields.get("EncodingType", "").strip().lower()


class _Reader:
    """Collects the texts of known elements at any position; ignores all others."""

    def __init__(self) -> None:
        self.envelope = Envelope()
        self._entry: dict[str, str] | None = None

    def start(self, path: list[str], attributes: Mapping[str, str]) -> None:
        del attributes
        if len(path) == 1:
            self.envelope.root = path[0]
        if path[1:] in _ENTRIES:
            self._entry = {}

    def end(self, path: list[str], text: str) -> None:
        match path[1:]:
            case entry if entry in _ENTRIES:
                self.envelope.entries.append(self._entry or {})
                self._entry = None
            case [*entry, name] if entry in _ENTRIES and name in _ENTRY_FIELDS and self._entry is not None:
                self._entry[name] = text
            case ["CommonPrefixes", "Prefix"]:
                self.envelope.prefixes.append(text)
            case ["Owner", "ID"]:
                self.envelope.fields["Owner/ID"] = text
            case [name]:
                self.envelope.fields[name] = text
            case _:
                pass


def read_xml(body: bytes) -> Envelope:
    """Parse any S3 response. Raises ListingBroken if it is not well-formed XML."""
    reader = _Reader()
    read_elements(body, reader, _S3)
    return reader.envelope
