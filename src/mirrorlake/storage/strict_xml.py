"""The general XML parser for responses of servers: any legal layout, within limits; no document types, no entities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from xml.parsers import expat

from mirrorlake.core.errors import ListingBroken

DEPTH = 16  # of nested elements; those of known servers have 5


class Elements(Protocol):
    """Receives the elements of a response, in order. A path has the names from the root, without namespaces."""

    def start(self, path: list[str], attributes: Mapping[str, str]) -> None:
        """An element begins."""
        ...

    def end(self, path: list[str], text: str) -> None:
        """An element ends; `text` is what follows the start or end of the last element in it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind:
    """The kind of server whose responses are parsed, for errors."""

    name: str  # such as `S3`
    server: str  # with its article
    elements: int  # the maximum of a response


class _Forbidden(Exception):
    """Something that is never part of a response. The text specifies what."""


class _Reader:
    def __init__(self, into: Elements, most: int) -> None:
        self._into = into
        self._most = most
        self._path: list[str] = []
        self._text: list[str] = []
        self._elements = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if len(self._path) >= DEPTH:
            raise _Forbidden(f"nests more than {DEPTH} elements")
        if self._elements > self._most:
            raise _Forbidden(f"has more than {self._most:,} elements")
        self._path.append(name.rpartition(" ")[2])
        self._text = []
        self._into.start(self._path, attributes)

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, _name: str) -> None:
        self._into.end(self._path, "".join(self._text))
        self._path.pop()
        self._text = []


def _refuse(*_: object) -> None:
    raise _Forbidden("declares a document type")


def read_elements(body: bytes, into: Elements, kind: ServerKind) -> None:
    """Parse a response. Raises ListingBroken if it is not well-formed XML, or what no server sends."""
    reader = _Reader(into, kind.elements)
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
            f"The server's response {error}, which {kind.name} responses never do.",
            f"Check that the endpoint is {kind.server}.",
        ) from error
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an unknown encoding
        raise ListingBroken(
            f"The server's response is incomplete: {error}.",
            "Try again; if the error persists, check the endpoint and any proxy.",
        ) from error
