"""Datasources and runs as text for `datasource show`, `runs list` and `runs show`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from mirrorlake.cli.output import bytes_text
from mirrorlake.core.text import count_noun
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.runs import Hold, Run, RunState
from mirrorlake.model.schedule import schedule_to_text, timezone_of
from mirrorlake.model.serialization import confirm_command
from mirrorlake.model.sources import DatasourceSummary, MirrorConfig, NamingStrategy, Orphans
from mirrorlake.storage.providers.registry import provider_of

Row = tuple[str, object]

_NAMED = {
    NamingStrategy.FULL_PATH: "the whole key",
    NamingStrategy.FILE_NAME: "the part of the key after the last slash",
    NamingStrategy.ETAG: "the token",
    NamingStrategy.METADATA: "a metadata value",
}
_MERGED = {
    MetadataStrategy.MERGE_BUCKET_WINS: "user keys are kept; sidecar values win",
    MetadataStrategy.MERGE_USER_WINS: "user keys are kept; user values win",
    MetadataStrategy.OVERWRITE: "the sidecar replaces everything, including user edits",
    MetadataStrategy.UNTIL_FIRST_CHANGE: "the sidecar replaces everything until a user edits the asset",
    MetadataStrategy.APPEND: "only new sidecar keys are added",
}
_ORPHANED = {
    Orphans.KEEP: "is kept and marked missing",
    Orphans.TRASH: "goes to the trash",
    Orphans.REMOVE: "is permanently removed, unless a project or another datasource uses it",
}


def described(summary: DatasourceSummary) -> Iterator[Row]:
    """The rows that describe a datasource."""
    source = summary.datasource
    last = summary.last_run
    yield "name", source.name
    yield "address", source.location.uri
    yield from provider_of(source.location.provider).describe_access(source.access)
    yield "assets", f"{summary.assets:,}"
    yield "last run", "none yet" if last is None else f"run {last.id}, {moment(last.started)}: {last.state.value}"
    zone = timezone_of(source.settings.schedule)
    yield "schedule", f"{schedule_to_text(source.settings.schedule)}{f' ({zone})' if zone else ''}"
    if summary.next_due is not None:
        yield "next due", moment(summary.next_due)
    yield "next manual run", _can_run(summary)
    configs = source.settings.configs
    for number, config in enumerate(configs, 1):
        if len(configs) > 1:
            yield f"config {number}", config.id or ""
        yield from _config(config)
    if source.settings.sidecar_suffix is not None:
        yield "sidecars", f"KEY{source.settings.sidecar_suffix}, else the base name with .json"
    if source.settings.listing_ordered is not None:
        yield "listing", "in byte order of keys" if source.settings.listing_ordered else "unordered, sorted here"


_BY = {
    "mirror": "mirrorlake mirror",
    "manual": "manually, by datasource name",
    "schedule": "its schedule",
    "reapply": "manually: merge metadata again",
    "retry": "manually: retry failed objects",
    "confirm": "manually: carry out held removals",
    "purge": "manually: empty the trash",
}
_COUNTED = ("new", "changed", "metadata_changed", "moved", "missing", "removed", "skipped", "failed")


def described_run(run: Run) -> Iterator[Row]:
    """The rows that describe a run; zero counts are omitted."""
    yield "run", run.id
    yield "datasource", run.datasource
    yield "requested at", _BY.get(run.trigger, run.trigger)
    yield "state", run.state.value
    yield "started", moment(run.started)
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
    if run.hold is not None:
        yield from _held(run, run.hold)
    if run.error is not None:
        yield "error", run.error


def _held(run: Run, hold: Hold) -> Iterator[Row]:
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


def what_happened(run: Run) -> str:
    """A one-line summary of a run."""
    if run.waiting is not None:
        return f"waiting: {run.waiting.reason}"
    told = [f"{number:,} {kind.replace('_', ' ')}" for kind in _COUNTED if (number := getattr(run.counts, kind))]
    hold = run.hold
    if run.confirms is not None:
        told.append(f"confirmed the removals held by run {run.confirms}")
    if hold is not None and hold.confirmed_by is not None:
        told.append(f"{hold.count:,} held, confirmed by run {hold.confirmed_by}")
    elif hold is not None and hold.superseded_by is not None:
        told.append(f"{hold.count:,} held, superseded by run {hold.superseded_by}")
    elif hold is not None and run.state is RunState.HELD:
        told.append(f"{hold.count:,} await confirmation")
    nothing = "at work" if run.state is RunState.RUNNING else "nothing changed"
    return ", ".join(told) or nothing


def moment(time: datetime) -> str:
    """A time as text."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _can_run(summary: DatasourceSummary) -> str:
    if summary.can_run:
        return "now"
    if summary.cooldown_minutes:
        return f"in {count_noun(summary.cooldown_minutes, 'minute')}: the last pass imported something"
    return "after the current run has ended"


def _config(config: MirrorConfig) -> Iterator[Row]:
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
    named = f"{_NAMED[config.naming]} {config.naming_key}" if config.naming_key else _NAMED[config.naming]
    yield "asset named", f"{named} ({config.naming.value})"
    yield "image changed", "is read again" if config.update_image else "is never read again"
    merged = _MERGED[config.metadata_strategy] if config.update_metadata else "is never read again"
    yield "sidecar changed", f"{merged} ({config.metadata_strategy.value})" if config.update_metadata else merged
    yield "object gone", f"its asset {_ORPHANED[config.orphans]} ({config.orphans.value})"
