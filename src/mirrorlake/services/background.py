"""Long work of a server: it goes on after its request was answered, and its run tells how far it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from mirrorlake.core.errors import Conflict, MirrorlakeError
from mirrorlake.mirror.progress import OnRunStarted

END_S = 10.0  # what is under way at a source is waited for, all of it together

_log = logging.getLogger(__name__)


class Background:
    """The runs that a server works on in threads of its own. `cancel` asks that a run end; it may raise Conflict."""

    def __init__(self, cancel: Callable[[int], object]) -> None:
        self._cancel = cancel
        self._going: dict[int, threading.Thread] = {}

    def begin(self, work: Callable[[OnRunStarted], object]) -> int:
        """Do `work` in a thread; answers the number of its run as soon as that stands.

        Raises what `work` raises before that. A server that is killed meanwhile leaves the run as any process does:
        what was committed stays, and the next run of the datasource marks it as interrupted.
        """
        number: Future[int] = Future()
        thread = threading.Thread(target=_go, args=(work, number), name="run", daemon=True)
        thread.start()
        run = number.result()
        self._going = {each: going for each, going in self._going.items() if going.is_alive()} | {run: thread}
        return run

    def end(self) -> None:
        """Cancel what still goes on, and wait a little until it has ended: what was committed stays."""
        going = {run: thread for run, thread in self._going.items() if thread.is_alive()}
        for run in going:
            with suppress(Conflict):  # it is over meanwhile
                self._cancel(run)
        deadline = time.monotonic() + END_S
        for thread in going.values():
            thread.join(max(deadline - time.monotonic(), 0))


def _go(work: Callable[[OnRunStarted], object], number: Future[int]) -> None:
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
