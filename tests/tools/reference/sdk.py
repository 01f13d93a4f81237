"""The names of the package and the methods of its client, from their signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import Any, get_args, get_type_hints

import pyarrow as pa
from tests.tools.reference.markdown import code, table

import mirrorlake
from mirrorlake import AssetDataset, Mirrorlake, Record

ADDRESS = "http://127.0.0.1:8765"
SEE = re.compile(r"See `[A-Za-z.]+`\.\s*")


def package_names_reference() -> str:
    """A row for each name of the package."""
    rows = [(code(f"mirrorlake.{name}"), first_sentence(getattr(mirrorlake, name))) for name in mirrorlake.__all__]
    return table(("Name", "Meaning"), rows)


def client_reference() -> str:
    """A section for each noun of the client, with its methods."""
    return "\n\n".join(section(f"client.{name}", kind) for name, kind in client_nouns().items())


def parameter_type_reference() -> str:
    """A paragraph for each type that a method of the client takes: how it is imported and made, or its values."""
    found = sorted(parameter_types(), key=lambda kind: kind.__name__)
    return "\n\n".join(f"{code(_made(kind))}  \n{code(_import(kind))} – {first_sentence(kind)}" for kind in found)


def parameter_types() -> set[type]:
    """The types of the package that methods take, with those of their fields, without what methods return."""
    methods = [member for kind in client_nouns().values() for _, member in members(kind) if callable(member)]
    hints = [get_type_hints(method, localns={"pa": pa}) for method in methods]  # which only type checkers import
    returned = {kind for of_one in hints for kind in _own(of_one.pop("return", None))}
    found: set[type] = set()
    waiting = [kind for of_one in hints for hint in of_one.values() for kind in _own(hint)]
    while waiting:
        kind = waiting.pop()
        if kind in returned or kind in found:
            continue
        found.add(kind)
        if dataclasses.is_dataclass(kind):
            named = get_type_hints(kind)
            waiting += [one for field in dataclasses.fields(kind) for one in _own(named[field.name])]
    return found


def client_nouns() -> dict[str, type]:
    """The nouns of the client by the names of their attributes."""
    with Mirrorlake(ADDRESS) as client:
        return {name: type(noun) for name, noun in vars(client).items() if not name.startswith("_")}


def _own(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and hint.__module__.startswith("mirrorlake."):
        yield hint
    for part in get_args(hint):
        yield from _own(part)


def _made(kind: type) -> str:
    if issubclass(kind, Enum):
        return f"{kind.__name__}: {', '.join(f'{one.name} = {one.value!r}' for one in kind)}"
    made = signature(kind).removesuffix(" -> None")
    return kind.__name__ + re.sub(r"<(\w+\.\w+): [^>]*>", r"\1", made.replace("<factory>", "…"))


def _import(kind: type) -> str:
    where = "mirrorlake" if kind.__name__ in mirrorlake.__all__ else kind.__module__
    return f"from {where} import {kind.__name__}"


def dataset_reference() -> str:
    """The functions and methods of datasets and records."""
    opened = f"### `mirrorlake.open{signature(mirrorlake.open)}`\n\n{description(mirrorlake.open)}"
    return "\n\n".join([opened, section("AssetDataset", AssetDataset), section("Record", Record)])


def section(title: str, kind: type) -> str:
    """The description of a class and its public methods."""
    text = description(kind)
    parts = [f"### `{title}`", "" if text.startswith("Implements ") else text]
    for name, member in members(kind):
        if isinstance(member, property | cached_property):
            parts.append(f"**`{name}`** – {documentation(kind, name)}")
        else:
            parts.append(f"**`{name}{signature(member)}`**\n\n{documentation(kind, name)}")
    return "\n\n".join(part for part in parts if part)


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, in the order of its contract."""
    seen: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("mirrorlake."):
            for name, member in vars(base).items():
                if not name.startswith("_") and (callable(member) or isinstance(member, property | cached_property)):
                    seen[name] = getattr(kind, name) if callable(member) else member
    yield from seen.items()


def signature(function: Any) -> str:
    """The parameters with their types, and what is returned."""
    found = inspect.signature(function)
    parameters = [one for name, one in found.parameters.items() if name != "self"]
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(found.replace(parameters=parameters)))


def documentation(kind: type, name: str) -> str:
    """The docstring of a method: its own, and that of its contract."""
    texts = [inspect.getdoc(vars(base)[name]) or "" for base in kind.__mro__ if name in vars(base)]
    found = [SEE.sub("", text).strip() for text in texts]
    return " ".join(text for text in reversed(found) if text)


def description(thing: Any) -> str:
    """The docstring."""
    return SEE.sub("", inspect.getdoc(thing) or "").strip()


def first_sentence(thing: Any) -> str:
    """The first sentence of the docstring, on one line."""
    return re.split(r"(?<=[.])\s", " ".join(description(thing).split()), maxsplit=1)[0]
