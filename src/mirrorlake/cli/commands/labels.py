"""`mirrorlake labels`: import, export, show and count annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_library, open_server
from mirrorlake.cli.label_report import html_report, text_report
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import shown_count
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.labels import (
    Annotation,
    ClassCount,
    ClassMapping,
    LabelExport,
    LabelExportOptions,
    LabelImport,
    LabelImportOptions,
    MatchBy,
    Shape,
)
from mirrorlake.services.contract import Library

app = typer.Typer(help="Import, export, show and count labels of assets.", no_args_is_help=True)

FORMAT_HELP = "Label format: yolo, yolo-obb, coco, voc, labelme, encord, label-studio, dataloop, createml, vi or csv."
PIECE_BYTES = 1_000_000
ZIP = ".zip"
FORMAT = Annotated[str, typer.Option("--format", help=FORMAT_HELP)]


@app.command("import")
def import_(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="Label file, zip file or folder, here or at an address in a bucket.")
    ],
    *,
    connection: Annotated[str | None, typer.Option(help="Stored connection for the address.")] = None,
    label_format: FORMAT,
    ontology: Annotated[str, typer.Option(help="Ontology whose classes the labels get.")],
    query: Annotated[str, typer.Option(help="Only label assets that match this query.")] = "",
    project: Annotated[str | None, typer.Option(help="Only label assets of this project.")] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=CLASS", help="Class of a name in the files; NAME= leaves it out."),
    ] = None,
    add_classes: Annotated[
        bool, typer.Option("--add-classes", help="Add classes that the ontology lacks; create the ontology.")
    ] = False,
    match_by: Annotated[
        MatchBy, typer.Option(help="What of assets is compared: the key, the name, or the digest as file name.")
    ] = MatchBy.KEY,
    keep_existing: Annotated[
        bool, typer.Option("--keep-existing", help="Add to labels that earlier imports made of these assets.")
    ] = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Import the rest if some labels are invalid.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported, and store nothing.")] = False,
    json: JSON = False,
) -> None:
    """Import labels from files. They replace labels that earlier imports made of the same assets."""
    from mirrorlake.library.label_import import LabelImportOptions  # noqa: PLC0415  loads every format

    options = LabelImportOptions(
        path=path,
        connection=connection,
        format=label_format,
        ontology=ontology,
        query=_in_project(query, project),
        classes=_mapping(mapping),
        add_classes=add_classes,
        match_by=match_by,
        keep_existing=keep_existing,
        skip_invalid=skip_invalid,
        dry_run=dry_run,
    )
    result = _import(options)
    if json:
        print_json(result)
    else:
        _report(result)


def _import(options: LabelImportOptions) -> LabelImport:
    with open_server() as server:
        if server is not None:
            if "://" not in options.path:
                options = _upload(server, options)
            return job_result(server, server.labels.start_import(options), LabelImport)
    with open_foreground() as library, shown_count("Reading labels") as done:
        return library.import_labels(options, lambda _step, some, total: done(some, total))


def _upload(server: Library, options: LabelImportOptions) -> LabelImportOptions:
    """Upload the files at a path of this machine; a folder becomes a zip file."""
    from mirrorlake.library.label_files import packed_for_upload  # noqa: PLC0415  only with a server

    path = Path(options.path)
    with packed_for_upload(path) as file:
        made = server.labels.upload(iter(lambda: file.read(PIECE_BYTES), b""))
    return replace(options, path=path.name or "labels", upload=made.id)


@app.command("export")
def export(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="Query of the assets; all if omitted.", show_default=False)
    ] = "",
    *,
    label_format: FORMAT,
    out: Annotated[str, typer.Option(help="New file, folder or zip file, or the address of a new object.")],
    connection: Annotated[str | None, typer.Option(help="Stored connection for the address.")] = None,
    ontology: Annotated[str | None, typer.Option(help="Ontology to export; may be omitted if there is one.")] = None,
    project: Annotated[str | None, typer.Option(help="Only export assets of this project.")] = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="PROJECT@NUMBER", help="Export the labels as they were in a snapshot.")
    ] = None,
    copy_images: Annotated[bool, typer.Option("--copy-images", help="Copy the images beside the labels.")] = False,
    bake_orientation: Annotated[
        bool, typer.Option("--bake-orientation", help="Turn copied images by their EXIF orientation.")
    ] = False,
    json: JSON = False,
) -> None:
    """Export the labels of assets to a new file or folder."""
    options = LabelExportOptions(
        query=_in_project(query, project),
        format=label_format,
        path=out,
        ontology=ontology,
        connection=connection,
        snapshot=snapshot,
        copy_images=copy_images,
        bake_orientation=bake_orientation,
    )
    result = _export(options, out)
    if json:
        print_json(result)
        return
    _print_export(result)


def _print_export(result: LabelExport) -> None:
    echo_detail(f"{count_noun(result.annotations, 'label')} of {count_noun(result.images, 'image')} in {result.path}.")
    if result.by_datasource:
        echo("Several datasources have the same keys: paths begin with the name of the datasource.")
    if result.whole_names:
        files = count_noun(result.whole_names, "label file")
        echo(f"{files} named with the suffix of the image, because another image differs in nothing else.")
    if result.without_split:
        echo(f"{count_noun(result.without_split, 'image')} without a split: no list of a split names them.")
    if result.converted:
        echo(f"{count_noun(result.converted, 'label')} became another shape, which the format has.")
    for count, what in (
        (result.split, "became several, because the format has single rings or points"),
        (result.without_attributes, "written without attributes that the format does not have"),
        (result.without_visibility, "written without which keypoints are hidden or not labelled"),
    ):
        if count:
            echo(f"{count_noun(count, 'label')} {what}.")
    if result.copied or result.not_copied_count:
        echo(f"{count_noun(result.copied, 'image')} copied, {result.not_copied_count:,} not.")
    for one in result.not_copied:
        echo(f"Not copied: {one}")
    if result.not_copied_count > len(result.not_copied):
        echo("Each of them is in not-exported.jsonl.")
    if result.left_out:
        echo(f"{count_noun(result.left_out, 'label')} left out, because the format cannot express them.")


def _export(options: LabelExportOptions, out: str) -> LabelExport:
    with open_server() as server:
        if server is not None:
            return _export_on(server, options, out)
    with open_foreground() as library, shown_count("Writing labels") as done:
        return library.export_labels(options, lambda _step, some, total: done(some, total))


def _export_on(server: Library, options: LabelExportOptions, out: str) -> LabelExport:
    """Export on a server; what does not go to a bucket is downloaded."""
    if "://" in out:
        return job_result(server, server.labels.start_export(options), LabelExport)
    from mirrorlake.client.downloads import save_files  # noqa: PLC0415  only with a server
    from mirrorlake.labels.registry import Layout  # noqa: PLC0415  loads every format
    from mirrorlake.library.label_import import read_format  # noqa: PLC0415  as above

    path = Path(out)
    if path.exists():
        raise UsageError(f"{out} exists.", "Choose a new path.")
    several = options.copy_images or read_format(options.format).layout is Layout.FOLDER
    if several != (path.suffix.lower() == ZIP):
        sent = "as a zip file" if several else "as one file, not as a zip file"
        raise UsageError(
            f"The server sends this export {sent}.",
            f"Choose a path that {'ends' if several else 'does not end'} with .zip.",
        )
    job = server.labels.start_export(replace(options, path=None))
    result = job_result(server, job, LabelExport)
    (kept,) = result.files
    save_files(path, [kept.name], lambda name: server.labels.download_export(job.id, name))
    return replace(result, path=out)


@app.command("show")
def show(
    asset_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the asset, as printed by `mirrorlake search`.")],
    *,
    json: JSON = False,
) -> None:
    """Show the labels of an asset."""
    with open_library() as library:
        found = library.labels.of_asset(asset_id)
    if json:
        print_json_lines(found)
    elif not found:
        echo("The asset has no labels.")
    else:
        print_table(["class", "ontology", "shape", "where", "source", "by"], _rows(found))


@app.command("stats")
def stats(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Query of the assets; all if omitted.")] = "",
    *,
    details: Annotated[bool, typer.Option("--details", help="Also show sizes, and where labels are.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an HTML file with pictures of all that.")
    ] = None,
    json: JSON = False,
) -> None:
    """Count the labels of assets by class."""
    if details or report is not None:
        _statistics(query, report, json=json)
        return
    with open_library() as library:
        found = library.labels.stats(query)
    if json:
        print_json_lines(found)
    elif not found:
        echo("No labels on matching assets.")
    else:
        columns = ["class", "ontology", "shape", "labels", "assets", "mean size"]
        print_table(columns, map(_count_row, found), right=frozenset({3, 4, 5}))


def _statistics(query: str, report: Path | None, *, json: bool) -> None:
    with open_library() as library:
        found = library.labels.statistics(query)
    if report is not None:
        try:
            report.write_text(html_report(found), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"Cannot write {report}: {error.strerror}.", "Choose another path.") from error
        echo(f"Report written: {report}")
    if json:
        print_json(found)
    elif report is None:
        for line in text_report(found):
            echo_detail(line)


def _in_project(query: str, project: str | None) -> str:
    if project is None:
        return query
    quoted = project.replace("\\", "\\\\").replace('"', '\\"')
    return f'({query}) project:"{quoted}"' if query.strip() else f'project:"{quoted}"'


def _mapping(words: Sequence[str] | None) -> dict[str, str]:
    mapped: dict[str, str] = {}
    for word in words or ():
        name, sign, target = word.rpartition("=")
        if not sign:
            raise UsageError(f"--map {word} has no equals sign.", "Write --map NAME=CLASS.")
        mapped[name] = target
    return mapped


def _report(result: LabelImport) -> None:
    verb = "would be imported" if result.dry_run else "imported"
    echo_detail(
        f"{count_noun(result.annotations, 'label')} {verb}: "
        f"{result.matched:,} of {count_noun(result.images, 'image')} are assets."
    )
    print_table(
        ["in the files", "labels", "class", "shape"],
        ((one.name, f"{one.annotations:,}", _target(one, dry_run=result.dry_run), one.shape) for one in result.classes),
        right=frozenset({1}),
    )
    if result.replaced:
        echo(f"{count_noun(result.replaced, 'label')} of earlier imports replaced.")
    if result.left_out:
        echo(f"{count_noun(result.left_out, 'label')} of images without an asset left out.")
    if result.converted:
        echo(f"{count_noun(result.converted, 'label')} became the box around them, because their class has boxes.")
    if result.turned:
        images = count_noun(result.turned, "image")
        echo(f"Labels of {images} turned by the EXIF orientation: they were drawn on the picture as it is stored.")
    if result.resized:
        echo(f"{count_noun(result.resized, 'image')} of another aspect ratio than the asset: labels may be displaced.")
    for title, paths in (("No asset", result.unmatched), ("Ambiguous", result.ambiguous)):
        for path in paths:
            echo(f"{title}: {path}")
    for one in result.problems:
        echo(f"{one.file}{f', {one.place}' if one.place else ''}: {one.reason}")
    if result.problem_count > len(result.problems):
        echo(f"{result.problem_count - len(result.problems):,} more problems were counted.")


def _target(one: ClassMapping, *, dry_run: bool) -> str:
    if one.class_name is None:
        return "nothing fits"
    if one.added:
        return f"{one.class_name} (new)" if dry_run else f"{one.class_name} (added)"
    return one.class_name or "left out"


def _rows(found: Sequence[Annotation]) -> Iterator[tuple[object, ...]]:
    for one in found:
        numbers: Mapping[str, float] = one.geometry if one.shape is Shape.BOX else {}
        where = " ".join(f"{name} {value:.4g}" for name, value in numbers.items())
        yield one.class_name, one.ontology, one.shape.value, where, one.source.value, one.by


def _count_row(one: ClassCount) -> tuple[object, ...]:
    size = "" if one.width is None or one.height is None else f"{one.width:.3f}×{one.height:.3f}"
    return one.class_name, one.ontology, one.shape.value, f"{one.annotations:,}", f"{one.assets:,}", size


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="labels")
