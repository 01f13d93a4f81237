"""A library over a folder of pictures, with a worker that does what is due."""

from __future__ import annotations

from pathlib import Path

from tests.support.buckets import picture_no

from mirrorlake.catalog import datasources, jobs, ontologies
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.functions import FunctionEvent, NewFunction
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.model.sources import Access, Datasource, Location, MirrorConfig, MirrorSettings, Orphans, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.search.run import stream
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary

ADA = Context(actor=Actor(kind=ActorKind.USER, name="ada"))
MEASURE = """
from mirrorlake.functions import Asset, Label, Result

def measure(asset: Asset) -> Result:
    data = asset.read()
    label = Label(ontology="site", class_name="seen")
    return Result(
        metadata={"bytes_read": len(data), "calls": int(asset.metadata.get("calls", 0)) + 1},
        add_tags=["measured", asset.event.partition(".")[2]], labels=[label],
    )
"""


class Photos:
    """A library over a folder of pictures."""

    def __init__(self, catalog: Catalog, home: Path) -> None:
        self.catalog = catalog
        self.folder = home / "photos"
        self.folder.mkdir(parents=True)
        self.settings = Settings(home=home, allow_addresses=("127.0.0.0/8",))
        self.library = LocalLibrary(Resources(self.settings, catalog), ADA)
        self.runs = 0
        ontologies.save(catalog, "site", [LabelClass(name="seen", shape=Shape.CLASSIFICATION, colour="#000000")])
        self.source: Datasource = datasources.create(
            catalog,
            name="photos",
            location=Location(provider=Provider.FILE, container=str(self.folder)),
            access=Access(),
            settings=MirrorSettings(configs=(MirrorConfig(orphans=Orphans.TRASH),)),
        )

    def put(self, *numbers: int, content: int = 0) -> None:
        for number in numbers:
            (self.folder / f"{number:02}.png").write_bytes(picture_no(number + content))

    def mirror(self) -> None:
        workdir = self.settings.home / f"plan {self.runs}"
        workdir.mkdir()
        self.runs += 1
        context = RunContext(
            catalog=self.catalog,
            thumbnails=LibraryStore.in_folder(self.settings.thumbnails),
            workdir=workdir,
            processes=0,
            ranges=1,
        )
        run_pass(self.source, context, NullProgress())

    def add(
        self, name: str, text: str, *events: FunctionEvent, query: str = "", pool: str = "default", **rest: int
    ) -> None:
        entry = text.partition("def ")[2].partition("(")[0]
        function = NewFunction(
            name=name,
            source=text,
            entry=entry,
            events=events or (FunctionEvent.CREATED,),
            query=query,
            pool=pool,
            **rest,
        )
        self.library.functions.add(function)

    def work(self, pool: str = "default") -> bool:
        """A worker does everything that is due."""
        worker = Worker(self.settings, self.catalog, jobs=1, log=lambda _: None, stop=Stop(), pool=pool)
        return worker.drain()

    def values(self, key: str, query: str = "sort:name") -> list[object]:
        return [asset.metadata.get(key) for asset in stream(self.catalog, query)]

    def ids(self) -> list[str]:
        return [asset.id for asset in stream(self.catalog, "sort:name")]

    def calls(self) -> int:
        """Jobs of functions so far."""
        return len(jobs.list_jobs(self.catalog, limit=100, kind=JobKind.FUNCTION.value))
