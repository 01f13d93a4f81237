"""The public JSON of our nouns in one place: the command line prints it and the client parses it.

Scripts rely on these names; `api/schemas` describes the same shapes for OpenAPI, and a test compares the two.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, cast

from mirrorlake.model.assets import Asset, AssetDetail, AssetState, MetadataEntry
from mirrorlake.model.objects import Requests
from mirrorlake.model.queue import QueuedReason
from mirrorlake.model.runs import Counts, Hold, Outcome, OutcomeKind, Run, RunState
from mirrorlake.model.schedule import schedule_from_text, schedule_to_text, timezone_of
from mirrorlake.model.sources import (
    AccessOptions,
    Datasource,
    DatasourceSummary,
    Location,
    MetadataStrategy,
    MirrorConfig,
    MirrorSettings,
    NamingStrategy,
    Orphans,
    Provider,
)


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def asset_to_json(asset: Asset) -> dict[str, object]:
    """One line of a search result."""
    return {
        "id": asset.id,
        "name": asset.name,
        "key": asset.key,
        "uri": asset.uri,
        "datasource": asset.datasource,
        "datasources": list(asset.datasources),
        "media_type": asset.media_type,
        "size": asset.size,
        "width": asset.width,
        "height": asset.height,
        "tags": list(asset.tags),
        "metadata": dict(asset.metadata),
        "projects": list(asset.projects),
        "state": asset.state.value,
        "placeholder": base64.b64encode(asset.placeholder).decode(),
        "modified": _time(asset.modified),
        "updated": _time(asset.updated),
    }


def asset_from_json(data: Mapping[str, Any]) -> Asset:
    """The reverse of `asset_to_json`."""
    return Asset(
        id=data["id"],
        name=data["name"],
        key=data["key"],
        uri=data["uri"],
        datasource=data["datasource"],
        datasources=tuple(data["datasources"]),
        media_type=data["media_type"],
        size=data["size"],
        width=data["width"],
        height=data["height"],
        tags=tuple(data["tags"]),
        metadata=dict(data["metadata"]),
        projects=tuple(data["projects"]),
        state=AssetState(data["state"]),
        placeholder=base64.b64decode(data["placeholder"]),
        modified=_moment(data["modified"]),
        updated=datetime.fromisoformat(data["updated"]),
    )


def detail_to_json(detail: AssetDetail) -> dict[str, object]:
    """One whole asset: the search line, then details; metadata includes who set each key."""
    return {
        **asset_to_json(detail.asset),
        "digest": detail.digest.hex(),
        "token": detail.token,
        "version": detail.version,
        "storage_class": detail.storage_class,
        "orientation": detail.orientation,
        "facts": dict(detail.facts),
        "metadata_entries": {
            key: {"value": entry.value, "source": entry.source, "at": _time(entry.at)}
            for key, entry in detail.metadata.items()
        },
        "sidecar_key": detail.sidecar_key,
        "warnings": list(detail.warnings),
        "created": _time(detail.created),
    }


def detail_from_json(data: Mapping[str, Any]) -> AssetDetail:
    """The reverse of `detail_to_json`."""
    entries = cast("Mapping[str, Mapping[str, Any]]", data["metadata_entries"])
    return AssetDetail(
        asset=asset_from_json(data),
        digest=bytes.fromhex(data["digest"]),
        token=data["token"],
        version=data["version"],
        storage_class=data["storage_class"],
        orientation=data["orientation"],
        facts=dict(data["facts"]),
        metadata={
            key: MetadataEntry(value=entry["value"], source=entry["source"], at=datetime.fromisoformat(entry["at"]))
            for key, entry in entries.items()
        },
        sidecar_key=data["sidecar_key"],
        warnings=tuple(data["warnings"]),
        created=datetime.fromisoformat(data["created"]),
    )


def detail_from_answer(data: Mapping[str, Any]) -> AssetDetail:
    """Parse a server's response, in which the search line and the provenance of keys are separate."""
    return detail_from_json({**data, **data["asset"], "metadata_entries": data["metadata"]})


def hold_to_json(hold: Hold, run_id: int | None) -> dict[str, object]:
    """Removals that await confirmation, with the command that confirms them; None for a dry run."""
    return {
        "reason": hold.reason,
        "count": hold.count,
        "by_prefix": dict(hold.by_prefix),
        "plan_hash": hold.plan_hash,
        "confirm": None if run_id is None else confirm_command(run_id),
        "confirmed_by": hold.confirmed_by,
        "superseded_by": hold.superseded_by,
    }


def confirm_command(run_id: int) -> str:
    """The command that confirms held removals."""
    return f"mirrorlake runs confirm {run_id}"


def hold_from_json(data: Mapping[str, Any]) -> Hold:
    """The reverse of `hold_to_json`."""
    return Hold(
        reason=data["reason"],
        count=data["count"],
        by_prefix=dict(data["by_prefix"]),
        plan_hash=data["plan_hash"],
        confirmed_by=data["confirmed_by"],
        superseded_by=data["superseded_by"],
    )


def run_to_json(run: Run) -> dict[str, object]:
    """One run with its counts."""
    return {
        "run": run.id,
        "datasource": run.datasource,
        "trigger": run.trigger,
        "state": run.state.value,
        "started": _time(run.started),
        "finished": _time(run.finished),
        **asdict(run.counts),
        "requests": asdict(run.requests),
        "bytes_read": run.bytes_read,
        "hold": None if run.hold is None else hold_to_json(run.hold, run.id),
        "confirms": run.confirms,
        "waiting": None if run.waiting is None else asdict(run.waiting),
        "error": run.error,
    }


def run_from_json(data: Mapping[str, Any]) -> Run:
    """The reverse of `run_to_json`."""
    return Run(
        id=data["run"],
        datasource=data["datasource"],
        trigger=data["trigger"],
        state=RunState(data["state"]),
        started=datetime.fromisoformat(data["started"]),
        finished=_moment(data["finished"]),
        counts=Counts(**{name: data[name] for name in Counts.__dataclass_fields__}),
        requests=Requests(**data["requests"]),
        bytes_read=data["bytes_read"],
        error=data["error"],
        hold=None if data["hold"] is None else hold_from_json(data["hold"]),
        confirms=data["confirms"],
        waiting=None if data["waiting"] is None else QueuedReason(**data["waiting"]),
    )


def run_from_answer(data: Mapping[str, Any]) -> Run:
    """Parse a server's response, in which the counts are nested."""
    return run_from_json({**data, **data["counts"], "run": data["id"]})


def outcome_to_json(outcome: Outcome) -> dict[str, object]:
    """What happened to one object."""
    return {
        "key": outcome.key,
        "outcome": outcome.kind.value,
        "stage": outcome.stage,
        "reason": outcome.reason,
        "asset": outcome.asset_id,
    }


def outcome_from_json(data: Mapping[str, Any]) -> Outcome:
    """The reverse of `outcome_to_json`."""
    return Outcome(
        key=data["key"],
        kind=OutcomeKind(data["outcome"]),
        stage=data["stage"],
        reason=data["reason"],
        asset_id=data["asset"],
    )


def outcome_from_answer(data: Mapping[str, Any]) -> Outcome:
    """Parse a server's response."""
    return outcome_from_json({**data, "outcome": data["kind"], "asset": data["asset_id"]})


def datasource_to_json(summary: DatasourceSummary) -> dict[str, object]:
    """A datasource at a glance. Contains names of credentials, never a secret."""
    source = summary.datasource
    return {
        "id": source.id,
        "name": source.name,
        "uri": source.location.uri,
        "provider": source.location.provider.value,
        "container": source.location.container,
        "prefix": source.location.prefix,
        **asdict(source.access.options()),
        "globs": list(source.settings.globs),
        "configs": [asdict(config) for config in source.settings.configs],
        "sidecar_suffix": source.settings.sidecar_suffix,
        "listing_ordered": source.settings.listing_ordered,
        "schedule": schedule_to_text(source.settings.schedule),
        "timezone": timezone_of(source.settings.schedule),
        "next_due": _time(summary.next_due),
        "can_run": summary.can_run,
        "cooldown_minutes": summary.cooldown_minutes,
        "assets": summary.assets,
        "last_run": None if summary.last_run is None else run_to_json(summary.last_run),
    }


def datasource_from_json(data: Mapping[str, Any]) -> DatasourceSummary:
    """The reverse of `datasource_to_json`."""
    return DatasourceSummary(
        datasource=Datasource(
            id=data["id"],
            name=data["name"],
            location=Location(provider=Provider(data["provider"]), container=data["container"], prefix=data["prefix"]),
            access=AccessOptions(**{name: data[name] for name in AccessOptions.__dataclass_fields__}),
            settings=MirrorSettings(
                configs=tuple(_config(config) for config in data["configs"]),
                sidecar_suffix=data["sidecar_suffix"],
                listing_ordered=data["listing_ordered"],
                schedule=schedule_from_text(data["schedule"], data["timezone"]),
            ),
        ),
        assets=data["assets"],
        next_due=_moment(data["next_due"]),
        cooldown_minutes=data["cooldown_minutes"],
        can_run=data["can_run"],
        last_run=None if data["last_run"] is None else run_from_json(data["last_run"]),
    )


def datasource_from_answer(data: Mapping[str, Any]) -> DatasourceSummary:
    """Parse a server's response."""
    last = data["last_run"]
    found = datasource_from_json({**data, "last_run": None})
    return found if last is None else replace(found, last_run=run_from_answer(last))


def _config(data: Mapping[str, Any]) -> MirrorConfig:
    kinds: dict[str, Callable[[Any], Any]] = {
        "globs": tuple,
        "paths": tuple,
        "exclude": tuple,
        "naming": NamingStrategy,
        "metadata_strategy": MetadataStrategy,
        "orphans": Orphans,
    }
    return MirrorConfig(**{name: kinds[name](value) if name in kinds else value for name, value in data.items()})
