"""The estimate of a first run: what is read, how long that takes, and what a cloud charges for it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from tests.support.listings import Obj, listing, taking

from mirrorlake.model.objects import Requests
from mirrorlake.plan.first_run import BYTES_PER_S, OBJECTS_PER_PROCESS_S, FirstReads, Reads, estimate
from mirrorlake.plan.prices import PRICES, price_list
from mirrorlake.select.stream import select

AWS = "https://s3.eu-west-1.amazonaws.com"
MADE = Requests(list=10, get=1, head=1)  # with a glob file


def test_objects_are_read_once_and_sidecars_with_each_of_their_objects() -> None:
    bucket = {
        "a.jpg": Obj(size=100),
        "a.json": Obj(size=7),
        "a.png": Obj(size=50, storage_class="STANDARD_IA"),
        "archived.jpg": Obj(size=9, storage_class="GLACIER"),
        "empty.jpg": Obj(size=0),
    }
    reads = FirstReads()
    for candidates in select(listing(bucket), taking()):
        reads.add(candidates)
    assert reads.by_class == {
        "STANDARD": Reads(objects=1, gets=2, bytes=107),
        "STANDARD_IA": Reads(objects=1, gets=2, bytes=57),
    }


def test_a_cost_is_the_sum_of_its_parts_by_storage_class() -> None:
    gigabyte = 1_000_000_000
    reads = {"": Reads(1000, 2000, 3 * gigabyte), "GLACIER_IR": Reads(1000, 1000, gigabyte)}
    told = estimate(reads, MADE, price_list(AWS), listing_s=1.0, processes=2)
    assert told.requests == Requests(list=10, get=3001, head=1)
    assert told.bytes == 4 * gigabyte
    cost = told.cost
    assert cost is not None
    listing, gets, glob_file = 10 * 0.005 / 1000, 2000 * 0.0004 / 1000 + 1000 * 0.01 / 1000, 2 * 0.0004 / 1000
    assert cost.requests == pytest.approx(listing + gets + glob_file, abs=1e-4)
    assert cost.retrieval == pytest.approx(0.03)
    assert cost.egress == pytest.approx(4 * 0.09)
    assert cost.same_region == pytest.approx(cost.requests + cost.retrieval, abs=1e-4)
    assert cost.with_egress == pytest.approx(cost.same_region + cost.egress, abs=1e-4)
    assert (cost.currency, cost.source.startswith("https://aws.amazon.com/")) == ("USD", True)


def test_many_small_objects_take_processing_time_and_few_large_ones_transfer_time() -> None:
    small = estimate({"": Reads(1400, 1400, 1400)}, MADE, None, listing_s=5.0, processes=2)
    large = estimate({"": Reads(1, 1, 10 * BYTES_PER_S)}, MADE, None, listing_s=5.0, processes=2)
    assert small.seconds == pytest.approx(5 + 1400 / (2 * OBJECTS_PER_PROCESS_S))
    assert large.seconds == pytest.approx(5 + 10)
    assert small.cost is None


@pytest.mark.parametrize(
    ("server", "known"),
    [
        (AWS, "Amazon"),
        ("https://s3.us-east-1.amazonaws.com (AWS_ENDPOINT_URL)", "Amazon"),
        ("https://s3.wasabisys.com", None),
        ("https://amazonaws.com.evil.example", None),
        ("https://notamazonaws.com", None),
        ("http://127.0.0.1:8333 (the connection lake)", None),
        ("https://storage.googleapis.com", "Google"),
        ("https://acme.blob.core.windows.net/photos", "Azure"),
        ("http://127.0.0.1:10000/devstoreaccount1", None),
        (None, None),
    ],
)
def test_only_the_cloud_s_own_servers_have_its_prices(server: str | None, known: str | None) -> None:
    prices = price_list(server)
    assert (prices and prices.name.split()[0]) == known


def test_every_price_list_says_where_and_when_its_prices_were_published() -> None:
    for prices in PRICES:
        assert prices.source.startswith("https://")
        year, month = map(int, re.findall(r"\d+", prices.as_of))
        assert date(2025, 1, 1) <= date(year, month, 1)
        for price in (prices.usual, *prices.classes.values()):
            assert 0 < prices.usual.get <= price.get < 1
            assert 0 <= price.retrieval < prices.egress < 1
