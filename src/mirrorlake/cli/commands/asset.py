"""`mirrorlake asset`: one asset, whole."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_actor, open_reader
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.output import bytes_text, print_json, print_table
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.serialization import detail_to_json
from mirrorlake.select.edits import checked

app = typer.Typer(help="Show single assets, and restore them from the trash.", no_args_is_help=True)

ID = Annotated[str, typer.Argument(metavar="ID", help="As `mirrorlake search` prints it.")]
JSON = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command("show")
def show(asset_id: ID, *, json: JSON = False) -> None:
    """Everything the library knows about one asset."""
    with open_reader() as reader:
        detail = reader.asset(asset_id)
    _print(detail, json=json)


@app.command("restore")
def restore(asset_id: ID, *, json: JSON = False) -> None:
    """Bring an asset back from the trash: missing where its object is gone, present where it stands."""
    with open_actor() as library:
        detail = library.restore(asset_id)
    _print(detail, json=json)


def edit_and_print(asset_id: str, edit: Edit, *, json: bool) -> None:
    """Change an asset, in process or on the server, and print it as it is then."""
    edit = checked(edit)  # before anything is asked of anybody
    with open_reader() as reader:
        detail = reader.edit(asset_id, edit)
    _print(detail, json=json)


def _print(detail: AssetDetail, *, json: bool) -> None:
    if json:
        print_json(detail_to_json(detail))
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
        ("type", asset.media_type),
        ("pixels", f"{asset.width}×{asset.height}"),
        ("size", bytes_text(asset.size)),
        ("modified", asset.modified and moment(asset.modified)),
        *((("version", detail.version),) if detail.version is not None else ()),
        ("blake3", detail.digest.hex()),
        ("tags", ", ".join(asset.tags)),
        ("projects", ", ".join(asset.projects)),
        *((f"facts.{name}", _shown(value)) for name, value in detail.facts.items()),
        *((f"metadata.{key}", f"{_shown(entry.value)}  ({entry.source})") for key, entry in detail.metadata.items()),
        *(("warning", warning) for warning in detail.warnings),
    ]


def _shown(value: object) -> object:
    """True and false as queries and `metadata set` write them."""
    return str(value).lower() if isinstance(value, bool) else value


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="asset")
