"""A library in memory, with made pictures: what the web face is tested over where no catalog is needed."""

from __future__ import annotations

import base64
import io
import math
import random
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

from mirrorlake.core.errors import Conflict, CoolingDown, NotFound, PassRunning, QueryError, UsageError
from mirrorlake.model.acts import Deletion, Project, Purge
from mirrorlake.model.assets import Asset, AssetDetail, AssetState, MetadataEntry, Original, Page, Unchanged
from mirrorlake.model.edits import Edit
from mirrorlake.model.explanations import ConfigMatch, Explained, Explanation, Verdict
from mirrorlake.model.objects import Requests
from mirrorlake.model.previews import Preview, Sample, Would
from mirrorlake.model.queue import Workers
from mirrorlake.model.runs import Counts, Hold, Outcome, OutcomeKind, Run, RunState
from mirrorlake.model.schedule import OFF, Cron, Every
from mirrorlake.model.sources import Access, Datasource, DatasourceSummary, Location, MirrorSettings, Orphans, Provider
from mirrorlake.plan.queue_status import queued_reason
from mirrorlake.select.edits import check_edit
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings_patch import patch_settings

NOW = datetime.now(UTC)  # pages show how long ago things were
CAP = 10_000  # totals beyond this are lower bounds, as in the real search
PLACEHOLDERS = [
    base64.b64decode(text)
    for text in ("1QcSHQRnh493V4dIh4eXh1h4kJUI", "3PcNNYSFeXh/d3eld0iHZoZgVwh2", "HBkSHYSIeHiPiHh8eJd4eTN0EEQG")
]
TRASH = AssetState.TRASH
NIGHTLY = MirrorSettings(schedule=Cron("30 3 * * *", "Europe/Berlin"))
PLACES = ("Orchard", "Harbour", "Night shift", "Line 3", "Roof survey", "Field trial")


@lru_cache(maxsize=512)
def picture(seed: int, width: int, height: int, kind: str = "WEBP") -> bytes:
    """A made landscape: a sky, a sun and ranges of hills, different for every seed."""
    rng = random.Random(seed)  # noqa: S311 - pictures, not secrets
    hue = rng.random()
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        t = y / height
        draw.line([(0, y), (width, y)], fill=_colour(hue + 0.12 * t, 0.55 - 0.35 * t, 0.45 + 0.5 * t))
    radius, x, y = height * rng.uniform(0.06, 0.14), width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.45)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_colour(hue + 0.1, 0.15, 1.0))
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    draw = ImageDraw.Draw(image)
    for layer in range(5):
        base, phase, swing = height * (0.5 + 0.1 * layer), rng.uniform(0, 6), height * rng.uniform(0.03, 0.09)
        ridge = [
            (px, base + swing * math.sin(phase + px / width * (4 + layer)) + swing / 3 * math.sin(phase * 3 + px / 17))
            for px in range(0, width + 4, 4)
        ]
        draw.polygon([(0, height), *ridge, (width, height)], fill=_colour(hue + 0.45, 0.45, 0.62 - 0.12 * layer))
    out = io.BytesIO()
    image.save(out, kind, quality=82)
    return out.getvalue()


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    parts = Image.new("HSV", (1, 1), (int(hue * 255) % 256, int(saturation * 255), int(max(0.0, value) * 255) % 256))
    found = parts.convert("RGB").getpixel((0, 0))
    assert isinstance(found, tuple)
    return int(found[0]), int(found[1]), int(found[2])


def make_asset(number: int) -> Asset:
    """The asset with that position in the library, the same every time."""
    rng = random.Random(number)  # noqa: S311 - pictures, not secrets
    width, height = rng.choice([(4032, 3024), (3024, 4032), (6000, 4000), (1920, 1080), (2048, 2048), (8000, 2000)])
    place = PLACES[number % len(PLACES)]
    name = f"{place.lower().replace(' ', '-')}-{number:05d}.jpg"
    source = "orchard" if number % 3 else "harbour cams"
    metadata: dict[str, str | int | float | bool] = {"place": place, "score": round(rng.random(), 3)}
    if number % 2:
        metadata |= {"camera.id": f"cam-{number % 7}", "night": number % 4 == 1, "shift": number % 3}
    return Asset(
        id=str(1000 + number),
        name=name,
        key=f"2026/{number % 12 + 1:02d}/{name}",
        uri=f"s3://photos/2026/{number % 12 + 1:02d}/{name}",
        datasource=source,
        datasources=(source,),
        media_type="image/jpeg",
        size=rng.randrange(400_000, 9_000_000),
        width=width,
        height=height,
        tags=tuple(sorted(rng.sample(["ripe", "review", "blurred", "season-26", "golden"], number % 3))),
        metadata=metadata,
        projects=("Ripeness 2026",) if number % 5 == 0 else (),
        state=_state(number),
        placeholder=PLACEHOLDERS[number % len(PLACEHOLDERS)],
        modified=NOW - timedelta(days=number % 400, minutes=number),
        updated=NOW - timedelta(hours=number % 900),
    )


def _state(number: int) -> AssetState:
    if number % 11 == 4:
        return AssetState.MISSING
    return AssetState.TRASH if number % 97 == 50 else AssetState.PRESENT


def make_runs() -> list[Run]:
    """Runs in every state that a page has to show, the newest first."""
    base = Run(id=1, datasource="orchard", trigger="mirror", state=RunState.SUCCEEDED, started=NOW, finished=NOW)
    return [
        replace(
            base,
            id=6,
            datasource="roof survey",
            state=RunState.HELD,
            started=NOW - timedelta(minutes=30),
            finished=NOW - timedelta(minutes=29),
            counts=Counts(listed=12, selected=12, unchanged=12),
            requests=Requests(list=1),
            hold=Hold(
                reason="More than half of what stood in 2026/01/ is gone: 40 of 41 objects.",
                count=55,
                by_prefix={"2026/01/": 40, "2026/02/": 15},
                plan_hash="ab" * 32,
            ),
        ),
        replace(
            base,
            id=5,
            state=RunState.RUNNING,
            started=NOW - timedelta(minutes=1),
            finished=None,
            counts=Counts(listed=48_200, selected=24_080, new=310, unchanged=23_770),
            requests=Requests(list=49, get=310),
            bytes_read=812_000_000,
        ),
        replace(
            base,
            id=4,
            datasource="harbour cams",
            state=RunState.FAILED,
            started=NOW - timedelta(hours=2),
            finished=NOW - timedelta(hours=2) + timedelta(seconds=3),
            requests=Requests(list=1),
            error="The bucket refused to list harbour-cams (403 AccessDenied). Grant s3:ListBucket on it.",
        ),
        replace(
            base,
            id=3,
            started=NOW - timedelta(hours=5),
            finished=NOW - timedelta(hours=5) + timedelta(seconds=41),
            counts=Counts(
                listed=24_080,
                selected=12_045,
                new=12,
                changed=3,
                moved=1,
                missing=2,
                unchanged=12_020,
                skipped=4,
                failed=3,
                metadata_changed=2,
            ),
            requests=Requests(list=25, get=17, head=2),
            bytes_read=64_200_000,
        ),
        replace(
            base,
            id=2,
            datasource="harbour cams",
            state=RunState.CANCELLED,
            started=NOW - timedelta(days=1),
            finished=NOW - timedelta(days=1) + timedelta(seconds=9),
            counts=Counts(listed=4000, selected=3990, new=120),
            requests=Requests(list=4, get=120),
        ),
        replace(
            base,
            started=NOW - timedelta(days=2),
            finished=NOW - timedelta(days=2) + timedelta(minutes=3, seconds=12),
            counts=Counts(listed=24_060, selected=12_030, new=12_026, failed=4),
            requests=Requests(list=25, get=12_030),
            bytes_read=41_000_000_000,
        ),
    ]


def make_outcomes(run_id: int) -> list[Outcome]:
    """A few outcomes of each kind, by key."""
    rows = [
        Outcome(key="2026/01/empty.jpg", kind=OutcomeKind.SKIPPED, reason="The object is empty."),
        Outcome(
            key="2026/01/half.jpg",
            kind=OutcomeKind.FAILED,
            stage="decode",
            reason="The image ends in the middle: 40% of its rows are there.",
        ),
        Outcome(
            key="2026/02/huge.png",
            kind=OutcomeKind.FAILED,
            stage="probe",
            reason="60,000 x 60,000 pixels are more than the limit of 268 million.",
        ),
        Outcome(
            key="2026/02/notes.jpg",
            kind=OutcomeKind.FAILED,
            stage="identify",
            reason="The bytes are a ZIP archive, not an image.",
        ),
        Outcome(key="2026/03/gone.jpg", kind=OutcomeKind.MISSING, asset_id="1004"),
    ]
    rows.extend(
        Outcome(key=make_asset(number).key + ".new", kind=OutcomeKind.NEW, asset_id=str(1000 + number))
        for number in range(12)
    )
    rows.append(Outcome(key="2026/05/orchard-01.jpg", kind=OutcomeKind.CHANGED, asset_id="1001"))
    rows.append(Outcome(key="2026/06/renamed.jpg", kind=OutcomeKind.MOVED, asset_id="1002"))
    return sorted(rows, key=lambda row: row.key) if run_id == 3 else []


def make_preview(name: str, state: RunState) -> Preview:
    """What a pass would do, once it is known."""
    running = state is RunState.RUNNING
    samples = {
        "new": (Sample(key="2026/11/a.jpg", reason="nothing is known of it yet"),),
        "changed": (),
        "metadata_changed": (),
        "moved": (Sample(key="2026/b.jpg", reason="the same token and size as 2025/b.jpg", old_key="2025/b.jpg"),),
        "orphaned": (Sample(key="2026/gone.jpg", reason="it would go into the trash"),),
        "skipped": (Sample(key="2026/empty.jpg", reason="The object is empty."),),
    }
    return Preview(
        id=name,
        datasource=name,
        state=state,
        counts=Counts() if running else Counts(listed=4, selected=3, new=1, moved=1, missing=1, skipped=1),
        requests=Requests(list=1),
        seconds=0.5,
        hold=None,
        would=None if running else Would(list=1, get=1, head=1, bytes=2_400_000),
        samples=None if running else samples,
        error=None,
    )


@dataclass
class FakeLibrary:
    """Holds `size` assets. Understands a bare word, and `datasource:"x"`; `(` at the end is a query error."""

    size: int = 2500
    runs_held: list[Run] = field(default_factory=make_runs)
    searches: list[tuple[str, int, int]] = field(default_factory=list)
    edited: dict[str, AssetDetail] = field(default_factory=dict)
    settings: dict[str, MirrorSettings] = field(
        default_factory=lambda: {"orchard": MirrorSettings(schedule=Every(6)), "harbour cams": NIGHTLY}
    )
    acts: list[tuple[object, ...]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    members: dict[str, set[str]] = field(default_factory=lambda: {"Ripeness 2026": {"1000", "1005"}})

    def search(self, query: str, *, limit: int, offset: int) -> Page:
        self.searches.append((query, limit, offset))
        if query.endswith("("):
            raise QueryError("expected a word after (", "Close the parenthesis.", text=query, position=len(query))
        if query.endswith(":>"):
            raise QueryError(
                "expected a value", 'Write a number or a "text" here.', text=query, position=len(query) - 1
            )
        if not query:
            numbers: range | list[int] = range(self.size)
        elif query == "state:trash":
            numbers = [number for number in range(self.size) if self.asset(str(1000 + number)).asset.state is TRASH]
        elif query.startswith('datasource:"'):
            wanted = query[len('datasource:"') : -1]
            numbers = [number for number in range(self.size) if make_asset(number).datasource == wanted]
        else:
            numbers = [number for number in range(self.size) if query.lower() in make_asset(number).name]
        found = tuple(make_asset(number) for number in numbers[offset : offset + limit])
        return Page(assets=found, total=min(len(numbers), CAP), total_capped=len(numbers) > CAP)

    def _number(self, asset_id: str) -> int:
        number = int(asset_id) - 1000 if asset_id.isdecimal() else -1
        if not 0 <= number < self.size:
            raise NotFound(f"No asset has the id {asset_id}.", "It may have been removed; search for it by name.")
        return number

    def asset(self, asset_id: str) -> AssetDetail:
        number = self._number(asset_id)
        if asset_id in self.edited:
            return self.edited[asset_id]
        asset = make_asset(number)
        entries = {
            key: MetadataEntry(value=value, source="user" if key == "shift" else "bucket", at=NOW)
            for key, value in asset.metadata.items()
        }
        return AssetDetail(
            asset=asset,
            digest=bytes(random.Random(number).randbytes(32)),  # noqa: S311 - pictures, not secrets
            token=f"{number:032x}",
            version=None,
            storage_class="STANDARD",
            orientation=6 if number % 4 == 1 else 1,
            facts={
                "camera_make": "Fujifilm", "camera_model": "X-T5", "lens": "XF 16-55mm F2.8", "exposure_s": 0.004,
                "aperture": 5.6, "iso": 400, "focal_length_mm": 23.0, "taken_at": "2026-03-04T11:22:33",
                "channels": 3, "bit_depth": 8, "colour_space": "rgb",
            },
            metadata=entries,
            sidecar_key=asset.key.replace(".jpg", ".json"),
            warnings=("The sidecar's key `bad key` was left out: only letters, digits, `_` and `.` are allowed.",)
            if number % 6 == 1
            else (),
            created=NOW - timedelta(days=3),
        )  # fmt: skip

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        edit = check_edit(edit)
        detail = self.asset(asset_id)
        entries = {key: entry for key, entry in detail.metadata.items() if key not in edit.remove_metadata}
        entries |= {key: MetadataEntry(value=value, source="user", at=NOW) for key, value in edit.metadata.items()}
        asset = replace(
            detail.asset,
            tags=tuple(sorted({*detail.asset.tags, *edit.add_tags} - set(edit.remove_tags))),
            metadata={key: entry.value for key, entry in entries.items()},
            updated=datetime.now(UTC),
        )
        self.edited[asset_id] = replace(detail, asset=asset, metadata=entries)
        return self.edited[asset_id]

    def restore(self, asset_id: str) -> AssetDetail:
        detail = self.asset(asset_id)
        if detail.asset.state is not AssetState.TRASH:
            raise Conflict(f"Asset {asset_id} is not in the trash.", "`mirrorlake search state:trash` shows what is.")
        self.acts.append(("restore", asset_id))
        self.edited[asset_id] = replace(detail, asset=replace(detail.asset, state=AssetState.PRESENT))
        return self.edited[asset_id]

    def thumbnail(self, asset_id: str) -> bytes:
        number = self._number(asset_id)
        asset = make_asset(number)
        scale = 320 / max(asset.width, asset.height)
        return picture(number % 60, max(1, round(asset.width * scale)), max(1, round(asset.height * scale)))

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        number = self._number(asset_id)
        asset = make_asset(number)
        scale = 1600 / max(asset.width, asset.height)
        data = picture(number % 60, round(asset.width * scale), round(asset.height * scale), "JPEG")
        if f"made {number}" in known:
            return Unchanged(f"made {number}")
        return Original(url=None, data=data, media_type="image/jpeg", name=asset.name, mark=f"made {number}")

    def datasources(self) -> list[DatasourceSummary]:
        if not self.size:
            return []
        places = (
            ("orchard", Location(provider=Provider.S3, container="photos", prefix="2026/")),
            ("harbour cams", Location(provider=Provider.FILE, container="/srv/harbour cams")),
            ("roof survey", Location(provider=Provider.S3, container="roofs")),
            ("not run yet", Location(provider=Provider.S3, container="archive")),
        )
        return [
            self._summary(number, *place) for number, place in enumerate(places, start=1) if place[0] not in self.gone
        ]

    def _summary(self, number: int, name: str, place: Location) -> DatasourceSummary:
        settings = self.settings.get(name, MirrorSettings())
        last = next((run for run in self.runs_held if run.datasource == name), None)
        minutes = 43 if name == "roof survey" else 0
        return DatasourceSummary(
            datasource=Datasource(id=number, name=name, location=place, access=Access(), settings=settings),
            assets=sum(make_asset(n).datasource == name for n in range(min(self.size, CAP))),
            last_run=last,
            next_due=None if settings.schedule == OFF else NOW + timedelta(hours=3, minutes=10),
            cooldown_minutes=minutes,
            can_run=not minutes and (last is None or last.state not in (RunState.QUEUED, RunState.RUNNING)),
        )

    def runs(self, *, limit: int, datasource: str | None, before: int | None = None) -> list[Run]:
        held = self.runs_held if self.size else []
        older = [run for run in held if before is None or run.id < before]
        return [run for run in older if datasource in (None, run.datasource)][:limit]

    def run(self, run_id: int) -> Run:
        for run in self.runs_held:
            if run.id == run_id:
                return run
        raise NotFound(f"There is no run {run_id}.", "`mirrorlake runs list` shows the runs there are.")

    def outcomes(self, run_id: int, *, limit: int, offset: int, kind: OutcomeKind | None) -> list[Outcome]:
        self.run(run_id)
        rows = [row for row in make_outcomes(run_id) if kind in (None, row.kind)]
        return rows[offset : offset + limit]

    def begin_confirm(self, *, run_id: int | None, plan_hash: str | None, count: int | None) -> int:
        held = next((run for run in self.runs_held if run.hold is not None and run_id in (None, run.id)), None)
        if held is None or held.hold is None or plan_hash not in (None, held.hold.plan_hash):
            raise NotFound(f"Run {run_id} holds nothing.", "`mirrorlake runs list` shows held runs.")
        if held.hold.confirmed_by is not None:
            raise Conflict(f"What run {held.id} held was confirmed.", "Start a new run to see the current state.")
        if count not in (None, held.hold.count):
            raise UsageError(f"Run {held.id} holds {held.hold.count} removals, not {count}.")
        number = max(run.id for run in self.runs_held) + 1
        done = Counts(removed=held.hold.count)
        self.runs_held = [
            replace(
                held, id=number, trigger="confirm", state=RunState.SUCCEEDED, counts=done, hold=None, confirms=held.id
            ),
            *(
                replace(run, state=RunState.SUCCEEDED, hold=replace(held.hold, confirmed_by=number))
                if run is held
                else run
                for run in self.runs_held
            ),
        ]
        return number

    def explain(self, name: str, key: str) -> Explained:
        self._source(name)
        judgement = ConfigMatch(config=0, id=None, origin=None, pattern=None, exclude=None, takes=True)
        explanation = Explanation(key=key, verdict=Verdict.ASSET, reason="Config 1 takes it.", judgements=(judgement,))
        return Explained(datasource=name, explanation=explanation, object="exists")

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        self.settings[name] = patch_settings(self._source(name).datasource.settings, change)
        return self._source(name)

    def request_run(self, name: str) -> int:
        source = self._source(name)
        if source.cooldown_minutes:
            minutes = source.cooldown_minutes
            raise CoolingDown(f"{name} can be asked for again in {minutes} minutes.", "Wait.", minutes=minutes)
        if not source.can_run:
            raise PassRunning(f"A run of datasource {name} is at work already.", "Wait for it.")
        number = max(run.id for run in self.runs_held) + 1
        queued = Run(
            id=number,
            datasource=name,
            trigger="manual",
            state=RunState.QUEUED,
            started=datetime.now(UTC),
            finished=None,
            waiting=queued_reason(Workers(alive=0, last_seen=None), None),
        )
        self.runs_held = [queued, *self.runs_held]
        return number

    def cancel_now(self, run_id: int) -> Run:
        run = self.run(run_id)
        if run.state not in (RunState.QUEUED, RunState.RUNNING, RunState.HELD):
            raise Conflict(f"Run {run_id} is over: {run.state.value}.")
        self.acts.append(("cancel", run_id))
        self.runs_held = [
            replace(one, state=RunState.CANCELLED, finished=datetime.now(UTC)) if one is run else one
            for one in self.runs_held
        ]
        return self.run(run_id)

    def begin_retry(self, run_id: int) -> int:
        run = self.run(run_id)
        if not run.counts.failed:
            raise Conflict(f"Nothing failed in run {run_id}: there is nothing to try again.")
        self.acts.append(("retry", run_id))
        return run_id

    def begin_preview(self, name: str) -> Preview:
        self._source(name)
        return make_preview(name, RunState.RUNNING)

    def get_preview(self, number: str) -> Preview:
        return make_preview(number, RunState.SUCCEEDED)

    def begin_reapply(self, name: str) -> int:
        self._source(name)
        self.acts.append(("reapply", name))
        return 1

    def delete_datasource(self, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
        assets = self._source(name).assets
        found = Deletion(datasource=name, orphans=Orphans.TRASH, removed=0, trashed=assets, kept=2, handed_over=1)
        if acknowledged is None:
            return found, False
        if acknowledged != found.acknowledge:
            raise UsageError(f"{assets} assets would go, not {acknowledged}.", f"Say so: --acknowledge {assets}")
        self.gone.add(name)
        return found, True

    def purgeable(self, name: str, *, days: int) -> Purge:
        return Purge(datasource=self._source(name).datasource.name, days=days, acknowledge=0 if days > 90 else 26)

    def begin_purge(self, name: str, *, days: int, acknowledged: int) -> int:
        found = self.purgeable(name, days=days).acknowledge
        if not found:
            raise Conflict(f"Nothing waits in the trash of {name} for {days} days.")
        if found != acknowledged:
            raise UsageError(f"{found} assets would go, not {acknowledged}.")
        self.acts.append(("purge", name, days))
        return 1

    def projects(self) -> list[Project]:
        return [Project(name=name, assets=len(held)) for name, held in sorted(self.members.items())]

    def add_to_project(self, name: str, asset_ids: list[str]) -> int:
        held = self.members.setdefault(name, set())
        fresh = {str(1000 + self._number(asset_id)) for asset_id in asset_ids} - held
        held.update(fresh)
        return len(fresh)

    def remove_from_project(self, name: str, asset_ids: list[str]) -> int:
        if name not in self.members:
            raise NotFound(f"There is no project named {name!r}.", "mirrorlake project list shows them all.")
        left = self.members[name] & set(asset_ids)
        self.members[name] -= left
        return len(left)

    def _source(self, name: str) -> DatasourceSummary:
        for source in self.datasources():
            if source.datasource.name == name:
                return source
        raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
