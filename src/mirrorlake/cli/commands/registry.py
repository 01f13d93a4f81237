"""The commands by name, with their summaries. Only the module of the command that was called is imported."""

from __future__ import annotations

import typer

# Importing every command would add a second to every search, so the overview that `--help` prints reads these
# summaries instead of the modules. A test checks them against each command's own help.
COMMANDS = {
    "mirror": "Mirror a bucket or folder into the library and print the report.",
    "search": "Search assets by name, metadata and tags. An empty query matches everything.",
    "asset": "Show single assets, and restore them from the trash.",
    "tag": "Add and remove tags of assets.",
    "metadata": "Set and remove metadata of assets.",
    "datasource": "Manage datasources: list, run, schedule, delete.",
    "connection": "Manage connections: credentials and servers that datasources use.",
    "project": "Manage projects, which are named sets of assets.",
    "ontology": "Manage ontologies, which are named lists of classes for annotations.",
    "labels": "Import, export, show and count labels of assets.",
    "runs": "List and show runs; confirm, cancel or retry them.",
    "jobs": "List, show, wait for and cancel jobs: long work of any kind.",
    "webhook": "Manage webhooks: addresses that get a request when runs start and end.",
    "activity": "Show who changed assets, projects and datasources, the newest change first.",
    "verify": "Check the catalog against the source buckets (read-only).",
    "thumbnails": "Check, rebuild and clean thumbnails.",
    "backup": "Back up the library into one file. Nothing has to be stopped.",
    "restore": "Restore a backup into an empty library.",
    "secrets": "Make and rotate the key that encrypts the secrets of connections.",
    "worker": "Run scheduled and queued runs, one after another. Stop with Ctrl-C.",
    "up": "Serve the library and print its address. Stop with Ctrl-C.",
    "down": "Stop the server and the embedded PostgreSQL of this library.",
    "doctor": "Check whether this machine can run mirrorlake.",
    "completion": "Print the completion script of a shell.",
}

# The singular or plural of a noun, whichever is not the command's own name.
SPELLINGS = {
    "run": "runs",
    "job": "jobs",
    "assets": "asset",
    "tags": "tag",
    "datasources": "datasource",
    "connections": "connection",
    "projects": "project",
    "webhooks": "webhook",
    "secret": "secrets",
    "ontologies": "ontology",
    "label": "labels",
    "thumbnail": "thumbnails",
    "workers": "worker",
}


def install_command(name: str, app: typer.Typer) -> None:  # noqa: PLR0915  two lines for each command
    """Import the module of one command and add it to `app`. Raises KeyError for an unknown name."""
    match name:
        case "mirror":
            from mirrorlake.cli.commands.mirror import install  # noqa: PLC0415  see above
        case "search":
            from mirrorlake.cli.commands.search import install  # noqa: PLC0415  see above
        case "asset":
            from mirrorlake.cli.commands.asset import install  # noqa: PLC0415  see above
        case "tag":
            from mirrorlake.cli.commands.tag import install  # noqa: PLC0415  see above
        case "metadata":
            from mirrorlake.cli.commands.metadata import install  # noqa: PLC0415  see above
        case "datasource":
            from mirrorlake.cli.commands.datasource import install  # noqa: PLC0415  see above
        case "connection":
            from mirrorlake.cli.commands.connection import install  # noqa: PLC0415  see above
        case "secrets":
            from mirrorlake.cli.commands.secrets import install  # noqa: PLC0415  see above
        case "project":
            from mirrorlake.cli.commands.project import install  # noqa: PLC0415  see above
        case "ontology":
            from mirrorlake.cli.commands.ontology import install  # noqa: PLC0415  see above
        case "labels":
            from mirrorlake.cli.commands.labels import install  # noqa: PLC0415  see above
        case "runs":
            from mirrorlake.cli.commands.runs import install  # noqa: PLC0415  see above
        case "jobs":
            from mirrorlake.cli.commands.jobs import install  # noqa: PLC0415  see above
        case "webhook":
            from mirrorlake.cli.commands.webhook import install  # noqa: PLC0415  see above
        case "activity":
            from mirrorlake.cli.commands.activity import install  # noqa: PLC0415  see above
        case "verify":
            from mirrorlake.cli.commands.verify import install  # noqa: PLC0415  see above
        case "thumbnails":
            from mirrorlake.cli.commands.thumbnails import install  # noqa: PLC0415  see above
        case "backup":
            from mirrorlake.cli.commands.backup import install_backup as install  # noqa: PLC0415  see above
        case "restore":
            from mirrorlake.cli.commands.backup import install_restore as install  # noqa: PLC0415  see above
        case "worker":
            from mirrorlake.cli.commands.worker import install  # noqa: PLC0415  see above
        case "up":
            from mirrorlake.cli.commands.up import install  # noqa: PLC0415  see above
        case "down":
            from mirrorlake.cli.commands.down import install  # noqa: PLC0415  see above
        case "doctor":
            from mirrorlake.cli.commands.doctor import install  # noqa: PLC0415  see above
        case "completion":
            from mirrorlake.cli.commands.completion import install  # noqa: PLC0415  see above
        case _:
            raise KeyError(name)
    install(app)
