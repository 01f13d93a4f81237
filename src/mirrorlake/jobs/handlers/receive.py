"""Poll the queue of a datasource: store the keys that its messages name, then delete the messages."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

from mirrorlake.catalog import events
from mirrorlake.catalog.events import Receiver
from mirrorlake.connections.events.arrival import sort_arrivals
from mirrorlake.connections.events.reading import read_events
from mirrorlake.core.errors import MirrorlakeError, StorageError
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.providers.registry import queue_service
from mirrorlake.storage.queues import MessageQueue

WAIT_S = 5  # for the first message: the longest time until a worker that is stopped has stopped
TURN_S = 600.0  # then the queue of another datasource may have its turn
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0  # after an error; doubled for each further one
KEPT_DAYS = 1
RECEIVING = "receiving"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveArgs:
    """With `once`, the job ends as soon as the queue is empty."""

    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveResult:
    """What was read from a queue."""

    messages: int


def receive(job: Job, args: ReceiveArgs, context: JobContext) -> ReceiveResult:
    """Read messages until the datasource gets its events from elsewhere, or another queue should have its turn.

    An error is recorded with the datasource, and the queue is asked again later.
    """
    source = context.source(job)
    context.reporter.step(RECEIVING, 0, 0)
    receiver = events.find_receiver(context.catalog, source.id)
    once = args.once or context.draining
    messages, pause_s, ends = 0, FIRST_PAUSE_S, time.monotonic() + TURN_S
    if receiver is None:
        return ReceiveResult(messages=0)
    with closing(_open(receiver, source, context)) as queue:
        while time.monotonic() < ends and events.find_receiver(context.catalog, source.id) == receiver:
            context.reporter.step(RECEIVING, messages, messages)
            try:
                found = _receive_some(queue, source, context, wait_s=0 if once else WAIT_S)
            except StorageError as error:
                events.record_poll(context.catalog, source.id, str(error))
                if once:
                    raise
                _pause(context, pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            messages, pause_s = messages + found, FIRST_PAUSE_S
            if once and not found:
                break
    return ReceiveResult(messages=messages)


def _receive_some(queue: MessageQueue, source: Datasource, context: JobContext, *, wait_s: int) -> int:
    """Receive, store and delete some messages; return their number."""
    messages = queue.receive(wait_s=wait_s)
    if messages:
        arrival = sort_arrivals((read_events(message.body) for message in messages), source.location)
        events.add_hints(context.catalog, source.id, arrival.keys, arrival.counts, arrival.warning)
        queue.delete(messages)
    events.record_poll(context.catalog, source.id, None)
    return len(messages)


def _open(receiver: Receiver, source: Datasource, context: JobContext) -> MessageQueue:
    service = queue_service(receiver.kind)
    if service is None or receiver.address is None:
        raise MirrorlakeError(f"The events of datasource {source.name} are not in a queue.")
    networks = None if receiver.trusted else context.settings.allow_addresses
    try:
        factory = context.store_of(source)
        access, credentials = source.access, None
        if isinstance(factory, StoreConfig):
            access, credentials = factory.access, factory.credentials
        return service.open(receiver.address, access, credentials=credentials, networks=networks)
    except MirrorlakeError as error:
        events.record_poll(context.catalog, source.id, str(error))
        raise


def _pause(context: JobContext, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        context.lease.check()
        time.sleep(0.2)


RECEIVE = Handler(
    kind=JobKind.RECEIVE,
    args=ReceiveArgs,
    result=ReceiveResult,
    run=receive,
    lock=lambda datasource_id: None if datasource_id is None else events.receiving_lock(datasource_id),
    policy=RetryPolicy(after_failure=False),
    background=True,
    kept_days=KEPT_DAYS,
)
