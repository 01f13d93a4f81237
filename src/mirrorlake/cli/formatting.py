"""Datasources and runs in words: what `datasource show`, `runs list` and `runs show` tell people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from mirrorlake.cli.output import bytes_text
from mirrorlake.core.text import count_noun
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.runs import Hold, Run, RunState, confirm_command
from mirrorlake.model.sources import DatasourceSummary, MirrorConfig, NamingStrategy, Orphans, Provider

Row = tuple[str, object]

_NAMED = {
    NamingStrategy.FULL_PATH: "by its whole key",
    NamingStrategy.FILE_NAME: "by what follows the last slash of its key",
    NamingStrategy.ETAG: "by its token",
    NamingStrategy.METADATA: "by its metadata",
}
_MERGED = {
    MetadataStrategy.MERGE_BUCKET_WINS: "people's keys stay, where both have one the sidecar wins",
    MetadataStrategy.MERGE_USER_WINS: "people's keys stay, and win where both have one",
    MetadataStrategy.OVERWRITE: "the sidecar alone stands, what people set is forgotten",
    MetadataStrategy.UNTIL_FIRST_CHANGE: "the sidecar stands, until somebody edits the asset",
    MetadataStrategy.APPEND: "only its new keys are added",
}
_ORPHANED = {
    Orphans.KEEP: "stays, marked missing",
    Orphans.TRASH: "goes into the trash",
    Orphans.REMOVE: "goes for good, unless a project or another datasource uses it",
}


def described(summary: DatasourceSummary) -> Iterator[Row]:
    """What a person wants to know of a datasource, one thing a row."""
    last = summary.last_run
    yield "name", summary.name
    yield "address", summary.uri
    if summary.provider is not Provider.FILE:
        yield from _reached(summary)
    yield "assets", f"{summary.assets:,}"
    yield "last run", "none yet" if last is None else f"run {last.id}, {moment(last.started)}: {last.state.value}"
    yield "schedule", f"{summary.schedule}{f' ({summary.timezone})' if summary.timezone else ''}"
    if summary.next_due is not None:
        yield "next due", moment(summary.next_due)
    yield "can be run", _can_run(summary)
    for number, config in enumerate(summary.configs, 1):
        if len(summary.configs) > 1:
            yield f"config {number}", config.id or ""
        yield from _config(config)
    if summary.sidecar_suffix is not None:
        yield "sidecars", f"KEY{summary.sidecar_suffix}, else the base name and .json"
    if summary.listing_ordered is not None:
        yield "listing", "in byte order of keys" if summary.listing_ordered else "in no order, sorted here"


_BY = {
    "mirror": "mirrorlake mirror",
    "manual": "somebody, by the datasource's name",
    "schedule": "its schedule",
    "reapply": "somebody: merges metadata again",
    "retry": "somebody: looks again at what failed",
    "confirm": "somebody: carries out held removals",
    "purge": "somebody: empties the trash",
}
_COUNTED = ("new", "changed", "metadata_changed", "moved", "missing", "removed", "skipped", "failed")


def described_run(run: Run) -> Iterator[Row]:
    """What a person wants to know of a run; counts of nothing are left out."""
    yield "run", run.id
    yield "datasource", run.datasource
    yield "asked for by", _BY.get(run.trigger, run.trigger)
    yield "state", run.state.value
    yield "started", moment(run.started)
    if run.waiting is not None:
        yield "waits", run.waiting.reason
    if run.finished is not None:
        yield "took", f"{(run.finished - run.started).total_seconds():.1f} s"
    if run.confirms is not None:
        yield "carries out", f"what run {run.confirms} held: mirrorlake runs show {run.confirms}"
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
        yield "confirmed", f"run {hold.confirmed_by} carried them out: mirrorlake runs show {hold.confirmed_by}"
    elif run.state is RunState.CANCELLED:
        yield "dismissed", "nothing was done about them"
    elif hold.superseded_by is not None:
        yield "outdated", f"run {hold.superseded_by} judged anew: mirrorlake runs show {hold.superseded_by}"
    elif run.state is RunState.HELD:
        yield "to confirm", confirm_command(run.id)


def what_happened(run: Run) -> str:
    """What a run did, in as few words as it did things."""
    if run.waiting is not None:
        return f"it waits: {run.waiting.reason}"
    told = [f"{number:,} {kind.replace('_', ' ')}" for kind in _COUNTED if (number := getattr(run.counts, kind))]
    hold = run.hold
    if run.confirms is not None:
        told.append(f"confirmed what run {run.confirms} held")
    if hold is not None and hold.confirmed_by is not None:
        told.append(f"{hold.count:,} held, confirmed by run {hold.confirmed_by}")
    elif hold is not None and hold.superseded_by is not None:
        told.append(f"{hold.count:,} held, outdated by run {hold.superseded_by}")
    elif hold is not None and run.state is RunState.HELD:
        told.append(f"{hold.count:,} wait for consent")
    nothing = "at work" if run.state is RunState.RUNNING else "nothing changed"
    return ", ".join(told) or nothing


def moment(time: datetime) -> str:
    """A time for people."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _reached(access: DatasourceSummary) -> Iterator[Row]:
    yield "server", access.endpoint or "AWS"
    if access.region is not None:
        yield "region", access.region
    if access.anonymous:
        yield "credentials", "none: requests are not signed"
    else:
        yield "credentials", "this machine's own" if access.profile is None else f"the AWS profile {access.profile}"


def _can_run(summary: DatasourceSummary) -> str:
    if summary.can_run:
        return "now"
    if summary.cooldown_minutes:
        return f"in {count_noun(summary.cooldown_minutes, 'minute')}: the last pass brought something in"
    return "once the run that waits or is at work has ended"


def _config(config: MirrorConfig) -> Iterator[Row]:
    if config.takes_everything:
        yield "takes", "everything that it can read"
    for glob in config.globs:
        yield "takes", glob
    if config.glob_file is not None:
        yield "takes", f"what the lines of {config.glob_file} match"
    for key in config.paths:
        yield "takes", f"the key {key}"
    for glob in config.exclude:
        yield "but not", glob
    named = f"{_NAMED[config.naming]} {config.naming_key}" if config.naming_key else _NAMED[config.naming]
    yield "asset named", f"{named} ({config.naming.value})"
    yield "image changed", "is read again" if config.update_image else "is never read again"
    merged = _MERGED[config.metadata_strategy] if config.update_metadata else "is never read again"
    yield "sidecar changed", f"{merged} ({config.metadata_strategy.value})" if config.update_metadata else merged
    yield "object gone", f"its asset {_ORPHANED[config.orphans]} ({config.orphans.value})"
