"""What people would have done in the demo's library: a connection, labels, a project, a search, and a held run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examples.demo.recordings import GATE, PHOTOGRAPHS, make_recordings
from examples.demo.server import REGION, LocalS3

from mirrorlake import Mirrorlake, MirrorlakeError
from mirrorlake.model.bulk import BulkEdit
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import Job
from mirrorlake.model.labels import Box, LabelClass, NewAnnotation, Polygon, Shape
from mirrorlake.model.runs import Run, RunState
from mirrorlake.model.snapshots import SnapshotOptions
from mirrorlake.model.splits import SplitOptions, SplitSettings

YARD = "yard"  # the second bucket, and the datasource over it
CONNECTION = "local-server"
ONTOLOGY = "things"
PROJECT = "Weather study"
REMOVED = 8  # of the photographs of the gate: more than half of its folder
SEARCH = "metadata.capture.temperature:>20 metadata.reviewed:true"
TAGS = {  # tag -> the query of what gets it
    "needs review": "metadata.reviewed:false metadata.quality_score:<0.5",
    "warm": "metadata.capture.temperature:>25",
}
PROJECT_QUERY = "metadata.capture.weather:* kind:image"
CLASSES = (
    LabelClass(name="person", shape=Shape.BOX, colour="#d9480f", attributes={"facing": "text"}),
    LabelClass(name="cup", shape=Shape.BOX, colour="#1971c2"),
    LabelClass(name="cat", shape=Shape.BOX, colour="#9c36b5"),
    LabelClass(name="building", shape=Shape.BOX, colour="#e8590c"),
    LabelClass(name="coin", shape=Shape.BOX, colour="#f08c00"),
    LabelClass(name="flower", shape=Shape.POLYGON, colour="#2f9e44"),
)


class ContentsFailed(MirrorlakeError):
    """A job of the demo did not end as it should."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a photograph shows. Its name may be that of another one too, so that its width is compared as well."""

    name: str  # without its suffix, which the demo changes
    width: int
    annotations: tuple[NewAnnotation, ...]


def _box(class_name: str, left: float, top: float, right: float, bottom: float) -> NewAnnotation:
    return NewAnnotation(class_name=class_name, geometry=Box(left, top, round(right - left, 3), round(bottom - top, 3)))


def _flower(x: float, y: float, across: float, down: float) -> NewAnnotation:
    """The outline of a blossom."""
    angles = [2 * math.pi * number / 24 for number in range(24)]
    ring = tuple((round(x + across * math.cos(one), 4), round(y + down * math.sin(one), 4)) for one in angles)
    return NewAnnotation(class_name="flower", geometry=Polygon((ring,)))


LABELLED = (
    Labelled("astronaut", 512, (_box("person", 0.05, 0.02, 0.71, 1),)),
    Labelled("coffee", 600, (_box("cup", 0.29, 0.04, 0.70, 0.60),)),
    Labelled("chelsea", 451, (_box("cat", 0.02, 0, 0.83, 1),)),
    Labelled("camera", 512, (_box("person", 0, 0.12, 0.66, 1),)),
    Labelled("china", 640, (_box("building", 0.10, 0.07, 0.58, 0.95),)),
    Labelled("flower", 640, (_flower(0.485, 0.52, 0.215, 0.32),)),
    Labelled(
        "coins",
        384,
        (
            _box("coin", 0.057, 0.11, 0.174, 0.25),
            _box("coin", 0.21, 0.13, 0.31, 0.25),
            _box("coin", 0.34, 0.10, 0.47, 0.24),
            _box("coin", 0.50, 0.10, 0.62, 0.24),
            _box("coin", 0.66, 0.105, 0.77, 0.24),
            _box("coin", 0.795, 0.05, 0.95, 0.24),
        ),
    ),
)


def fill_library(library: Mirrorlake, server: LocalS3, photographs: Sequence[bytes]) -> list[str]:
    """Fill every list of a library, and return a line about each part."""
    server.load(YARD, make_recordings(photographs))
    environment = server.environment()
    lines = [_connect(library, server.endpoint, environment)]
    lines.append(_mirror_yard(library))
    lines.append(_tag(library))
    lines.append(_label(library))
    lines.append(_make_project(library))
    library.saved_searches.add("warm and reviewed", SEARCH)
    lines.append("saved      the search “warm and reviewed”")
    lines.append(_lose_photographs(library, server))
    return lines


def _connect(library: Mirrorlake, endpoint: str, environment: Mapping[str, str]) -> str:
    library.connections.add(
        CONNECTION,
        "s3",
        settings={"endpoint": endpoint, "region": REGION, "bucket": YARD, "path_style": True},
        secrets={
            "access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
        },
    )
    library.connections.check(CONNECTION)
    return f"connected  {CONNECTION}, whose secret is stored encrypted"


def _mirror_yard(library: Mirrorlake) -> str:
    library.datasources.create(
        f"s3://{YARD}/",
        name=YARD,
        connection=CONNECTION,
        settings={"media": ["image", "video", "audio", "document"], "title": "The yard"},
    )
    run = _ended(library.runs.wait(library.datasources.start(YARD)), RunState.SUCCEEDED)
    return f"mirrored   {run.counts.new} objects of {YARD}: photographs, a video, a document and a sound"


def _tag(library: Mirrorlake) -> str:
    for tag, query in TAGS.items():
        _done(library, library.assets.start_edit(BulkEdit.of(Edit(add_tags=(tag,)), query=query)))
    return f"tagged     {' and '.join(TAGS)}"


def _label(library: Mirrorlake) -> str:
    library.ontologies.save(ONTOLOGY, CLASSES)
    number = 0
    for one in LABELLED:
        for asset in library.assets.find(f"filename:{one.name}.* width:{one.width} datasource:demo", limit=1):
            number += len(library.labels.replace(asset.id, ONTOLOGY, one.annotations))
    return f"labelled   {number} things of the ontology {ONTOLOGY}"


def _make_project(library: Mirrorlake) -> str:
    library.projects.create(PROJECT, description="Photographs whose sidecar names the weather.")
    edit = BulkEdit.of(Edit(add_projects=(PROJECT,)), query=PROJECT_QUERY)
    _done(library, library.assets.start_edit(edit))
    settings = SplitSettings(train=70, valid=20, test=10)
    _done(library, library.projects.start_split(SplitOptions(project=PROJECT, settings=settings)))
    _done(library, library.snapshots.start(SnapshotOptions(project=PROJECT, note="first training")))
    assets = library.projects.get(PROJECT).assets
    return f"frozen     {assets} assets of the project {PROJECT}, divided into splits"


def _lose_photographs(library: Mirrorlake, server: LocalS3) -> str:
    """Most photographs of a folder vanish, which may be a mistake: the run holds the removals."""
    client = server.client()
    for number in range(PHOTOGRAPHS - REMOVED, PHOTOGRAPHS):
        client.delete_object(Bucket=YARD, Key=f"{GATE}{number:02}.jpg")
    run = _ended(library.runs.wait(library.datasources.start(YARD, force=True)), RunState.HELD)
    return f"held       {REMOVED} removals in run {run.id}, until somebody confirms them"


def _done(library: Mirrorlake, job: Job) -> None:
    ended = library.jobs.wait(job)
    if ended.state is not RunState.SUCCEEDED:
        raise ContentsFailed(f"The job {job.kind} ended as {ended.state}: {ended.error}.")


def _ended(run: Run, state: RunState) -> Run:
    if run.state is not state:
        raise ContentsFailed(f"Run {run.id} ended as {run.state}, not {state}: {run.error}.")
    return run
