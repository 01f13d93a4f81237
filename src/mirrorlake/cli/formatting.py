"""Datasources and runs as text for `datasource show`, `runs list` and `runs show`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime

from mirrorlake.cli.output import COLUMN_GAP
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.acts import Deletion, Purge
from mirrorlake.model.assets import Asset
from mirrorlake.model.connections import Connection, ConnectionSettings
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.progress import JobProgress
from mirrorlake.model.runs import Hold, Run, RunFlag, RunState, confirm_command
from mirrorlake.model.sources import (
    AccessOptions,
    DatasourceStatus,
    DatasourceSummary,
    MirrorConfig,
    NamingStrategy,
    Orphans,
)
from mirrorlake.storage.providers.registry import provider_of

Row = tuple[str, object]

_TABLE_WIDTH = 120
_LEAST_CELL = 8  # characters that a shortened cell keeps

_NAMING_TEXT = {
    NamingStrategy.FULL_PATH: "the whole key",
    NamingStrategy.FILE_NAME: "the part of the key after the last slash",
    NamingStrategy.ETAG: "the token",
    NamingStrategy.METADATA: "a metadata value",
}
_MERGE_TEXT = {
    MetadataStrategy.MERGE_BUCKET_WINS: "user keys are kept; sidecar values win",
    MetadataStrategy.MERGE_USER_WINS: "user keys are kept; user values win",
    MetadataStrategy.OVERWRITE: "the sidecar replaces everything, including user edits",
    MetadataStrategy.UNTIL_FIRST_CHANGE: "the sidecar replaces everything until a user edits the asset",
    MetadataStrategy.APPEND: "only new sidecar keys are added",
}
_ORPHAN_TEXT = {
    Orphans.KEEP: "is kept and marked missing",
    Orphans.TRASH: "goes to the trash",
    Orphans.REMOVE: "is permanently removed, unless a project or another datasource uses it or users worked on it",
}


def deletion_details(deletion: Deletion) -> Iterator[str]:
    """What the numbers of a deletion leave open: which assets stay, and what people made of the others."""
    if deletion.handed_over:
        shared = count_noun(deletion.handed_over, "of them is", "of them are")
        yield f"{shared} shared with another datasource, which governs those assets from then on."
    if deletion.in_projects:
        yield f"{count_noun(deletion.in_projects, 'of those kept is', 'of those kept are')} in a project."
    if deletion.worked_on:
        yield (
            f"{count_noun(deletion.worked_on, 'asset')} in the trash will have the work of users "
            f"({work_counts(deletion)}), until the trash is purged."
        )


def work_counts(found: Deletion | Purge) -> str:
    """What users made of the assets that go, with the number of each kind."""
    work = {"annotated": found.annotated, "with edited metadata": found.edited, "tagged": found.tagged}
    return ", ".join(f"{number:,} {kind}" for kind, number in work.items() if number)


def describe_datasource(summary: DatasourceSummary) -> Iterator[Row]:
    """The rows that describe a datasource."""
    last = summary.last_run
    yield "name", summary.name
    if summary.title is not None:
        yield "title", summary.title
    if summary.description is not None:
        yield "description", summary.description
    yield "address", summary.uri
    provider = provider_of(summary.provider)
    options = {field.name: getattr(summary, field.name, None) for field in fields(AccessOptions)}
    if summary.connection is not None:
        yield "connection", summary.connection
    yield from provider.describe_access(provider.read_access(options))
    yield "status", summary.status.value.replace("_", " ")
    yield "assets", f"{summary.assets:,}"
    yield "last run", "none yet" if last is None else f"run {last.id}, {moment(last.started)}: {last.state.value}"
    if last is not None and last.server is not None:
        yield "its server", last.server
    yield "schedule", f"{summary.schedule}{f' ({summary.timezone})' if summary.timezone else ''}"
    if summary.paused is not None:
        yield "schedule paused", summary.paused
    if summary.next_due is not None:
        yield "next due", moment(summary.next_due)
    yield "next manual run", _describe_next_run(summary)
    for number, config in enumerate(summary.configs, 1):
        if len(summary.configs) > 1:
            yield f"config {number}", config.id or ""
        yield from _describe_config(config)
    yield "media", ", ".join(summary.media)
    if summary.sidecar_suffix is not None:
        beside = ", else the base name with .json" if summary.base_name_sidecars else ""
        yield "sidecars", f"KEY{summary.sidecar_suffix}{beside}"
    elif not summary.base_name_sidecars:
        yield "sidecars", "none"
    if summary.labels is not None:
        yield "label files", f"{summary.labels.format.value}, for the ontology {summary.labels.ontology}"
    if summary.listing_ordered is not None:
        yield "listing", "in byte order of keys" if summary.listing_ordered else "unordered, sorted here"
    if summary.inventory is not None:
        yield "inventory", summary.inventory


_STATUS_TEXT = {
    DatasourceStatus.BROKEN_CONNECTION: "broken",  # its connection; `datasource show` has the reason
}


def list_row(summary: DatasourceSummary) -> tuple[str, ...]:
    """The row of a datasource in a list of them. Times are UTC."""
    last, due = summary.last_run, summary.next_due
    next_due = "paused" if due is not None and summary.paused else "" if due is None else _short_moment(due)
    return (
        summary.name,
        summary.connection or "",
        summary.provider.value,
        summary.container,
        summary.prefix,
        _STATUS_TEXT.get(summary.status, summary.status.value),
        f"{summary.assets:,}",
        "" if last is None else _short_moment(last.started),
        next_due,
    )


def fit_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], *, elastic: frozenset[int]) -> list[list[str]]:
    """The rows of a table with cells of the `elastic` columns shortened in their middle, so that lines fit."""
    from rich.cells import cell_len  # noqa: PLC0415  rich costs 0.1 s

    widest = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]
    while sum(widest) + len(COLUMN_GAP) * (len(widest) - 1) > _TABLE_WIDTH:
        place = max(elastic, key=lambda one: widest[one] - len(columns[one]))
        if widest[place] <= max(len(columns[place]), _LEAST_CELL):
            break
        widest[place] -= 1
    return [
        [_shorten(cell, widest[place]) if place in elastic else cell for place, cell in enumerate(row)] for row in rows
    ]


def _shorten(text: str, width: int) -> str:
    """The text with characters left out of its middle, so that a terminal shows it in `width` cells."""
    from rich.cells import cell_len  # noqa: PLC0415  as above

    if cell_len(text) <= width:
        return text
    kept = width - 1
    while True:
        tail = kept // 2
        short = f"{text[: kept - tail]}…{text[len(text) - tail :]}"
        if cell_len(short) <= width or not kept:
            return short
        kept -= 1


def _short_moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%m-%d %H:%M}"


def describe_connection(connection: Connection) -> Iterator[Row]:
    """The rows that describe a connection, without any secret."""
    yield "name", connection.name
    yield "kind", connection.kind.value
    defaults = ConnectionSettings()
    for each in fields(ConnectionSettings):
        value = getattr(connection.settings, each.name)
        if value != getattr(defaults, each.name):
            yield each.name.replace("_", " "), value
    yield "external id", connection.external_id
    for name in connection.secrets:
        yield name.replace("_", " "), "stored, encrypted"
    for name, reference in connection.references.items():
        yield name.replace("_", " "), reference
    if not connection.trusted:
        yield "addresses", "public ones, and those of MIRRORLAKE_ALLOW_ADDRESSES"
    health = connection.health
    if health is not None:
        yield "last check", f"{moment(health.checked)}: {'passed' if health.ok else 'failed'}"
        if health.problem is not None:
            yield "schedules", f"paused: {health.problem}"
    yield "datasources", ", ".join(connection.datasources) or "none"


_TRIGGER_TEXT = {
    "mirror": "mirrorlake mirror",
    "manual": "manually, by datasource name",
    "schedule": "its schedule",
    "reapply": "manually: merge metadata again",
    "retry": "manually: retry failed objects",
    "confirm": "manually: carry out held removals",
    "purge": "manually: empty the trash",
}


def describe_run(run: Run) -> Iterator[Row]:
    """The rows that describe a run; zero counts are omitted."""
    yield "run", run.id
    yield "datasource", run.datasource
    yield "requested at", _TRIGGER_TEXT.get(run.trigger, run.trigger)
    yield "state", run_state(run)
    yield "started", moment(run.started)
    if run.progress is not None:
        yield "progress", _describe_progress(run.progress)
    if RunFlag.STALLED in run.flags and run.moved is not None:
        yield "stalled", f"nothing has moved since {moment(run.moved)}"
    if run.waiting is not None:
        yield "waits", run.waiting.reason
    if run.finished is not None:
        yield "took", f"{(run.finished - run.started).total_seconds():.1f} s"
    if run.confirms is not None:
        yield "carries out", f"removals held by run {run.confirms}: mirrorlake runs show {run.confirms}"
    for name, number in asdict(run.counts).items():
        if number:
            yield name.replace("_", " "), f"{number:,}"
    asked = [f"{number:,} {verb.upper()}" for verb, number in asdict(run.requests).items() if number]
    yield "requests", ", ".join(asked) or "none"
    yield "read", bytes_text(run.bytes_read)
    if run.server is not None:
        yield "server", run.server
    if run.hold is not None:
        yield from _describe_hold(run, run.hold)
    if run.error is not None:
        yield "error", run.error
    for note in run.notes:
        yield "note", note


def run_state(run: Run) -> str:
    """The state of a run, with its flags: `running, retrying`."""
    return ", ".join((run.state.value, *(flag.value for flag in run.flags)))


def _describe_progress(progress: JobProgress) -> str:
    of = "" if progress.total is None else f" of {progress.total:,}"
    return f"{progress.step}, {progress.done:,}{of} {progress.unit}"


def _describe_hold(run: Run, hold: Hold) -> Iterator[Row]:
    yield "held", count_noun(hold.count, "removal")
    yield "why", hold.reason
    for prefix, number in hold.by_prefix.items():
        yield "where", f"{number:,} in {prefix or 'no folder'}"
    if hold.confirmed_by is not None:
        yield (
            "confirmed",
            f"carried out by run {hold.confirmed_by}: mirrorlake runs show {hold.confirmed_by}",
        )
    elif run.state is RunState.CANCELLED:
        yield "dismissed", "dismissed"
    elif hold.superseded_by is not None:
        yield "outdated", f"superseded by run {hold.superseded_by}: mirrorlake runs show {hold.superseded_by}"
    elif run.state is RunState.HELD:
        yield "to confirm", confirm_command(run.id)


def summarize_run(run: Run) -> str:
    """A one-line summary of a run."""
    if run.waiting is not None:
        return f"waiting: {run.waiting.reason}"
    parts = [some] if (some := run.counts.summary()) else []
    hold = run.hold
    if run.confirms is not None:
        parts.append(f"confirmed the removals held by run {run.confirms}")
    if hold is not None and hold.confirmed_by is not None:
        parts.append(f"{hold.count:,} held, confirmed by run {hold.confirmed_by}")
    elif hold is not None and hold.superseded_by is not None:
        parts.append(f"{hold.count:,} held, superseded by run {hold.superseded_by}")
    elif hold is not None and run.state is RunState.HELD:
        parts.append(f"{hold.count:,} await confirmation")
    return ", ".join(parts) or _without_counts(run)


def _without_counts(run: Run) -> str:
    """What is known of a run that counted nothing; one that was interrupted may have done more than it counted."""
    match run.state:
        case RunState.RUNNING:
            return "at work"
        case RunState.FAILED:
            return f"why: mirrorlake runs show {run.id}"
        case RunState.CANCELLED:
            return "stopped before its end"
        case _:
            return "nothing changed"


def pixels_text(asset: Asset) -> str:
    """Width and height of an asset, empty where its kind has none."""
    return "" if asset.width is None else f"{asset.width}×{asset.height}"


def moment(time: datetime) -> str:
    """A time as text."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _describe_next_run(summary: DatasourceSummary) -> str:
    if summary.can_run:
        return "now"
    if summary.cooldown_minutes:
        return f"in {count_noun(summary.cooldown_minutes, 'minute')}: the last run imported something"
    return "after the current run has ended"


def _describe_config(config: MirrorConfig) -> Iterator[Row]:
    if config.takes_everything:
        yield "selects", "all supported objects"
    for glob in config.globs:
        yield "selects", glob
    if config.glob_file is not None:
        yield "selects", f"the patterns in {config.glob_file}"
    for key in config.paths:
        yield "selects", f"the key {key}"
    for glob in config.exclude:
        yield "excludes", glob
    named = f"{_NAMING_TEXT[config.naming]} {config.naming_key}" if config.naming_key else _NAMING_TEXT[config.naming]
    yield "asset named", f"{named} ({config.naming.value})"
    yield "image changed", "is read again" if config.update_image else "is never read again"
    merged = _MERGE_TEXT[config.metadata_strategy] if config.update_metadata else "is never read again"
    yield "sidecar changed", f"{merged} ({config.metadata_strategy.value})" if config.update_metadata else merged
    yield "object gone", f"its asset {_ORPHAN_TEXT[config.orphans]} ({config.orphans.value})"
