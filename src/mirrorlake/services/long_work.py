"""Work that goes on after a call has returned: the previews and the runs that a server carries out in threads."""

from __future__ import annotations

from mirrorlake.catalog.outcomes import count_failed
from mirrorlake.catalog.runs import show_run
from mirrorlake.core.errors import Conflict
from mirrorlake.core.settings import Settings
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.progress import NullProgress, OnRunStarted
from mirrorlake.model.acts import Purge
from mirrorlake.model.previews import Preview
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.background import Background
from mirrorlake.services.cancellation import cancel_run
from mirrorlake.services.previews import Previews, preview
from mirrorlake.services.reapply import reapply
from mirrorlake.services.removal import confirm_held, purge_trash
from mirrorlake.services.retry import retry_run


class LongWork:
    """Starts such work and answers at once, with the number of the run that does it."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog
        self._background = Background(lambda run: cancel_run(catalog, run, by="the server, which stopped"))
        self._previews = Previews(lambda name, check: preview(settings, catalog, name, NullProgress(), check=check))

    def end(self) -> None:
        """Cancel what is going on, and wait a little for it."""
        self._previews.end()
        self._background.end()

    def begin_confirm(self, *, run_id: int | None, plan_hash: str | None, count: int | None) -> int:
        """Start to carry out held removals. Raises as `removal.confirm_held`."""
        return self._background.begin(
            lambda began: confirm_held(self._catalog, run_id=run_id, plan_hash=plan_hash, count=count, began=began)
        )

    def begin_retry(self, run_id: int) -> int:
        """Start to read again what failed in a run. Raises NotFound and Conflict."""
        if not count_failed(self._catalog, show_run(self._catalog, run_id).id):
            raise Conflict(f"Nothing failed in run {run_id}: there is nothing to retry.")
        return self._background.begin(
            lambda began: retry_run(self._settings, self._catalog, run_id, NullProgress(), began=began)
        )

    def begin_preview(self, name: str) -> Preview:
        """Start a dry run of a datasource that exists."""
        return self._previews.begin(name)

    def get_preview(self, preview_id: str) -> Preview:
        """The state of a dry run. Raises NotFound."""
        return self._previews.told(preview_id)

    def purgeable(self, name: str, *, days: int) -> Purge:
        """What purging the trash of a datasource would remove. Raises NotFound."""
        found, _ = purge_trash(self._catalog, name, days=days, acknowledged=None)
        return found

    def begin_purge(self, name: str, *, days: int, acknowledged: int) -> int:
        """Start to purge the trash of a datasource. Raises as `removal.purge_trash`, Conflict if nothing would go."""

        def work(began: OnRunStarted) -> None:
            found, report = purge_trash(self._catalog, name, days=days, acknowledged=acknowledged, began=began)
            if report is None:
                long = count_noun(days, "day")
                raise Conflict(f"Nothing waits in the trash of {found.datasource} for {long} that nothing else uses.")

        return self._background.begin(work)

    def begin_reapply(self, name: str) -> int:
        """Start to merge all assets of a datasource again. Raises as `reapply.reapply`."""
        return self._background.begin(lambda began: reapply(self._catalog, name, _unwatched, began=began))


def _unwatched(_done: int, _total: int) -> None:
    """Nobody watches the progress: the run shows it."""
