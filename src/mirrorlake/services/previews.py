"""Dry runs that a server makes for those who want to look first: made once, told for a while, kept in memory."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import MirrorlakeError, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.cancellation import CancelCheck, never_cancelled
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import dry_run
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.run_context import open_run_context

KEPT = 20  # previews; the oldest is forgotten first


@dataclass(frozen=True, slots=True)
class _Made:
    datasource: str
    report: Future[Report]
    began: float  # monotonic seconds


class Previews:
    """Thread-safe. Who asks for a datasource that is being looked at already is given the same preview.

    `make` is given the datasource's name, and what to call before each request: it raises once `end` was called.
    """

    def __init__(self, make: Callable[[str, CancelCheck], Report]) -> None:
        self._make = make
        self._ended = threading.Event()
        self._held: dict[str, _Made] = {}
        self._lock = threading.Lock()

    def begin(self, datasource: str) -> Preview:
        """Begin to look at a datasource, in a thread."""
        with self._lock:
            for number, made in self._held.items():
                if made.datasource == datasource and not made.report.done():
                    return _under_way(number, made)
            number, made = secrets.token_urlsafe(12), _Made(datasource, Future(), time.monotonic())
            self._held[number] = made
            for old in list(self._held)[:-KEPT]:
                del self._held[old]
        threading.Thread(target=self._look, args=(made,), name="preview", daemon=True).start()
        return _under_way(number, made)

    def told(self, number: str) -> Preview:
        """How far a preview is. Raises NotFound, and what went wrong where nothing could be told."""
        with self._lock:
            made = self._held.get(number)
        if made is None:
            raise NotFound("There is no such preview any more.", "Ask for another one.")
        return _told(number, made)

    def end(self) -> None:
        """Let those under way ask nothing more: a process cannot end while they list a bucket."""
        self._ended.set()

    def _check(self) -> None:
        if self._ended.is_set():
            raise MirrorlakeError("The server ended meanwhile.", "Ask for another preview once it is back.")

    def _look(self, made: _Made) -> None:
        try:
            made.report.set_result(self._make(made.datasource, self._check))
        except Exception as error:  # noqa: BLE001 - handed to whoever asks for the preview
            made.report.set_exception(error)


def _told(number: str, made: _Made) -> Preview:
    if not made.report.done():
        return _under_way(number, made)
    error = made.report.exception()
    if isinstance(error, MirrorlakeError):
        raise error
    report = made.report.result()
    return _preview(number, report, report.seconds)


def _under_way(number: str, made: _Made) -> Preview:
    nothing = Report(run=None, datasource=made.datasource, state=RunState.RUNNING)
    return _preview(number, nothing, time.monotonic() - made.began)


def _preview(number: str, report: Report, seconds: float) -> Preview:
    return Preview(
        id=number,
        datasource=report.datasource,
        state=report.state,
        counts=report.counts,
        requests=report.requests,
        seconds=round(seconds, 3),
        hold=report.hold,
        would=report.would,
        samples=report.samples,
        error=report.error,
    )


def preview(
    settings: Settings, catalog: Catalog, name: str, progress: Progress, *, check: CancelCheck = never_cancelled
) -> Report:
    """What a pass over this datasource would do, with samples. Lists the source and stores nothing. Raises NotFound.

    What goes wrong at the source is told by the report, and what `check` raises to end it early.
    """
    source = datasources.by_name(catalog, name)
    if source is None:
        raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
    with open_run_context(settings, catalog, jobs=None) as parts:
        return dry_run(source, source.id, parts, progress, check=check)
