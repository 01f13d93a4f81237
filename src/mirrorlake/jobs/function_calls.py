"""Call a function for some assets or runs at once, in processes or over HTTP, with the bytes that it asks for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Self

import orjson

from mirrorlake.catalog import datasources, functions
from mirrorlake.catalog.function_calls import Called, WaitingCall
from mirrorlake.catalog.functions import StoredFunction
from mirrorlake.connections.webhook_requests import ask
from mirrorlake.core.errors import UsageError
from mirrorlake.functions.answers import ANSWER_BYTES, Answer, read_answer
from mirrorlake.functions.callers import CallFailed, PythonCaller
from mirrorlake.functions.channel import Setup
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.library_store import library_store
from mirrorlake.jobs.signing import read_secret
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.functions import FunctionKind
from mirrorlake.storage.base import Store

REQUESTS_AT_ONCE = 8
LOOK_S = 0.5  # between two looks whether the job was cancelled
READ_BYTES = 256 << 20  # of an original that a function reads
CallOnce = Callable[[WaitingCall], bytes]  # the answer. Raises CallFailed and FunctionUnusable


class Calls:
    """Makes the calls of one function, several at once."""

    def __init__(self, call: CallOnce, threads: ThreadPoolExecutor, check: Callable[[], object]) -> None:
        self._call = call
        self._threads = threads
        self._check = check

    def __call__(self, waiting: Sequence[WaitingCall]) -> list[Called]:
        """Make these calls. Raises FunctionUnusable, and RunCancelled if the job was cancelled."""
        futures = [self._threads.submit(self._one, each) for each in waiting]
        open_: set[Future[Called]] = set(futures)
        while open_:
            self._check()
            ended, open_ = wait(open_, LOOK_S, FIRST_COMPLETED)
            for each in ended:
                each.result()  # raises at once what concerns all of them
        return [each.result() for each in futures]

    def _one(self, call: WaitingCall) -> Called:
        try:
            return Called(call=call, answer=self._read(call, self._call(call)))
        except CallFailed as error:
            return Called(call=call, error=str(error))
        except UsageError as error:
            return Called(call=call, error=error.message)

    def _read(self, call: WaitingCall, answer: bytes) -> Answer:
        return Answer() if call.of_run else read_answer(answer)


@contextmanager
def open_calls(stored: StoredFunction, context: JobContext) -> Generator[Calls]:
    """Calls of a function. Raises MirrorlakeError if its file or secret cannot be read."""
    function = stored.function
    if function.kind is FunctionKind.WEBHOOK:
        send = _Webhook(stored, context)
        threads = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="function")
        try:
            yield Calls(send, threads, context.lease.check)
        finally:  # requests in flight are not awaited: they end by their deadline, and their responses are dropped
            threads.shutdown(wait=False, cancel_futures=True)
        return
    setup = Setup(
        source=functions.source_of(context.catalog, stored.id),
        name=function.name,
        entry=function.entry or "",
        memory_bytes=function.memory_mb << 20,
    )
    processes = context.processes or os.cpu_count() or 1
    with (
        _Reader(context) as reader,
        ThreadPoolExecutor(processes, thread_name_prefix="function") as threads,
        PythonCaller(setup, timeout_s=function.timeout_s) as caller,
    ):

        def call(waiting: WaitingCall) -> bytes:
            return caller(dict(waiting.document), reader.of(waiting), of_run=waiting.of_run)

        try:
            yield Calls(call, threads, context.lease.check)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


class _Reader:
    """Reads what functions ask for: originals through the stores of their datasources, and thumbnails."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._stores: dict[int, Store] = {}
        self._lock = threading.Lock()  # calls read in threads
        self._library = library_store(context.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for store in self._stores.values():
            store.close()
        self._library.close()

    def of(self, call: WaitingCall) -> Callable[[bool], bytes | None]:
        """Read the original of the asset of a call, or if asked its thumbnail. Raises MirrorlakeError."""

        def read(thumbnail: bool) -> bytes | None:  # noqa: FBT001 - a callback
            if thumbnail:
                thumbnails = Thumbnails(self._context.catalog, self._library.store)
                return None if call.thumbnail is None else thumbnails.read(call.thumbnail)
            if call.datasource_id is None:
                return None
            key = str(call.document["key"])
            return self._store(call.datasource_id).get(key, token=call.token, limit=READ_BYTES).data

        return read

    def _store(self, datasource_id: int) -> Store:
        with self._lock:
            if datasource_id not in self._stores:
                source = datasources.by_id(self._context.catalog, datasource_id)
                self._stores[datasource_id] = self._context.store_of(source).open()
            return self._stores[datasource_id]


class _Webhook:
    """Sends signed requests; the response is the answer."""

    def __init__(self, stored: StoredFunction, context: JobContext) -> None:
        self._function = stored.function
        self._networks = context.settings.allow_addresses
        self._secret = read_secret(context.settings, context.catalog, functions.secret_owner(stored.function.name))

    def __call__(self, call: WaitingCall) -> bytes:
        """Send one request and return the body of the response. Raises CallFailed."""
        subject = "run" if call.of_run else "asset"
        document: dict[str, Any] = {"function": self._function.name, subject: call.document}
        document["event"] = call.document["event"]
        answer = ask(
            self._function.url or "",
            orjson.dumps(document),
            secret=self._secret,
            event=str(call.document["event"]),
            at=int(time.time()),
            networks=self._networks,
            deadline_s=float(self._function.timeout_s),
            limit=ANSWER_BYTES,
        )
        if answer.error is not None:
            raise CallFailed(answer.error)
        return answer.body
