"""The general XML parser for responses of Azure Storage: accepts any legal layout, but is slower than `records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mirrorlake.storage.strict_xml import ServerKind, read_elements

ENTRY_FIELDS = frozenset(
    {"Last-Modified", "Etag", "Content-Length", "AccessTier", "ResourceType", "Deleted", "Snapshot"}
)
_ELEMENTS = 600_000  # a page has 5,000 blobs of at most 60
_AZURE = ServerKind(name="Azure Storage", server="an Azure Blob Storage server", elements=_ELEMENTS)


@dataclass(slots=True)
class Envelope:
    """The content of a list of blobs or of an error as texts. Names are decoded, as bytes."""

    root: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])  # children of the root without children
    prefixes: list[bytes] = field(default_factory=list[bytes])
    names: list[bytes | None] = field(default_factory=list[bytes | None])  # of the entries; None: without a name
    entries: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    has_blobs: bool = False  # the list itself, which may be empty


class _Reader:
    """Collects the texts of known elements at any position; ignores all others."""

    def __init__(self) -> None:
        self.envelope = Envelope()
        self._entry: dict[str, str] = {}
        self._name: bytes | None = None
        self._encoded = False  # whether the name that is being read is percent-encoded

    def start(self, path: list[str], attributes: Mapping[str, str]) -> None:
        if len(path) == 1:
            self.envelope.root = path[0]
        elif path[1:] == ["Blobs"]:
            self.envelope.has_blobs = True
        elif path[1:] in (["Blobs", "Blob"], ["Blobs", "BlobPrefix"]):
            self._entry, self._name = {}, None
        elif path[-1] == "Name":
            # Azure encodes a name that XML cannot contain.
            self._encoded = attributes.get("Encoded", "").strip().lower() == "true"

    def end(self, path: list[str], text: str) -> None:
        match path[1:]:
            case ["Blobs", "Blob" | "BlobPrefix", "Name"]:
                self._name = unquote_to_bytes(text) if self._encoded else text.encode()
            case ["Blobs", "Blob", "Properties", name] if name in ENTRY_FIELDS:
                self._entry[name] = text
            case ["Blobs", "Blob", name] if name in ENTRY_FIELDS:
                self._entry[name] = text
            case ["Blobs", "Blob"]:
                self.envelope.names.append(self._name)
                self.envelope.entries.append(self._entry)
            case ["Blobs", "BlobPrefix"]:
                self.envelope.prefixes.append(self._name or b"")
            case [name]:
                self.envelope.fields[name] = text
            case _:
                pass


def read_xml(body: bytes) -> Envelope:
    """Parse any response of Azure Storage. Raises ListingBroken if it is not well-formed XML."""
    reader = _Reader()
    read_elements(body, reader, _AZURE)
    return reader.envelope
