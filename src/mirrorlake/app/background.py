"""Long work of a server: it goes on after its request was answered, and its run tells how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from mirrorlake.errors import MirrorlakeError
from mirrorlake.mirror.progress import Began

_log = logging.getLogger(__name__)


def begun(work: Callable[[Began], object]) -> int:
    """Do `work` in a thread; answers the number of its run as soon as that stands.

    Raises what `work` raises before that. A server that ends meanwhile leaves the run as any process does that is
    killed: what was committed stays, and the next run of the datasource marks it as interrupted.
    """
    number: Future[int] = Future()

    def go() -> None:
        try:
            work(number.set_result)
            if not number.done():
                number.set_exception(AssertionError("The work ended without a run."))
        except Exception as error:  # noqa: BLE001 - handed to whoever asked, or logged whole
            if not number.done():
                number.set_exception(error)  # its asker hears it
            elif isinstance(error, MirrorlakeError):
                _log.warning("Run %d ended early: %s", number.result(), error)
            else:
                _log.exception("Run %d failed unexpectedly.", number.result())

    threading.Thread(target=go, name="run", daemon=True).start()
    return number.result()
