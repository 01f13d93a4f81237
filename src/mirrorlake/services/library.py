"""All services of an open library, for one caller."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Context
from mirrorlake.services.activity import ActivityService
from mirrorlake.services.assets import AssetService
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.connections import ConnectionService
from mirrorlake.services.datasources import DatasourceService
from mirrorlake.services.events import EventService
from mirrorlake.services.jobs import JobService
from mirrorlake.services.labels import LabelService
from mirrorlake.services.ontologies import OntologyService
from mirrorlake.services.projects import ProjectService
from mirrorlake.services.runs import RunService
from mirrorlake.services.webhooks import WebhookService


class LocalLibrary:
    """Implements `contract.Library` in this process. Cheap to create: a server creates one per request."""

    def __init__(self, resources: Resources, caller: Context) -> None:
        self.assets = AssetService(resources, caller)
        self.datasources = DatasourceService(resources, caller)
        self.runs = RunService(resources, caller)
        self.jobs = JobService(resources, caller)
        self.projects = ProjectService(resources, caller)
        self.events = EventService(resources, caller)
        self.connections = ConnectionService(resources, caller)
        self.webhooks = WebhookService(resources, caller)
        self.ontologies = OntologyService(resources, caller)
        self.labels = LabelService(resources, caller)
        self.activity = ActivityService(resources, caller)


@contextmanager
def open_library(settings: Settings, caller: Context) -> Generator[LocalLibrary]:
    """The library of these settings, closed at the end. Raises CatalogError."""
    with open_resources(settings) as resources:
        yield LocalLibrary(resources, caller)
