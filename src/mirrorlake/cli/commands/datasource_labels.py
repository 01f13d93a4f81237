"""`mirrorlake datasource labels`: keep the annotations of a datasource in step with its label files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_table
from mirrorlake.core.errors import MirrorlakeError, NotFound, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.labels.class_map import ClassMap, make_class_map, map_names
from mirrorlake.model.label_sidecars import LabelSidecars, LabelStrategy, Naming, SidecarFormat
from mirrorlake.model.labels import LabelClass
from mirrorlake.select.json_reader import Json
from mirrorlake.select.label_settings import labels_to_json, read_labels
from mirrorlake.services.contract import Datasources
from mirrorlake.services.label_contract import Ontologies

NAMES_BYTES = 1_000_000  # of a file with class names


def labels(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the datasource.")],
    *,
    label_format: Annotated[
        SidecarFormat | None, typer.Option("--format", help="Format of the label files. It cannot be changed later.")
    ] = None,
    ontology: Annotated[str | None, typer.Option(help="Ontology whose classes the annotations get.")] = None,
    suffix: Annotated[str | None, typer.Option(help="What the key of a label file ends with.")] = None,
    image_pattern: Annotated[
        str | None, typer.Option(metavar="PATTERN", help='Keys of images, such as "images/{split}/{name}.{ext}".')
    ] = None,
    label_pattern: Annotated[
        str | None, typer.Option(metavar="PATTERN", help='Keys of label files, such as "labels/{split}/{name}.txt".')
    ] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of the external ids of the classes.")] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NUMBER=CLASS", help="Class of a number or name in label files. Repeatable."),
    ] = None,
    names: Annotated[
        Path | None, typer.Option(metavar="FILE", help="data.yaml or classes.txt: map its numbers by class names.")
    ] = None,
    names_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The same, of such a file in the bucket, by its complete key.")
    ] = None,
    strategy: Annotated[
        LabelStrategy | None, typer.Option(help="What a changed file does to annotations that users edited.")
    ] = None,
    skip_invalid: Annotated[
        bool | None, typer.Option("--skip-invalid/--no-skip-invalid", help="Take the valid labels of invalid files.")
    ] = None,
    json: JSON = False,
) -> None:
    """Show or set which label files of a datasource become annotations.

    Options that are left out keep their values. The next run reads the files; afterwards, only changed files are read.
    """
    given: dict[str, Json] = {
        "format": label_format and label_format.value,
        "ontology": ontology,
        "suffix": suffix,
        "imagePattern": image_pattern,
        "labelPattern": label_pattern,
        "namespace": namespace,
        "strategy": strategy and strategy.value,
        "skipInvalid": skip_invalid,
    }
    change: dict[str, Json] = {key: value for key, value in given.items() if value is not None}
    stored, classes = _store(name, change, _mapping(mapping or []), names, names_key)
    if json:
        print_json(stored)
    else:
        _show(stored, classes)


def _store(
    name: str, change: dict[str, Json], mapping: dict[str, Json], names: Path | None, names_key: str | None
) -> tuple[LabelSidecars, tuple[LabelClass, ...] | None]:
    """The settings after the change, and the classes of their ontology; None if it does not exist."""
    with open_library() as library:
        stored = library.datasources.get(name).labels
        document = {} if stored is None else labels_to_json(stored)
        document |= change
        ontology = document.get("ontology")
        classes = _classes(library.ontologies, ontology if isinstance(ontology, str) else None)
        mapped = _named(library.datasources, name, names, names_key, classes=classes, ontology=ontology) | mapping
        if mapped:
            document["classMap"] = {**(dict(stored.class_map) if stored else {}), **mapped}
        if change or mapped:
            read_labels(document)  # an invalid value is refused before anything is stored
            unmapped = document["format"] == SidecarFormat.YOLO and not document.get("classMap")
            try:
                stored = library.datasources.change_settings(name, {"labels": document}).labels
            except UsageError:
                if unmapped and isinstance(ontology, str) and classes:
                    _offer_names(library.datasources, name, ontology, "To map them, repeat the command with")
                raise
            if unmapped and stored is not None:
                again = f"To map them: mirrorlake datasource labels {shlex.quote(name)}"
                _offer_names(library.datasources, name, stored.ontology, again)
    if stored is None:
        raise UsageError(f"{name} has no label files.", "Enable them with --format and --ontology.")
    return stored, classes


def _show(stored: LabelSidecars, classes: tuple[LabelClass, ...] | None) -> None:
    print_table(["", ""], _rows(stored))
    if classes is not None:
        _print_class_map(make_class_map(stored, classes))
    else:
        command = f"mirrorlake ontology create {shlex.quote(stored.ontology)}"
        echo(f"Warning: no label file is read, because the ontology {stored.ontology} does not exist. {command}")


def _named(
    datasources: Datasources,
    name: str,
    names: Path | None,
    names_key: str | None,
    *,
    classes: tuple[LabelClass, ...] | None,
    ontology: Json,
) -> dict[str, Json]:
    """The class map of a file with class names, here or in the source."""
    if names is not None and names_key is not None:
        raise UsageError("--names and --names-key are both given.", "Use one of the two.")
    found: dict[str, str] = {}
    class_map: dict[str, str] = {}
    if names is not None:
        read = _read_names(names)
        found, class_map = {str(number): each for number, each in read.items()}, map_names(read, classes or ())
    elif names_key is not None:
        wanted = ontology if classes is not None and isinstance(ontology, str) else None
        (one,) = datasources.class_names(name, key=names_key, ontology=wanted)
        found, class_map = dict(one.names), dict(one.class_map)
    _report_left_out(found, class_map)
    return dict(class_map)


def _classes(ontologies: Ontologies, name: str | None) -> tuple[LabelClass, ...] | None:
    if name is None:
        return None
    try:
        return ontologies.get(name).classes
    except NotFound:
        return None


def _mapping(given: list[str]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for one in given:
        number, equals, target = one.partition("=")
        if not equals or not number:
            raise UsageError(f"--map {one} has no class.", "Write --map 0=car, or --map 0= to leave a class out.")
        found[number] = target
    return found


def _read_names(path: Path) -> dict[int, str]:
    """The class names in a file of this machine, by their numbers."""
    from mirrorlake.labels.sidecars import read_class_names  # noqa: PLC0415  loads every format

    try:
        with path.open("rb") as file:
            data = file.read(NAMES_BYTES)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Name a data.yaml or classes.txt.") from error
    found = read_class_names(path.name, data)
    if not found:
        raise UsageError(f"{path} has no class names.", "Name a data.yaml with `names`, or a classes.txt.")
    return found


def _report_left_out(names: Mapping[str, str], class_map: Mapping[str, str]) -> None:
    left_out = [each for number, each in names.items() if not class_map[number]]
    if left_out:
        echo(f"Not in the ontology, and left out: {', '.join(left_out)}.")


def _offer_names(datasources: Datasources, name: str, ontology: str, how: str) -> None:
    """Print which files of the source have class names that could be the class map, and how to take them."""
    try:
        found = datasources.class_names(name, ontology=ontology)
    except MirrorlakeError as error:
        echo(f"The source was not searched for class names: {error.message}")
        return
    for one in found:
        classes = count_noun(len(one.names), "class", "classes")
        echo(f"{one.key} names {classes}. {how} --names-key {shlex.quote(one.key)}")


def _rows(found: LabelSidecars) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [("format", found.format.value), ("ontology", found.ontology)]
    if found.naming is Naming.PATTERNS:
        rows += [("images", found.image_pattern), ("label files", found.label_pattern)]
    else:
        rows.append(("label files", f"{found.naming.value} and {found.full_suffix}"))
    rows.append(("strategy", found.strategy.value))
    rows.append(("invalid labels", "are left out" if found.skip_invalid else "keep their file from being taken"))
    return rows


def _print_class_map(made: ClassMap) -> None:
    print_table(
        ["in label files", "class", "shape"],
        [(number, one.name, one.shape.value) for number, one in made.classes.items()],
    )
    for warning in made.warnings:
        echo(f"Warning: {warning}")
