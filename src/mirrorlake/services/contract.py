"""The use cases, one Protocol per noun, implemented in process by the services and over HTTP by the SDK.

The command line, the REST API and the SDK bind to these Protocols. The caller is not a parameter: services are made
for one caller (`services.library`), and a server takes it from the request. Every method is thread-safe and raises
only `MirrorlakeError`s; PermissionDenied where the caller lacks the permission is not repeated below.
"""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from typing import Final, Protocol

from mirrorlake.model.acts import Deletion, Purge
from mirrorlake.model.assets import OpenOriginal, Unchanged
from mirrorlake.model.connections import Health
from mirrorlake.model.datasource_changes import DatasourceChange
from mirrorlake.model.explanations import Explained
from mirrorlake.model.label_sidecars import FoundClassNames
from mirrorlake.model.location_previews import LocationPreview
from mirrorlake.model.pages import Page
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run, RunState
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.select.json_reader import Json
from mirrorlake.services.access_contract import Account as Account
from mirrorlake.services.access_contract import ApiKeys as ApiKeys
from mirrorlake.services.access_contract import Members as Members
from mirrorlake.services.access_contract import Sessions as Sessions
from mirrorlake.services.activity_contract import EVERY_ACTIVITY as EVERY_ACTIVITY
from mirrorlake.services.activity_contract import Activities as Activities
from mirrorlake.services.asset_contract import Assets as Assets
from mirrorlake.services.connection_contract import Connections as Connections
from mirrorlake.services.event_contract import Events as Events
from mirrorlake.services.export_contract import Exports as Exports
from mirrorlake.services.folder_contract import Folders as Folders
from mirrorlake.services.function_contract import Functions as Functions
from mirrorlake.services.index_contract import SearchIndexes as SearchIndexes
from mirrorlake.services.job_contract import PAGE_LIMIT as PAGE_LIMIT
from mirrorlake.services.job_contract import Jobs as Jobs
from mirrorlake.services.label_contract import Labels as Labels
from mirrorlake.services.label_contract import Ontologies as Ontologies
from mirrorlake.services.likeness_contract import PictureLikeness as PictureLikeness
from mirrorlake.services.master_key_contract import SecretKeys as SecretKeys
from mirrorlake.services.project_contract import Projects as Projects
from mirrorlake.services.run_contract import Runs as Runs
from mirrorlake.services.saved_search_contract import SavedSearches as SavedSearches
from mirrorlake.services.snapshot_contract import Snapshots as Snapshots
from mirrorlake.services.waiting import pauses
from mirrorlake.services.webhook_contract import Webhooks as Webhooks
from mirrorlake.services.workspace_contract import Workspaces as Workspaces

TRASH_DAYS: Final = 30


class Datasources(Protocol):
    """Show, run, change and delete datasources."""

    def list(self) -> Sequence[DatasourceSummary]:
        """All datasources, by name."""
        ...

    def get(self, name: str) -> DatasourceSummary:
        """One datasource. Raises NotFound."""
        ...

    def create(
        self,
        uri: str,
        *,
        name: str | None = None,
        connection: str | None = None,
        settings: Mapping[str, Json] | None = None,
        run: bool = False,
    ) -> DatasourceSummary:
        """Create a datasource; with `run`, also queue its first run. `settings` as in a settings file.

        Its address cannot be changed. Without a connection, it is accessed as the library's machine. Raises NotFound
        for an unknown connection, Conflict if the name is taken, and UsageError (SettingsError, PatternError).
        """
        ...

    def begin_location_preview(
        self, uri: str, *, connection: str | None = None, settings: Mapping[str, Json] | None = None
    ) -> LocationPreview:
        """Start to list a location and to count what a datasource with these settings would select of it.

        The preview is a job: watch its progress and cancel it by its number. Stores no datasource. Raises the errors
        of `create`.
        """
        ...

    def begin_change_preview(self, name: str, change: Mapping[str, Json]) -> LocationPreview:
        """Start to list the location of a datasource and to count what it would select after a change.

        It is accessed as its runs access it. Nothing is changed; otherwise as `begin_location_preview`. Raises the
        errors of `change_settings`.
        """
        ...

    def get_location_preview(self, preview_id: str) -> LocationPreview:
        """The state of a preview of a location, with what it found so far. Raises NotFound."""
        ...

    def preview_location(
        self, uri: str, *, connection: str | None = None, settings: Mapping[str, Json] | None = None
    ) -> LocationPreview:
        """Start a preview of a location, wait for it and return its result. Raises the errors of `create`."""
        preview = self.begin_location_preview(uri, connection=connection, settings=settings)
        for pause in pauses():
            if preview.state is not RunState.RUNNING:
                break
            time.sleep(pause)
            preview = self.get_location_preview(preview.id)
        return preview

    def check(self, name: str, *, origin: str | None = None) -> Health:
        """Try each ability that a run needs with real requests, and read an object that the patterns select.

        Nothing is stored. Raises NotFound.
        """
        ...

    def explain(self, name: str, key: str) -> Explained:
        """What a run does with one key, and why. Raises NotFound, UsageError and StorageError."""
        ...

    def class_names(
        self, name: str, *, key: str | None = None, ontology: str | None = None
    ) -> Sequence[FoundClassNames]:
        """The class names in the file `key` of the source, or in each data.yaml, classes.txt or the like that it has.

        They are mapped to classes of `ontology`, or of the one that the label files have. Raises NotFound, UsageError
        for a file without class names, and StorageError.
        """
        ...

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """Change some settings, by their names in a settings file; keep the others. Raises NotFound, SettingsError.

        `connection` is the name of the connection to use from the next run on; None leaves the present one, and the
        machine's own credentials are used. Another connection or server dismisses held removals. Raises Conflict if
        another server would replace the content of assets that other datasources show.
        """
        ...

    def history_page(self, name: str, *, limit: int = 100, cursor: str | None = None) -> Page[DatasourceChange]:
        """Who created and changed a datasource, from which values to which, the newest first. Raises NotFound."""
        ...

    def history(self, name: str, *, limit: int = 20) -> Sequence[DatasourceChange]:
        """The newest changes of a datasource. Raises NotFound."""
        found: list[DatasourceChange] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self.history_page(name, limit=min(limit - len(found), PAGE_LIMIT), cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def start(self, name: str, *, force: bool = False) -> Run:
        """Queue a run for the next free worker; `force` overrides the cooldown, which is recorded.

        Raises NotFound, PassRunning and CoolingDown.
        """
        ...

    def begin_preview(self, name: str) -> Preview:
        """Start a dry run. Raises NotFound."""
        ...

    def get_preview(self, preview_id: str) -> Preview:
        """The state of a dry run, with its result once it has ended. Raises NotFound."""
        ...

    def preview(self, name: str) -> Preview:
        """Start a dry run, wait for it and return its result. Stores nothing. Raises NotFound."""
        preview = self.begin_preview(name)
        for pause in pauses():
            if preview.state is not RunState.RUNNING:
                break
            time.sleep(pause)
            preview = self.get_preview(preview.id)
        return preview

    def reapply(self, name: str) -> Run:
        """Start a run that merges the metadata of all assets again. Raises NotFound and PassRunning."""
        ...

    def purgeable(self, name: str, *, days: int = TRASH_DAYS) -> Purge:
        """What purging the trash would remove. Raises NotFound."""
        ...

    def purge(self, name: str, *, acknowledge: int, days: int = TRASH_DAYS) -> Run:
        """Start a run that purges the trash.

        Raises NotFound, UsageError if the number of assets differs, Conflict if it is zero, and PassRunning.
        """
        ...

    def deletion(self, name: str) -> Deletion:
        """What deleting the datasource would do. Raises NotFound."""
        ...

    def delete(self, name: str, *, acknowledge: int) -> Deletion:
        """Delete a datasource. Raises NotFound, UsageError if the number of assets differs, and PassRunning."""
        ...


class Library(Protocol):
    """All nouns of a library, for one caller."""

    @property
    def assets(self) -> Assets:
        """Use cases of assets."""
        ...

    @property
    def datasources(self) -> Datasources:
        """Use cases of datasources."""
        ...

    @property
    def runs(self) -> Runs:
        """Use cases of runs."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Use cases of jobs."""
        ...

    @property
    def projects(self) -> Projects:
        """Use cases of projects."""
        ...

    @property
    def folders(self) -> Folders:
        """Use cases of folders."""
        ...

    @property
    def snapshots(self) -> Snapshots:
        """Use cases of snapshots."""
        ...

    @property
    def events(self) -> Events:
        """Use cases of events."""
        ...

    @property
    def connections(self) -> Connections:
        """Use cases of connections."""
        ...

    @property
    def master_keys(self) -> SecretKeys:
        """Use cases of master keys."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Use cases of webhooks."""
        ...

    @property
    def functions(self) -> Functions:
        """Use cases of own functions."""
        ...

    @property
    def ontologies(self) -> Ontologies:
        """Use cases of ontologies."""
        ...

    @property
    def labels(self) -> Labels:
        """Use cases of labels."""
        ...

    @property
    def exports(self) -> Exports:
        """Use cases of exports."""
        ...

    @property
    def indexes(self) -> SearchIndexes:
        """Use cases of search indexes."""
        ...

    @property
    def saved_searches(self) -> SavedSearches:
        """Use cases of saved searches."""
        ...

    @property
    def likeness(self) -> PictureLikeness:
        """Use cases of likeness."""
        ...

    @property
    def activity(self) -> Activities:
        """Use cases of activity."""
        ...

    @property
    def workspaces(self) -> Workspaces:
        """Use cases of workspaces."""
        ...

    @property
    def members(self) -> Members:
        """Use cases of members."""
        ...

    @property
    def api_keys(self) -> ApiKeys:
        """Use cases of API keys."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Use cases of sessions."""
        ...

    @property
    def account(self) -> Account:
        """Use cases of the caller itself."""
        ...


class ServedAssets(Assets, Protocol):
    """The assets of a library behind a server."""

    def open_original(
        self, asset_id: str, *, known: Container[str] = (), direct: bool = False
    ) -> OpenOriginal | Unchanged:
        """As `original`, but the bytes are read while they are sent; with `direct`, those of a bucket too.

        Raises NotFound and StorageError.
        """
        ...


class ServedSnapshots(Snapshots, Protocol):
    """The snapshots of a library behind a server."""

    def open_original(self, name: str, asset_id: str) -> OpenOriginal:
        """As `original`, but the bytes are read while they are sent. Raises NotFound and StorageError."""
        ...


class ServedLibrary(Library, Protocol):
    """A library behind a server, which also records what it refused."""

    @property
    def assets(self) -> ServedAssets:
        """Assets."""
        ...

    @property
    def snapshots(self) -> ServedSnapshots:
        """Snapshots."""
        ...

    @property
    def place(self) -> str:
        """Identifies the workspace in this server; unlike its name, it never becomes that of another one."""
        ...

    def record_refusal(self, permission: str, *, method: str, path: str, more: int) -> None:
        """Record that the caller was refused a request, and `more` like it that were not recorded."""
        ...
