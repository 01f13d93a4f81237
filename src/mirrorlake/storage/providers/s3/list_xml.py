"""The general XML parser for S3 responses: accepts any legal layout, but is slower; no DTD, no entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from mirrorlake.core.errors import ListingBroken

DEPTH = 16  # of nested elements; those of S3 have 5
ELEMENTS = 200_000  # of a response; a page of S3 has 1,000 objects of at most 20
_ENTRIES = (["Contents"], ["Buckets", "Bucket"])  # objects, or buckets
_ENTRY_FIELDS = frozenset(
    {"Key", "LastModified", "ETag", "Generation", "Size", "StorageClass", "Name", "CreationDate", "BucketRegion"}
)


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


class _Forbidden(Exception):
    """Something that is never part of an S3 response. The text specifies what."""


class _Reader:
    """Collects the texts of known elements at any position; ignores all others."""

    def __init__(self) -> None:
        self.envelope = Envelope()
        self._path: list[str] = []
        self._text: list[str] = []
        self._entry: dict[str, str] | None = None
        self._elements = 0

    def start(self, name: str, _attributes: object) -> None:
        self._elements += 1
        if len(self._path) >= DEPTH:
            raise _Forbidden(f"nests more than {DEPTH} elements")
        if self._elements > ELEMENTS:
            raise _Forbidden(f"has more than {ELEMENTS:,} elements")
        local = name.rpartition(" ")[2]
        if not self._path:
            self.envelope.root = local
        self._path.append(local)
        self._text = []
        if self._path[1:] in _ENTRIES:
            self._entry = {}

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, _name: str) -> None:
        match self._path[1:]:
            case path if path in _ENTRIES:
                self.envelope.entries.append(self._entry or {})
                self._entry = None
            case [*path, name] if path in _ENTRIES and name in _ENTRY_FIELDS and self._entry is not None:
                self._entry[name] = "".join(self._text)
            case ["CommonPrefixes", "Prefix"]:
                self.envelope.prefixes.append("".join(self._text))
            case ["Owner", "ID"]:
                self.envelope.fields["Owner/ID"] = "".join(self._text)
            case [name]:
                self.envelope.fields[name] = "".join(self._text)
            case _:
                pass
        self._path.pop()
        self._text = []


def _refuse(*_: object) -> None:
    raise _Forbidden("declares a document type")


def read_xml(body: bytes) -> Envelope:
    """Parse any S3 response. Raises ListingBroken if it is not well-formed XML."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(body, True)  # noqa: FBT003 - the C function takes it by position
    except _Forbidden as error:
        raise ListingBroken(
            f"The server's response {error}, which S3 responses never do.",
            "Check that the endpoint is an S3 server.",
        ) from error
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an unknown encoding
        raise ListingBroken(
            f"The server's response is incomplete: {error}.",
            "Try again; if the error persists, check the endpoint and any proxy.",
        ) from error
    return reader.envelope
