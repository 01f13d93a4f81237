"""Published prices of clouds for requests and transfer, in one table. Estimates use them; nobody is billed by them.

List prices of one large region each, in US dollars, without taxes, discounts, free tiers and volume tiers. Other
regions differ by up to a third. To renew: read the pages named in `source`, and set `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

CURRENCY: Final = "USD"


@dataclass(frozen=True, slots=True)
class ReadPrice:
    """What it costs to read objects of one storage class."""

    get: float  # 1,000 GET or HEAD requests
    retrieval: float = 0.0  # a gigabyte (10^9 bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The prices of one cloud."""

    name: str  # of the cloud and the region
    source: str  # where they are published
    as_of: str
    domains: tuple[str, ...]  # of the cloud's own servers: other servers have other prices
    list: float  # 1,000 LIST requests
    egress: float  # a gigabyte to the internet, in the first tier
    usual: ReadPrice
    classes: Mapping[str, ReadPrice] = field(default_factory=dict[str, ReadPrice])  # where they differ from the usual


PRICES: Final[tuple[PriceList, ...]] = (
    PriceList(
        name="Amazon S3, us-east-1",
        source="https://aws.amazon.com/s3/pricing/",
        as_of="2025-07",
        domains=("amazonaws.com",),
        list=0.005,
        egress=0.09,
        usual=ReadPrice(0.0004),
        classes={
            "STANDARD_IA": ReadPrice(0.001, 0.01),
            "ONEZONE_IA": ReadPrice(0.001, 0.01),
            "GLACIER_IR": ReadPrice(0.01, 0.03),
        },
    ),
    PriceList(
        name="Google Cloud Storage, us-east1",
        source="https://cloud.google.com/storage/pricing",
        as_of="2025-07",
        domains=("googleapis.com",),
        list=0.005,
        egress=0.12,
        usual=ReadPrice(0.0004),
        classes={
            "NEARLINE": ReadPrice(0.001, 0.01),
            "COLDLINE": ReadPrice(0.01, 0.02),
            "ARCHIVE": ReadPrice(0.05, 0.05),
        },
    ),
    PriceList(
        name="Azure Blob Storage, East US, locally redundant",
        source="https://azure.microsoft.com/pricing/details/storage/blobs/",
        as_of="2025-07",
        domains=("core.windows.net",),
        list=0.005,
        egress=0.087,
        usual=ReadPrice(0.0004),
        classes={"Cool": ReadPrice(0.001, 0.01), "Cold": ReadPrice(0.01, 0.03)},
    ),
)


def price_list(server: str | None) -> PriceList | None:
    """The prices of a store's server, which reports name first by its address; None if it is no cloud of the table."""
    host = urlsplit((server or "").partition(" ")[0]).hostname or ""
    for prices in PRICES:
        if any(host == domain or host.endswith(f".{domain}") for domain in prices.domains):
            return prices
    return None
