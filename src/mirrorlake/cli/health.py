"""Print the rows of a check, and documents, for people."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from mirrorlake.cli.output import Style, echo, people, print_text
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import Health

_HEADS = {True: ("ok  ", Style.GREEN), False: ("bad ", Style.RED), None: ("-   ", Style.BOLD)}


def show_health(health: Health) -> None:
    """One line for each ability, with the cloud's answer and the fix where it failed."""
    for row in health.checks:
        text, style = _HEADS[row.ok]
        key = "" if row.key is None or row.ok is None else f" ({row.key})"
        echo(f"{row.check}{key}: {row.message}", head=people.styled(text, style))
        if row.error is not None:
            echo(f"    answer: {row.error}")
        if row.fix and row.ok is False:
            echo(f"    fix: {row.fix}")


def show_documents(documents: ConnectionDocuments) -> None:
    """All documents with their headings on standard output, and what else is to be done on standard error."""
    print_text("\n".join(_sections(documents)))
    for step in documents.steps:
        echo(f"To do: {step}")
    for note in documents.notes:
        echo(f"Note: {note}")


def _sections(documents: ConnectionDocuments) -> Iterator[str]:
    yield f"# External id: {documents.external_id}"
    yield f"# Principal: {documents.principal or 'not known'}"
    parts = {
        "IAM policy": documents.iam_policy,
        "Trust policy": documents.trust_policy,
        "CORS rules": documents.cors,
        "Bucket policy (instead of a role)": documents.bucket_policy,
        "Queue policy": documents.queue_policy,
        "Notification": documents.notification,
    }
    for title, document in parts.items():
        if document is not None:
            yield f"\n# {title}\n{orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()}"
    if documents.commands:
        yield "\n# Commands"
        yield from documents.commands
    if documents.terraform is not None:
        yield f"\n# Terraform\n{documents.terraform}"
