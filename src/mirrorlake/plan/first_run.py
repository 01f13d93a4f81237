"""Estimate what a first run over a location needs: requests, bytes, time and cost. Pure.

candidates ──FirstReads.add──▶ reads by storage class ──estimate──▶ Estimate
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column, distinct, equal_to, present, sum_where
from mirrorlake.model.companions import ROLES
from mirrorlake.model.location_previews import Cost, Estimate
from mirrorlake.model.looking import LOOK_AT_ALL, Looking
from mirrorlake.model.objects import Requests
from mirrorlake.plan.prices import CURRENCY, PriceList
from mirrorlake.plan.reading_cost import reading_cost

# Images that one process reads, decodes and commits: about 145 a second with two of them, `benchmarks/RESULTS.md`.
OBJECTS_PER_PROCESS_S = 70
BYTES_PER_S = 100_000_000  # an assumption: about a gigabit of network
_GB = 1_000_000_000
_CENTS = 4  # decimals: a thousand GET requests cost less than a tenth of a cent


@dataclass(slots=True)
class Reads:
    """Objects and sidecars to be read."""

    objects: int = 0
    gets: int = 0
    bytes: int = 0


class FirstReads:
    """Counts what a first run reads of the candidates of a selection, by storage class. Archived ones are not read."""

    def __init__(self, looking: Looking = LOOK_AT_ALL) -> None:
        self._looking = looking
        self.by_class: dict[str, Reads] = {}

    def add(self, candidates: pa.RecordBatch) -> None:
        """The next candidates (CANDIDATES). One that is deferred comes again, and is counted then."""
        read = ~present(column(candidates, "skip"))
        classes = column(candidates, "storage_class")
        names: list[Any] = distinct(classes).to_pylist()
        for name in names:
            of_class = ~present(classes) if name is None else equal_to(classes, name)
            self._add(name or "", candidates, read & of_class)

    def _add(self, name: str, candidates: pa.RecordBatch, mask: BoolMask) -> None:
        number = int(mask.sum())
        if not number:
            return
        reads = self.by_class.setdefault(name, Reads())
        reads.objects += number
        cost = reading_cost(candidates, mask, self._looking)
        reads.gets += cost.gets
        reads.bytes += cost.bytes
        for role in ROLES:  # a companion is read for each asset that it serves
            served = mask & present(column(candidates, role.key))
            reads.gets += int(served.sum())
            reads.bytes += sum_where(column(candidates, role.size), served)


def estimate(
    reads: Mapping[str, Reads], made: Requests, prices: PriceList | None, *, listing_s: float, processes: int
) -> Estimate:
    """What a first run needs that reads this, and sends the requests that the preview made to list it.

    `listing_s` is how long those took; `processes` of this machine read images.
    """
    gets, size = sum(one.gets for one in reads.values()), sum(one.bytes for one in reads.values())
    requests = Requests(list=made.list, get=made.get + gets, head=made.head)
    objects = sum(one.objects for one in reads.values())
    reading_s = max(objects / (OBJECTS_PER_PROCESS_S * max(processes, 1)), size / BYTES_PER_S)
    return Estimate(
        requests=requests,
        bytes=size,
        seconds=round(listing_s + reading_s, 1),
        cost=None if prices is None else _cost(reads, requests, gets, prices),
    )


def _cost(reads: Mapping[str, Reads], requests: Requests, gets: int, prices: PriceList) -> Cost:
    own = requests.head + requests.get - gets  # of glob files
    paid = (requests.list * prices.list + own * prices.usual.get) / 1000
    retrieval = egress = 0.0
    for name, one in reads.items():
        price = prices.classes.get(name, prices.usual)
        paid += one.gets * price.get / 1000
        retrieval += one.bytes * price.retrieval / _GB
        egress += one.bytes * prices.egress / _GB
    return Cost(
        currency=CURRENCY,
        requests=round(paid, _CENTS),
        retrieval=round(retrieval, _CENTS),
        egress=round(egress, _CENTS),
        same_region=round(paid + retrieval, _CENTS),
        with_egress=round(paid + retrieval + egress, _CENTS),
        prices=prices.name,
        as_of=prices.as_of,
        source=prices.source,
    )
