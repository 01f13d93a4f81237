"""`mirrorlake datasource events`: keep a datasource fresh between runs."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.model.events import EventStatus, ReceiverKind

app = typer.Typer(
    help="Set where the events of a datasource come from, and show what has arrived.", no_args_is_help=True
)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the datasource.")]


@app.command("set")
def set_(
    name: NAME,
    *,
    sqs: Annotated[
        str | None, typer.Option(metavar="URL", help="SQS queue that gets the notifications of the bucket.")
    ] = None,
    azure_queue: Annotated[
        str | None, typer.Option(metavar="URL", help="Storage queue that gets the events of Event Grid.")
    ] = None,
    pubsub: Annotated[
        str | None, typer.Option(metavar="SUBSCRIPTION", help="Pub/Sub subscription: projects/P/subscriptions/NAME.")
    ] = None,
    webhook: Annotated[
        bool, typer.Option("--webhook", help="Signed requests to the server of this library; prints a new secret.")
    ] = False,
    json: JSON = False,
) -> None:
    """Set where the events of a datasource come from.

    A worker polls the queue and checks the keys that events name. An event is only a hint: set a schedule too, so that
    a run over everything makes up for lost events.
    """
    given: list[tuple[ReceiverKind, str | None]] = []
    if sqs is not None:
        given.append((ReceiverKind.SQS, sqs))
    if azure_queue is not None:
        given.append((ReceiverKind.AZURE_QUEUE, azure_queue))
    if pubsub is not None:
        given.append((ReceiverKind.PUBSUB, pubsub))
    if webhook:
        given.append((ReceiverKind.WEBHOOK, None))
    if len(given) != 1:
        raise UsageError("Specify exactly one place where events come from.", "For example: --sqs URL")
    [(kind, address)] = given
    with open_library() as library:
        found = library.events.set(name, kind, address)
    _print(found, json=json)


@app.command("show")
def show(name: NAME, *, json: JSON = False) -> None:
    """Show how the events of a datasource arrive, and what has arrived."""
    with open_library() as library:
        found = library.events.get(name)
    _print(found, json=json)


@app.command("off")
def off(name: NAME) -> None:
    """Receive no more events of a datasource. Keys that wait to be checked are forgotten."""
    with open_library() as library:
        library.events.off(name)
    echo(f"{name} receives no more events. Its schedule is unchanged.")


def _print(found: EventStatus, *, json: bool) -> None:
    if json:
        print_json(found)
        return
    counts = found.counts
    rows: list[tuple[str, object]] = [
        ("events from", found.kind.value),
        ("address", found.address),
        ("secret", found.secret),
        ("received", counts.received),
        ("waiting", found.waiting),
        ("for other keys", counts.foreign),
        ("test messages", counts.tests),
        ("unreadable", counts.unreadable),
        ("last event", found.last_event and moment(found.last_event)),
        ("last poll", found.last_poll and moment(found.last_poll)),
        ("last error", found.last_error),
        ("last warning", found.last_warning),
    ]
    print_table(["", ""], [row for row in rows if row[1] is not None])
    if found.secret is not None:
        echo("Store the secret now: it is not shown again.")
