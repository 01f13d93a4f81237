"""`mirrorlake ontology`: named lists of classes for annotations."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table, write_bytes
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.labels.ontology import next_colour
from mirrorlake.model.labels import LabelClass, Ontology, Shape
from mirrorlake.select.json_reader import Json, parse_json
from mirrorlake.services.contract import Library

app = typer.Typer(help="Manage ontologies, which are named lists of classes for annotations.", no_args_is_help=True)
classes = typer.Typer(help="Add, change and remove classes of an ontology.", no_args_is_help=True)
app.add_typer(classes, name="class")

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the ontology.")]
CLASS = Annotated[str, typer.Argument(metavar="CLASS", help="Name of the class.")]
VERSION = Annotated[int | None, typer.Option(min=1, help="An earlier version; the latest if omitted.")]
COLOUR = Annotated[str | None, typer.Option(help="Colour as #rrggbb.")]
ATTRIBUTES = Annotated[
    list[str] | None, typer.Option("--attribute", metavar="NAME=TYPE", help="Attribute: text, number or boolean.")
]
EXTERNAL = Annotated[
    list[str] | None,
    typer.Option("--external-id", metavar="NAMESPACE=ID", help="What another system calls the class, as in YOLO=3."),
]


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List all ontologies."""
    with open_library() as library:
        found = library.ontologies.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No ontologies yet. Create one: mirrorlake ontology create NAME")
    else:
        rows = ((one.name, one.version, len(one.classes)) for one in found)
        print_table(["name", "version", "classes"], rows, right=frozenset({1, 2}))


@app.command("show")
def show(name: NAME, *, version: VERSION = None, json: JSON = False) -> None:
    """Show the classes of an ontology."""
    with open_library() as library:
        found = library.ontologies.get(name, version=version)
    if json:
        print_json(found)
        return
    rows = (
        (one.name, one.shape.value, one.colour, _joined(one.attributes), _joined(one.external_ids))
        for one in found.classes
    )
    print_table(["class", "shape", "colour", "attributes", "external ids"], rows)


@app.command("create")
def create(name: NAME) -> None:
    """Create an ontology without classes."""
    with open_library() as library:
        library.ontologies.save(name, (), version=0)
        quoted = shlex.quote(name)
        echo(f"Ontology {name} created. Add a class: mirrorlake ontology class add {quoted} CLASS --shape box")


@app.command("export")
def export(
    name: NAME,
    *,
    out: Annotated[Path | None, typer.Option(help="File; standard output if omitted.")] = None,
    version: VERSION = None,
) -> None:
    """Write the classes of an ontology as JSON."""
    with open_library() as library:
        text = write_classes(library.ontologies.get(name, version=version).classes)
    if out is None:
        write_bytes(text)
    else:
        out.write_bytes(text)


@app.command("import")
def import_(
    name: NAME, file: Annotated[Path, typer.Argument(metavar="FILE", help="File that `export` wrote.")]
) -> None:
    """Create an ontology from a JSON file, or replace the classes of an existing one."""
    try:
        document = parse_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read {file}: {error}.", "Name a file that `ontology export` wrote.") from error
    with open_library() as library:
        saved = library.ontologies.save(name, read_classes(document))
        echo(f"{count_noun(len(saved.classes), 'class', 'classes')} saved, version {saved.version} of {name}.")


@app.command("delete")
def delete(name: NAME) -> None:
    """Delete an ontology. Refused while any annotation uses it."""
    with open_library() as library:
        library.ontologies.delete(name)
        echo(f"Ontology {name} deleted.")


@classes.command("add")
def add_class(
    name: NAME,
    class_name: CLASS,
    *,
    shape: Annotated[Shape, typer.Option(help="What its annotations are.")],
    colour: COLOUR = None,
    attribute: ATTRIBUTES = None,
    external_id: EXTERNAL = None,
) -> None:
    """Add a class to an ontology."""
    with open_library() as library:
        found = library.ontologies.get(name)
        if any(one.name == class_name for one in found.classes):
            raise UsageError(f"Class {class_name} exists.", "Change it with `mirrorlake ontology class edit`.")
        made = LabelClass(
            name=class_name,
            shape=shape,
            colour=colour or next_colour(len(found.classes)),
            attributes=_pairs(attribute, "--attribute"),
            external_ids=_pairs(external_id, "--external-id"),
        )
        _save(library, found, [*found.classes, made])


@classes.command("edit")
def edit_class(
    name: NAME,
    class_name: CLASS,
    *,
    shape: Annotated[Shape | None, typer.Option(help="What its annotations are; fixed once there are any.")] = None,
    colour: COLOUR = None,
    attribute: ATTRIBUTES = None,
    external_id: EXTERNAL = None,
) -> None:
    """Change a class. Options that are not given keep what they have."""
    with open_library() as library:
        found = library.ontologies.get(name)
        old = _class_of(found, class_name)
        made = replace(
            old,
            shape=shape or old.shape,
            colour=colour or old.colour,
            attributes=old.attributes if attribute is None else _pairs(attribute, "--attribute"),
            external_ids=old.external_ids if external_id is None else _pairs(external_id, "--external-id"),
        )
        _save(library, found, [made if one.name == class_name else one for one in found.classes])


@classes.command("remove")
def remove_class(name: NAME, class_name: CLASS) -> None:
    """Remove a class. Refused while any annotation uses it."""
    with open_library() as library:
        found = library.ontologies.get(name)
        _class_of(found, class_name)
        _save(library, found, [one for one in found.classes if one.name != class_name])


def write_classes(known: Sequence[LabelClass]) -> bytes:
    """The JSON document of classes, as `read_classes` reads it."""
    import orjson  # noqa: PLC0415  start-up of the other commands

    return orjson.dumps({"classes": known}, option=orjson.OPT_INDENT_2) + b"\n"


def read_classes(document: Json) -> list[LabelClass]:
    """The classes of a JSON document. Raises UsageError."""
    import msgspec  # noqa: PLC0415  start-up of the other commands

    rows = document.get("classes") if isinstance(document, dict) else document
    try:
        return msgspec.convert(rows, list[LabelClass])
    except msgspec.ValidationError as error:
        raise UsageError(f"The file is not a list of classes: {error}.", "`ontology export` shows the form.") from error


def _save(library: Library, found: Ontology, changed: Sequence[LabelClass]) -> None:
    saved = library.ontologies.save(found.name, changed, version=found.version)
    echo(f"Saved as version {saved.version} of {found.name}.")


def _class_of(found: Ontology, class_name: str) -> LabelClass:
    for one in found.classes:
        if one.name == class_name:
            return one
    raise NotFound(
        f"The ontology {found.name} has no class {class_name!r}.",
        f"To list them: mirrorlake ontology show {shlex.quote(found.name)}",
    )


def _pairs(words: Sequence[str] | None, option: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in words or ()]
    wrong = [word for word, (_, sign, _) in zip(words or (), pairs, strict=True) if not sign]
    if wrong:
        raise UsageError(f"{option} {wrong[0]} has no equals sign.", f"Write {option} NAME=VALUE.")
    return {name: value for name, _, value in pairs}


def _joined(pairs: object) -> str:
    return ", ".join(f"{name}={value}" for name, value in cast("dict[str, str]", pairs).items())


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="ontology")
