"""The SDK: a library over HTTP, with the same nouns and the same use cases as in process.

with Mirrorlake("http://127.0.0.1:8765", api_key="…") as client:
    for asset in client.assets.find('metadata.site:"hall 3"', limit=10):
        print(asset.name)
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from mirrorlake.client.activity import ActivityClient
from mirrorlake.client.assets import AssetClient
from mirrorlake.client.connection import Connection
from mirrorlake.client.connections import ConnectionClient
from mirrorlake.client.datasources import DatasourceClient
from mirrorlake.client.events import EventClient
from mirrorlake.client.exports import ExportClient
from mirrorlake.client.folders import FolderClient
from mirrorlake.client.functions import FunctionClient
from mirrorlake.client.jobs import JobClient
from mirrorlake.client.labels import LabelClient, OntologyClient
from mirrorlake.client.likeness import LikenessClient
from mirrorlake.client.master_keys import MasterKeyClient
from mirrorlake.client.members import AccountClient, ApiKeyClient, MemberClient, SessionClient
from mirrorlake.client.projects import ProjectClient
from mirrorlake.client.runs import RunClient
from mirrorlake.client.saved_searches import SavedSearchClient
from mirrorlake.client.search_indexes import SearchIndexClient
from mirrorlake.client.snapshots import SnapshotClient
from mirrorlake.client.webhooks import WebhookClient
from mirrorlake.client.workspaces import WorkspaceClient


class Mirrorlake:
    """The library on a server. `url` is printed by `mirrorlake up`.

    `api_key` is an API key, or the token that was printed too. `workspace` is the name of the workspace that all calls
    are about; None: that of the key, or `default`.

    It has an attribute for each noun, and implements `contract.Library`. Use it as a context manager, or close it.
    Thread-safe. Every method raises NotFound, QueryError, AccessDenied or another MirrorlakeError with the server's
    message.
    """

    def __init__(self, url: str, api_key: str | None = None, *, workspace: str | None = None) -> None:
        self._connection = Connection(url, api_key, workspace)
        self.assets = AssetClient(self._connection)
        self.datasources = DatasourceClient(self._connection)
        self.runs = RunClient(self._connection)
        self.jobs = JobClient(self._connection)
        self.projects = ProjectClient(self._connection)
        self.folders = FolderClient(self._connection)
        self.snapshots = SnapshotClient(self._connection)
        self.events = EventClient(self._connection)
        self.connections = ConnectionClient(self._connection)
        self.master_keys = MasterKeyClient(self._connection)
        self.webhooks = WebhookClient(self._connection)
        self.functions = FunctionClient(self._connection)
        self.ontologies = OntologyClient(self._connection)
        self.labels = LabelClient(self._connection)
        self.exports = ExportClient(self._connection)
        self.indexes = SearchIndexClient(self._connection)
        self.saved_searches = SavedSearchClient(self._connection)
        self.likeness = LikenessClient(self._connection)
        self.activity = ActivityClient(self._connection)
        self.workspaces = WorkspaceClient(self._connection)
        self.members = MemberClient(self._connection)
        self.api_keys = ApiKeyClient(self._connection)
        self.sessions = SessionClient(self._connection)
        self.account = AccountClient(self._connection)

    def close(self) -> None:
        """Close the sockets."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
