"""Frozen dataclasses to JSON values and back, by their type hints: for what the catalog keeps as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Mapping as AbstractMapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: object) -> Any:
    """The JSON value of a dataclass, enum, time, sequence, mapping or plain value. Raises TypeError for others."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, AbstractMapping):
        pairs = cast("Mapping[object, object]", value)
        return {str(encode(key)): encode(item) for key, item in pairs.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(item) for item in cast("list[object]", value)]
    raise TypeError(f"{type(value).__name__} has no JSON value")


def decode(kind: type[T], data: object) -> T:
    """The value of this type that `encode` was given. Unknown fields are left out, missing ones take their default.

    Raises TypeError or ValueError where `data` is of another shape.
    """
    return cast("T", _decoded(kind, data))


def _decoded(kind: Any, data: Any) -> Any:
    if kind is Any or kind is object:
        return data
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _of_union(parts, data)
    if origin is tuple:
        return tuple(_decoded(parts[0], item) for item in data)
    if origin is list:
        return [_decoded(parts[0], item) for item in data]
    if origin is not None and issubclass(origin, AbstractMapping):
        return {_decoded(parts[0], key): _decoded(parts[1], item) for key, item in data.items()}
    if is_dataclass(kind):
        return _of_dataclass(cast("type[Any]", kind), data)
    if issubclass(kind, Enum):
        return kind(data)
    if issubclass(kind, datetime):
        return datetime.fromisoformat(data)
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind):
        raise TypeError(f"expected {kind.__name__}, not {data!r}")
    return data


def _of_union(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None and NoneType in kinds:
        return None
    [kind] = [one for one in kinds if one is not NoneType]
    return _decoded(kind, data)


def _of_dataclass(kind: type[Any], data: Any) -> Any:
    if not isinstance(data, AbstractMapping):
        raise TypeError(f"expected the fields of {kind.__name__}, not {data!r}")
    given = cast("Mapping[str, Any]", data)
    hints = _hints(kind)
    for field in fields(kind):
        if field.name not in given and field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{kind.__name__} lacks {field.name}")
    return kind(**{name: _decoded(hint, given[name]) for name, hint in hints.items() if name in given})


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
