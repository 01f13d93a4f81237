"""Where commands read, edit and decide: the library on this machine, or a server named by MIRRORLAKE_URL."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from mirrorlake.core.settings import Settings, read_local_settings, read_settings
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.model.acts import Deletion, Project, Purge
from mirrorlake.model.assets import Asset, AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.explanations import Explained
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Outcome, OutcomeKind, Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.model.verification import Finding, Verification
from mirrorlake.select.json_reader import Json


class Reader(Protocol):
    """What the reading and editing commands ask, answered alike by `app.Library` and by `client.Client`."""

    def find(self, query: str, *, limit: int | None) -> Iterator[Asset]:
        """Assets that match, newest first; `limit` None means all."""
        ...

    def asset(self, asset_id: str) -> AssetDetail:
        """Everything about one asset. Raises NotFound."""
        ...

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """Change metadata and tags of one asset; answers it as it is then. Raises NotFound and UsageError."""
        ...

    def datasources(self) -> list[DatasourceSummary]:
        """Every datasource, by name."""
        ...

    def runs(self, *, limit: int, datasource: str | None) -> list[Run]:
        """The newest runs first."""
        ...

    def run(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        ...

    def outcomes(self, run_id: int, *, limit: int, offset: int, kind: OutcomeKind | None) -> list[Outcome]:
        """What happened to single objects in a run, by key. Raises NotFound."""
        ...


class Actor(Protocol):
    """What people decide and is done at once, answered alike by `app.ActingLibrary` and by `client.Client`."""

    def restore(self, asset_id: str) -> AssetDetail:
        """Bring an asset back from the trash. Raises NotFound, UsageError where it is not there."""
        ...

    def explain(self, name: str, key: str) -> Explained:
        """What becomes of one key of a datasource, and why. Raises NotFound, UsageError, StorageError."""
        ...

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """Change some settings and keep the others; the datasource as it is then. Raises NotFound, SettingsError."""
        ...

    def delete_datasource(self, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
        """What deleting a datasource does, and whether it was done. Raises NotFound, UsageError, PassRunning."""
        ...

    def projects(self) -> list[Project]:
        """Every project with the number of its assets, by name."""
        ...

    def add_to_project(self, name: str, asset_ids: list[str]) -> int:
        """Put assets into a project; answers how many were not in it. Raises NotFound, UsageError."""
        ...

    def remove_from_project(self, name: str, asset_ids: list[str]) -> int:
        """Take assets out of a project; answers how many were in it. Raises NotFound."""
        ...


class Server(Protocol):
    """A server that does long work: it answers with the run that it began, and `wait` sees that to its end."""

    def confirm(self, *, run_id: int | None, plan_hash: str | None) -> Run:
        """Let held removals happen. Raises NotFound, UsageError and Conflict."""
        ...

    def cancel(self, run_id: int) -> Run:
        """Ask that a run end. Raises NotFound and Conflict."""
        ...

    def run(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        ...

    def retry(self, run_id: int) -> Run:
        """Look again at what failed in a run. Raises NotFound and Conflict."""
        ...

    def preview(self, name: str) -> Preview:
        """What a pass would do. Raises NotFound."""
        ...

    def start(self, name: str) -> Run:
        """Ask for a pass. Raises NotFound, PassRunning and CoolingDown."""
        ...

    def purgeable(self, name: str, *, days: int) -> Purge:
        """What of a datasource's trash has waited so many days. Raises NotFound."""
        ...

    def purge(self, name: str, *, acknowledge: int, days: int) -> Run:
        """Remove it for good. Raises NotFound, UsageError where another number would go, and Conflict."""
        ...

    def reapply(self, name: str) -> Run:
        """Merge all assets of a datasource again. Raises NotFound and Conflict."""
        ...

    def wait(self, run: Run, told: Callable[[Run], None] | None = None) -> Run:
        """The run when it has ended; `told` hears how far it is meanwhile."""
        ...


class Acting(Protocol):
    """The same long work in this process, as `app.ActingLibrary` does it."""

    def confirm(self, *, run_id: int | None, plan_hash: str | None) -> Report:
        """Let held removals happen. Raises NotFound, UsageError and Conflict."""
        ...

    def cancel(self, run_id: int) -> Run:
        """End a run, and wait until it has; the run as it is then. Raises NotFound and Conflict."""
        ...

    def preview(self, name: str, progress: Progress) -> Report:
        """What a pass over a datasource would do, with samples; stores nothing. Raises NotFound."""
        ...

    def retry(self, run_id: int, progress: Progress, *, jobs: int | None) -> Report:
        """Look again at what failed in a run. Raises NotFound and Conflict."""
        ...

    def verify(
        self,
        name: str | None,
        *,
        sample: int | None,
        found: Callable[[Finding], None],
        done: Callable[[int, int], None],
    ) -> Verification:
        """Ask the sources whether what is remembered is still true; writes nothing. Raises NotFound."""
        ...

    def check_thumbnails(self, step: Callable[[str, int, int], None]) -> ThumbnailCheck:
        """Count the thumbnails that assets lack, and the files that no asset uses; changes nothing."""
        ...

    def make_thumbnails(
        self, step: Callable[[str, int, int], None], *, told: Callable[[Unmade], None], jobs: int | None
    ) -> Making:
        """Make every thumbnail that an asset lacks. Raises Conflict."""
        ...

    def purge(self, name: str, *, days: int, acknowledged: int | None) -> tuple[Purge, Report | None]:
        """What of a datasource's trash has waited so many days, and the run that removed it, if its number was said.

        Raises NotFound, UsageError where another number would go, PassRunning.
        """
        ...

    def clean_thumbnails(
        self, step: Callable[[str, int, int], None], *, hours: int, acknowledged: int | None
    ) -> Cleaning:
        """Remove the files that no asset uses and nobody wrote for `hours`. Raises Conflict, UsageError."""
        ...

    def reapply(self, name: str, done: Callable[[int, int], None]) -> Report:
        """Merge all assets of a datasource again; `done` hears how many of how many. Raises NotFound and Conflict."""
        ...


@contextmanager
def open_reader() -> Generator[Reader]:
    """The library or the server that the environment names, closed at the end."""
    settings = read_settings()
    if settings.server_url is not None:
        with _client(settings) as client:
            yield client
    else:
        from mirrorlake.services.library import Library  # noqa: PLC0415  a client of a server needs no database driver

        with Library.open(settings) as library:
            yield library


@contextmanager
def open_actor() -> Generator[Actor]:
    """The same, for what people decide."""
    settings = read_settings()
    if settings.server_url is not None:
        with _client(settings) as client:
            yield client
    else:
        from mirrorlake.services.acting import ActingLibrary  # noqa: PLC0415  loads the libraries that reach buckets

        with ActingLibrary.open(settings) as library:
            yield library


@contextmanager
def open_acting() -> Generator[Acting]:
    """The library on this machine, for long work in this process. Raises SettingsError where a server is meant."""
    from mirrorlake.services.acting import ActingLibrary  # noqa: PLC0415  loads the libraries that reach buckets

    with ActingLibrary.open(read_local_settings()) as library:
        yield library


@contextmanager
def open_server() -> Generator[Server | None]:
    """The server that the environment names; None where the work is done in this process."""
    settings = read_settings()
    if settings.server_url is None:
        yield None
    else:
        with _client(settings) as client:
            yield client


def _client(settings: Settings) -> AbstractContextManager[Any]:
    from mirrorlake.client import Client  # noqa: PLC0415  its HTTP library costs 0.2 s

    return Client(settings.server_url or "", api_key=settings.api_key)
