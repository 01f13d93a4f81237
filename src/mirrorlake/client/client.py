"""The SDK: a library over HTTP, with the same nouns and the same use cases as in process.

with Client("http://127.0.0.1:8765", api_key="…") as client:
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
from mirrorlake.client.jobs import JobClient
from mirrorlake.client.labels import LabelClient, OntologyClient
from mirrorlake.client.projects import ProjectClient
from mirrorlake.client.runs import RunClient
from mirrorlake.client.webhooks import WebhookClient


class Client:
    """One server. `url` is printed by `mirrorlake up`; `api_key` is its token. Implements `contract.Library`.

    Every method raises NotFound, QueryError, AccessDenied or another MirrorlakeError with the server's message.
    """

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        self._connection = Connection(url, api_key)
        self.assets = AssetClient(self._connection)
        self.datasources = DatasourceClient(self._connection)
        self.runs = RunClient(self._connection)
        self.jobs = JobClient(self._connection)
        self.projects = ProjectClient(self._connection)
        self.events = EventClient(self._connection)
        self.connections = ConnectionClient(self._connection)
        self.webhooks = WebhookClient(self._connection)
        self.ontologies = OntologyClient(self._connection)
        self.labels = LabelClient(self._connection)
        self.activity = ActivityClient(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
