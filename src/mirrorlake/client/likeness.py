"""Likeness over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient
from mirrorlake.model.jobs import Job
from mirrorlake.model.likeness import Likeness
from mirrorlake.services.likeness_contract import PictureLikeness


class LikenessClient(NounClient, PictureLikeness):
    """Implements `PictureLikeness` over HTTP."""

    def show(self) -> Likeness:
        """See `PictureLikeness.show`."""
        return self.connection.ask(Likeness, "GET", "/likeness")

    def change(self, model: str | None, *, pool: str | None = None) -> Likeness:
        """See `PictureLikeness.change`."""
        return self.connection.ask(Likeness, "PUT", "/likeness", body={"model": model, "pool": pool})

    def update(self) -> Job:
        """See `PictureLikeness.update`."""
        return self.connection.ask(Job, "POST", "/likeness/update")
