"""What a location holds, and what a datasource with given patterns would do with it, before the datasource exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from mirrorlake.model.objects import Requests
from mirrorlake.model.previews import Sample
from mirrorlake.model.public import public_noun
from mirrorlake.model.queue import QueuedReason
from mirrorlake.model.runs import RunState


class LeftOutKind(StrEnum):
    """Why an object would not be read. Each object has one kind, the first that applies."""

    FOLDER_MARKER = "folder_marker"  # some tools create such an object in place of a folder
    UNSUPPORTED = "unsupported"  # the suffix of no supported format
    NO_PATTERN = "no_pattern"
    EXCLUDED = "excluded"  # a pattern of `exclude` matches
    EMPTY = "empty"  # selected, but it has no bytes
    ARCHIVED = "archived"  # selected, but its storage class cannot be read at once
    UNUSABLE = "unusable"  # no catalog can store its key, or it is a symbolic link


@public_noun
class LeftOut:
    """The objects that would not be read for one reason, with some of them."""

    kind: LeftOutKind
    objects: int
    bytes: int
    samples: tuple[Sample, ...]


@public_noun
class FormatTally:
    """The objects with the suffixes of one format."""

    format: str
    """Its name, such as JPEG."""
    objects: int
    bytes: int
    selected: int
    """How many of them the patterns select."""


@public_noun
class FolderTally:
    """The objects below one folder of the location."""

    folder: str
    """Relative to the location, with a slash at its end; empty for the objects in no folder."""
    objects: int
    bytes: int
    selected: int


@public_noun
class OtherFolders:
    """The folders that are not shown one by one."""

    folders: int
    objects: int
    bytes: int


@public_noun
class SidecarTally:
    """The sidecars in a location."""

    found: int
    bytes: int
    paired: int
    """How many belong to a selected object."""
    unpaired: int
    """How many belong to none: their object is missing, or not selected."""
    samples: tuple[str, ...]
    """Keys of some that belong to none."""


@public_noun
class Cost:
    """An estimate of what a cloud charges for a first run by its published prices, without taxes and discounts."""

    currency: str
    requests: float
    """For LIST, GET and HEAD requests."""
    retrieval: float
    """For reading from storage classes with a retrieval fee."""
    egress: float
    """For transfer out of the cloud."""
    same_region: float
    """The total if mirrorlake runs in the region of the bucket, where transfer is free."""
    with_egress: float
    """The total if it runs outside of the cloud."""
    prices: str
    """Whose prices these are, and of which region."""
    as_of: str
    """The date of the prices."""
    source: str
    """Where they are published."""


@public_noun
class Estimate:
    """What a first run over the location would need, of what was listed so far."""

    requests: Requests
    bytes: int
    """Of objects and sidecars, to be read."""
    seconds: float
    """Rough: from the measured listing, and the speed of this machine at reading images."""
    cost: Cost | None
    """Null if no prices are known, as for a folder or a server of one's own."""


@public_noun
class LocationSummary:
    """What a location holds, as far as it was listed."""

    uri: str
    connection: str | None
    complete: bool
    """Whether the whole location was listed."""
    listed: int
    listed_bytes: int
    selected: int
    """Supported objects that the patterns select, those that would be skipped included."""
    selected_bytes: int
    samples: tuple[Sample, ...]
    """Some objects that would be read, drawn from the whole listing, by key."""
    left_out: tuple[LeftOut, ...]
    formats: tuple[FormatTally, ...]
    """Supported formats by suffix, the most frequent first."""
    other_suffixes: Mapping[str, int] = field(default_factory=dict[str, int])
    """Objects with other suffixes, the most frequent first; empty text for objects without a suffix."""
    folders: tuple[FolderTally, ...]
    """The largest folders at the top of the location, the one with most objects first."""
    other_folders: OtherFolders | None
    sidecars: SidecarTally
    requests: Requests
    """Sent for the preview itself."""
    seconds: float
    server: str | None
    estimate: Estimate
    notes: tuple[str, ...] = ()
    """Sentences about what was probably not intended, and about folders that could not be listed."""
    error: str | None = None
    """Why the listing ended early."""


@public_noun
class LocationPreview:
    """The preview of a location on a server, running or ended. It is a job, which can be watched and cancelled."""

    id: str
    """The number of its job."""
    uri: str
    state: RunState
    """`running`, then `succeeded`, `failed` or `cancelled`."""
    summary: LocationSummary | None
    """What was found so far; grows while it runs. Null until the first objects are listed."""
    error: str | None
    waiting: QueuedReason | None = None
    """The reason why it has not started."""
