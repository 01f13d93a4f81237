"""`mirrorlake webhook`: send a signed request when a run starts or ends."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_error, print_json, print_json_lines, print_table
from mirrorlake.model.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent

app = typer.Typer(help="Manage webhooks: addresses that get a request when runs start and end.", no_args_is_help=True)

ID = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the webhook.")]


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where requests are sent to.")],
    *,
    event: Annotated[
        list[WebhookEvent] | None, typer.Option(help="What it reports; repeatable.", show_default="everything")
    ] = None,
    datasource: Annotated[
        str | None, typer.Option(metavar="NAME", help="Report only runs of this datasource.", show_default="all")
    ] = None,
    json: JSON = False,
) -> None:
    """Add a webhook and print its secret, with which its requests are signed.

    A worker sends the requests. Addresses that are not public need MIRRORLAKE_ALLOW_ADDRESSES.
    """
    with open_library() as library:
        made = library.webhooks.add(url, events=event or tuple(WebhookEvent), datasource=datasource)
    if json:
        print_json(made)
        return
    _print_webhook(made)
    echo("Store the secret now: it is not shown again.")


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List all webhooks with the results of their newest deliveries."""
    with open_library() as library:
        found = library.webhooks.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No webhooks yet. Add one: mirrorlake webhook add URL")
    else:
        print_table(
            ["id", "url", "datasource", "waiting", "last"],
            ((one.id, one.url, one.datasource or "all", one.waiting, _last(one)) for one in found),
            right=frozenset({0, 3}),
        )


@app.command("show")
def show(webhook_id: ID, *, json: JSON = False) -> None:
    """Show a webhook and its newest deliveries."""
    with open_library() as library:
        found, deliveries = library.webhooks.get(webhook_id), library.webhooks.deliveries(webhook_id)
    if json:
        print_json({"webhook": found, "deliveries": deliveries})
        return
    _print_webhook(found)
    if deliveries:
        print_table(
            ["delivery", "event", "run", "state", "attempts", "created", "error"],
            (
                (one.id, one.event, one.run, one.state.value, one.attempts, moment(one.created), one.error)
                for one in deliveries
            ),
            right=frozenset({0, 2, 4}),
        )


@app.command("test")
def send_test(webhook_id: ID, *, json: JSON = False) -> int:
    """Send a test now and show the response. Exits with 1 if it was not accepted."""
    with open_library() as library:
        done = library.webhooks.test(webhook_id)
    if json:
        print_json(done)
    elif done.state is DeliveryState.DELIVERED:
        echo(f"Delivered: the server answered {done.status}.")
    if done.state is not DeliveryState.DELIVERED:
        echo_error(_reason(done))
        return 1
    return 0


@app.command("delete")
def delete(webhook_id: ID) -> None:
    """Delete a webhook. What waits is not sent any more."""
    with open_library() as library:
        library.webhooks.delete(webhook_id)
    echo(f"Webhook {webhook_id} was deleted.")


def _print_webhook(found: Webhook) -> None:
    rows: list[tuple[str, object]] = [
        ("id", found.id),
        ("url", found.url),
        ("events", ", ".join(found.events)),
        ("datasource", found.datasource or "all"),
        ("waiting", found.waiting),
        ("last delivery", _last(found)),
        ("secret", found.secret),
    ]
    print_table(["", ""], [row for row in rows if row[1] is not None])


def _last(found: Webhook) -> str | None:
    if found.last_state is None:
        return None
    return found.last_state.value if found.last_error is None else f"{found.last_state.value}: {found.last_error}"


def _reason(done: Delivery) -> str:
    return f"The test was not accepted. {done.error}"


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="webhook")
