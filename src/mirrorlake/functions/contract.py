"""The contract of own functions in Python: what they receive, and what they may return.

    def brightness(asset: Asset) -> Result | dict | None: ...
    def report(run: Run) -> None: ...

A function gets an Asset, or for `run.finished` a Run. It returns a Result, the metadata to set as a mapping, or None.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

Scalar = str | int | float | bool


def _unavailable() -> bytes | None:
    raise RuntimeError("the bytes of an asset can be read only while a worker calls the function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """An asset as it was when the function was called. Its bytes are read when they are asked for."""

    id: str
    event: str
    name: str
    key: str
    datasource: str
    kind: str
    media_type: str
    size: int
    digest: str | None = None  # BLAKE3, hexadecimal; None if the object was not read whole
    width: int | None = None
    height: int | None = None
    state: str = "present"
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: Sequence[str] = ()
    _read: Callable[[], bytes | None] = field(default=_unavailable, repr=False, compare=False)
    _read_thumbnail: Callable[[], bytes | None] = field(default=_unavailable, repr=False, compare=False)

    def read(self) -> bytes:
        """The bytes of the original. Raises OSError if they cannot be read, such as those of a removed object."""
        data = self._read()
        if data is None:
            raise OSError(f"the object {self.key} has no bytes")
        return data

    def open(self) -> BinaryIO:
        """The bytes of the original as a file. Raises OSError as `read`."""
        return io.BytesIO(self.read())

    def thumbnail(self) -> bytes | None:
        """The thumbnail as WebP; None if the asset has none."""
        return self._read_thumbnail()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run."""

    id: int
    event: str
    datasource: str
    state: str
    counts: Mapping[str, int]
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """An annotation that a function makes: a class of an ontology, and where it is, as in REST."""

    ontology: str
    class_name: str
    shape: str = "classification"
    geometry: Mapping[str, Any] = field(default_factory=dict[str, Any])
    attributes: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a function changes of its asset. What is not named stays as it is."""

    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    labels: Sequence[Label] | None = None  # in place of those that it made before; None: those stay
