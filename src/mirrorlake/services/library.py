"""All services of an open library, for one caller."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Context
from mirrorlake.services.activity import ActivityService
from mirrorlake.services.api_keys import ApiKeyService
from mirrorlake.services.assets import AssetService
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.connections import ConnectionService
from mirrorlake.services.datasources import DatasourceService
from mirrorlake.services.events import EventService
from mirrorlake.services.exports import ExportService
from mirrorlake.services.folders import FolderService
from mirrorlake.services.functions import FunctionService
from mirrorlake.services.jobs import JobService
from mirrorlake.services.labels import LabelService
from mirrorlake.services.likeness import LikenessService
from mirrorlake.services.master_keys import MasterKeyService
from mirrorlake.services.members import MemberService
from mirrorlake.services.ontologies import OntologyService
from mirrorlake.services.projects import ProjectService
from mirrorlake.services.runs import RunService
from mirrorlake.services.saved_searches import SavedSearchService
from mirrorlake.services.search_indexes import SearchIndexService
from mirrorlake.services.sessions import AccountService, SessionService
from mirrorlake.services.snapshots import SnapshotService
from mirrorlake.services.stored_answers import AnswerService
from mirrorlake.services.webhooks import WebhookService
from mirrorlake.services.workspaces import WorkspaceService


class LocalLibrary:
    """Implements `contract.Library` in this process. Cheap to create: a server creates one per request."""

    def __init__(self, resources: Resources, caller: Context) -> None:
        """Raises NotFound if the caller's workspace does not exist."""
        resources = resources.of(caller.workspace)
        self.place = resources.catalog.schema or ""
        self.assets = AssetService(resources, caller)
        self.datasources = DatasourceService(resources, caller)
        self.runs = RunService(resources, caller)
        self.jobs = JobService(resources, caller)
        self.projects = ProjectService(resources, caller)
        self.folders = FolderService(resources, caller)
        self.snapshots = SnapshotService(resources, caller)
        self.events = EventService(resources, caller)
        self.connections = ConnectionService(resources, caller)
        self.master_keys = MasterKeyService(resources, caller)
        self.webhooks = WebhookService(resources, caller)
        self.functions = FunctionService(resources, caller)
        self.ontologies = OntologyService(resources, caller)
        self.labels = LabelService(resources, caller)
        self.exports = ExportService(resources, caller)
        self.indexes = SearchIndexService(resources, caller)
        self.saved_searches = SavedSearchService(resources, caller)
        self.likeness = LikenessService(resources, caller)
        self.activity = ActivityService(resources, caller)
        self.members = MemberService(resources, caller)
        self.api_keys = ApiKeyService(resources, caller)
        self.sessions = SessionService(resources, caller)
        self.account = AccountService(resources, caller)
        self.answers = AnswerService(resources, caller)
        self.workspaces = WorkspaceService(resources, caller)

    def record_refusal(self, permission: str, *, method: str, path: str, more: int) -> None:
        """See `ServedLibrary.record_refusal`."""
        self.activity.record_refusal(permission, method=method, path=path, more=more)


@contextmanager
def open_library(settings: Settings, caller: Context) -> Generator[LocalLibrary]:
    """The library of these settings, closed at the end. Raises CatalogError."""
    with open_resources(settings) as resources:
        yield LocalLibrary(resources, caller)
