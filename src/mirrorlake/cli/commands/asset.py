"""`mirrorlake asset`: show and restore single assets."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.documents import asset_document
from mirrorlake.cli.formatting import moment, pixels_text
from mirrorlake.cli.output import bytes_text, print_json, print_table
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import check_edit

app = typer.Typer(help="Show single assets, and restore them from the trash.", no_args_is_help=True)

ID = Annotated[str, typer.Argument(metavar="ID", help="Id of the asset, as printed by `mirrorlake search`.")]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("show")
def show(asset_id: ID, *, json: JSON = False) -> None:
    """Show an asset with its metadata, tags and file details."""
    with open_library() as library:
        detail = library.assets.get(asset_id)
    _print(detail, json=json)


@app.command("restore")
def restore(asset_id: ID, *, json: JSON = False) -> None:
    """Restore an asset from the trash: as present if its object still exists, else as missing."""
    with open_library() as library:
        detail = library.assets.restore(asset_id)
    _print(detail, json=json)


def edit_and_print(asset_id: str, edit: Edit, *, json: bool) -> None:
    """Change an asset, in process or on the server, and print its new state."""
    edit = check_edit(edit)  # before the library is opened or a request is sent
    with open_library() as library:
        detail = library.assets.edit(asset_id, edit)
    _print(detail, json=json)


def _print(detail: AssetDetail, *, json: bool) -> None:
    if json:
        print_json(asset_document(detail))
    else:
        print_table(["", ""], _lines(detail))


def _lines(detail: AssetDetail) -> list[tuple[str, object]]:
    asset = detail.asset
    return [
        ("id", asset.id),
        ("name", asset.name),
        ("key", asset.key),
        ("uri", asset.uri),
        ("datasources", ", ".join(asset.datasources)),
        ("state", asset.state.value),
        ("kind", asset.kind.value),
        ("type", asset.media_type),
        *((("pixels", pixels_text(asset)),) if asset.width is not None else ()),
        ("size", bytes_text(asset.size)),
        ("modified", asset.modified and moment(asset.modified)),
        *((("version", detail.version),) if detail.version is not None else ()),
        ("blake3", detail.digest),
        ("tags", ", ".join(asset.tags)),
        ("projects", ", ".join(asset.projects)),
        *((f"facts.{name}", _format_value(value)) for name, value in detail.facts.items()),
        *(
            (f"metadata.{key}", f"{_format_value(entry.value)}  ({entry.source if entry.by is None else entry.by})")
            for key, entry in detail.metadata.items()
        ),
        *(("warning", warning) for warning in detail.warnings),
    ]


def _format_value(value: object) -> object:
    """Format a value; true and false as in queries and `metadata set`."""
    return str(value).lower() if isinstance(value, bool) else value


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="asset")
