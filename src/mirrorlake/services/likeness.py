"""Use cases of likeness: choose a model, and embed pictures."""

from __future__ import annotations

from dataclasses import replace

from mirrorlake.catalog import embeddings, jobs
from mirrorlake.catalog.activity import record_activity
from mirrorlake.model.access import Permission
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.jobs import Job, JobKind, NewJob
from mirrorlake.model.likeness import Likeness
from mirrorlake.model.pool_names import check_pool
from mirrorlake.services.base import Service, requires
from mirrorlake.services.likeness_contract import PictureLikeness


class LikenessService(Service, PictureLikeness):
    """Implements `PictureLikeness` over the catalog."""

    @requires(Permission.ASSETS_READ)
    def show(self) -> Likeness:
        """See `PictureLikeness.show`."""
        from mirrorlake.embedding.registry import installed_models  # noqa: PLC0415  loads numpy

        return replace(
            embeddings.status(self.resources.catalog), models=installed_models(self.resources.settings.models)
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def change(self, model: str | None, *, pool: str | None = None) -> Likeness:
        """See `PictureLikeness.change`."""
        if pool is not None:
            check_pool(pool)
        if model is not None:
            from mirrorlake.embedding.registry import check_model  # noqa: PLC0415  loads numpy

            # Only the operator lets the library fetch from outside.
            check_model(model, self.resources.settings.models, may_fetch=self.caller.is_operator)
        job = self._job()
        with self.resources.catalog.write() as connection:
            embeddings.set_wanted_model(connection, model, pool=pool)
            details = {"likeness": model} | ({} if pool is None else {"pool": pool})
            workspace = self.caller.workspace
            record_activity(
                connection, self.caller, Action.CHANGE_SETTINGS, Subject.WORKSPACE, [workspace], details=details
            )
            if model is not None:
                embeddings.enqueue(connection, job if pool is None else replace(job, pool=pool))
        return self.show()

    @requires(Permission.LIBRARY_MAINTAIN)
    def update(self) -> Job:
        """See `PictureLikeness.update`."""
        return jobs.show_job(self.resources.catalog, jobs.request(self.resources.catalog, self._job()))

    def _job(self) -> NewJob:
        from mirrorlake.jobs.execution import new_job  # noqa: PLC0415  loads the libraries that reach buckets
        from mirrorlake.jobs.handlers.likeness import LikenessArgs  # noqa: PLC0415  as above

        job = new_job(JobKind.LIKENESS, LikenessArgs(), requested_by=self.caller.actor.name)
        return replace(job, pool=embeddings.pool_of_workers(self.resources.catalog))
