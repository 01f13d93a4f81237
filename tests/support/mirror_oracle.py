"""The result of a pass in plain dictionaries: the oracle of the model test, without SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.objects import KnownState
from mirrorlake.model.sources import MirrorConfig, NamingStrategy, Orphans
from mirrorlake.select.fingerprints import UNREAD

Value = str | int
Entries = dict[str, tuple[Value, str]]  # of each metadata key: its value, and who set it ("bucket" or "user")
CAREFUL = (Orphans.KEEP, Orphans.TRASH, Orphans.REMOVE)
# The patterns of the test in words of its own.
MEANINGS = {
    "a*": lambda key: key.startswith("a") and "/" not in key,
    "b/**": lambda key: key.startswith("b/"),
    "in/*": lambda key: key.startswith("in/") and "/" not in key[3:],
}


@dataclass(frozen=True)
class Row:
    """One asset, and what is remembered of its object."""

    key: str
    name: str
    state: str
    known: KnownState
    token: str
    sidecar: str | None  # the token of the sidecar that was last dealt with
    entries: Entries
    tags: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    edited: bool = False  # a person ever changed its metadata
    digest: str = ""  # of the bytes that were read last
    born: int = 0  # the pass that made it
    document: Entries | None = None  # what its sidecar said when it could be used last

    @property
    def worked_on(self) -> bool:
        return bool(self.edited or self.tags or self.projects or self.state == "trash")


@dataclass
class World:
    """The bucket as a listing shows it, and the settings of its datasource."""

    pictures: Mapping[str, str]  # the token of each key
    empty: frozenset[str]  # keys of no bytes: selected and skipped
    sidecars: Mapping[str, str]  # by stem: the token
    values: Mapping[str, Mapping[str, Value] | None]  # of each sidecar's token; None: unusable
    configs: Sequence[MirrorConfig]
    digests: Mapping[str, str]  # of the bytes of each token
    passes: int = 0  # that began before this one
    concluded: int = 0  # the last of them that ended well

    def governing(self, key: str) -> MirrorConfig | None:
        """The first config that selects a key, whether the object exists or not."""
        for config in self.configs:
            taken = not config.globs or any(MEANINGS[glob](key) for glob in config.globs)
            if taken and not any(MEANINGS[glob](key) for glob in config.exclude):
                return config
        return None

    def selected(self) -> set[str]:
        return {key for key in {*self.pictures, *self.empty} if self.governing(key)}

    def live(self) -> set[str]:
        return self.selected() - self.empty

    def has_object(self, key: str) -> bool:
        return key in self.pictures or key in self.empty

    def sidecar_of(self, key: str) -> str | None:
        return self.sidecars.get(key.rpartition(".")[0])

    def orphaned(self, key: str) -> Orphans:
        """The orphan policy of an asset whose key is no longer selected."""
        config = self.governing(key)
        return config.orphans if config else min((each.orphans for each in self.configs), key=CAREFUL.index)

    def is_orphan(self, key: str) -> bool:
        return not self.has_object(key) or self.governing(key) is None


@dataclass
class Outcome:
    """What one pass leaves."""

    rows: dict[str, Row]  # by asset id
    fresh: dict[str, Row] = field(default_factory=dict)  # new assets, by key
    moved: int = 0
    held: set[str] = field(default_factory=set)  # assets whose removal waits


def converge(
    before: Mapping[str, Row], world: World, *, waiting: frozenset[str] = frozenset(), consent: bool
) -> Outcome:
    """What one clean pass leaves; with `consent`, also once everything that it holds was confirmed.

    `waiting` are assets whose removal was held before, and waits.
    """
    selected, live = world.selected(), world.live()
    known = {row.key: asset for asset, row in before.items()}
    moves = _moves(before, world, known)
    done = Outcome(rows={}, moved=len(moves))
    for asset, row in before.items():
        if asset in moves:
            done.rows[asset] = _moved(row, moves[asset], world)
        elif row.key in live:
            done.rows[asset] = _stays(row, world)
        else:
            done.rows[asset] = row
    for key in live - known.keys() - set(moves.values()):
        done.fresh[key] = new_row(key, world)
    orphans = {asset: row for asset, row in before.items() if row.key not in selected and asset not in moves}
    if not consent:  # a confirmed removal removes, and does nothing else
        copied = _take_places(before, orphans, done, world, waiting)
        orphans = {asset: row for asset, row in orphans.items() if asset not in copied}
    going = {asset: row for asset, row in orphans.items() if _hides(row, world)}
    if not consent:
        listed = bool(world.pictures or world.empty or world.sidecars)
        done.held = _held(before, going, listed=listed) | (waiting & going.keys())
    for asset, row in orphans.items():
        if asset not in done.held:
            left = _orphaned(row, world)
            if left is None:
                del done.rows[asset]
            else:
                done.rows[asset] = left
    return done


def _moves(before: Mapping[str, Row], world: World, known: Mapping[str, str]) -> dict[str, str]:
    """The new key of each asset whose object is one that vanished and came, if that is certain."""
    gone = {key: before[asset].token for key, asset in known.items() if key not in world.selected()}
    came = {key: world.pictures[key] for key in world.live() - known.keys()}
    pairs = pair_by_search(gone, came)
    return {known[old]: new for old, new in pairs.items() if not world.has_object(old)}


def pair_by_search(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """Which keys belong together, by key of the left side; the values are identities.

    From the longest common end of their paths to none, those with one identity are a pair if they have no rival.
    """
    found: dict[str, str] = {}
    depth = max((len(key.split("/")) for key in left), default=0)
    for length in range(depth, -1, -1):
        gone, came = (
            {
                key: (identity, *key.split("/")[len(key.split("/")) - length :])
                for key, identity in side.items()
                if key not in done and len(key.split("/")) >= length
            }
            for side, done in ((left, {*found}), (right, {*found.values()}))
        )
        lefts, rights = Counter(gone.values()), Counter(came.values())
        places = {end: key for key, end in came.items()}
        found |= {key: places[end] for key, end in gone.items() if lefts[end] == rights[end] == 1}
    return found


def _take_places(
    before: Mapping[str, Row], orphans: Mapping[str, Row], done: Outcome, world: World, waiting: frozenset[str]
) -> set[str]:
    """Let assets whose object is gone take the places of copies; returns these assets."""
    copies = {
        row.key: row
        for asset, row in done.rows.items()
        if row.key in world.live() and not row.worked_on and not (asset in before and _read_again(before[asset], world))
    } | done.fresh
    gone = {
        row.key: row
        for row in orphans.values()
        if row.known is not KnownState.PRESENT or row.state != "trash"
        if row.known in (KnownState.PRESENT, KnownState.TRASHED) or row.state != "trash"
    }
    number = {row.key: asset for asset, row in before.items()}
    recent = {key: row for key, row in copies.items() if row.born > world.concluded}
    pairs = _pair_copies(gone, recent)
    opened = {
        key: row
        for key, row in gone.items()
        if key not in pairs and row.known is KnownState.PRESENT and number[key] not in waiting
    }
    pairs |= _pair_copies(opened, {key: row for key, row in copies.items() if key not in pairs.values()})
    moved = {number[old]: new for old, new in pairs.items() if not world.has_object(old)}
    for asset, key in moved.items():
        done.rows[asset] = _on_copy(before[asset], copies[key], world)
        done.fresh.pop(key, None)
        done.rows.pop(number.get(key, ""), None)
    done.moved += len(moved)
    return set(moved)


def _pair_copies(gone: Mapping[str, Row], copies: Mapping[str, Row]) -> dict[str, str]:
    """The copy of each of these keys, if that is certain."""

    def of(digest: str, side: Mapping[str, Row]) -> list[int]:
        return [row.born for row in side.values() if row.digest == digest]

    older = {key: row.digest for key, row in gone.items() if row.born < max(of(row.digest, copies), default=-1)}
    younger = {key: row.digest for key, row in copies.items() if row.born > min(of(row.digest, gone), default=row.born)}
    pairs = pair_by_search(older, younger)
    return {old: new for old, new in pairs.items() if gone[old].born < copies[new].born}


def _on_copy(row: Row, copy: Row, world: World) -> Row:
    """An asset that has taken the place of a copy, whose sidecar was read already."""
    moved = _renamed(replace(row, token=copy.token), copy.key, world)
    if _sidecar_frozen(moved, world) or copy.sidecar == row.sidecar:
        return moved
    values = {name: value for name, (value, _) in (copy.document or {}).items()}
    known = {} if copy.sidecar is None else {copy.sidecar: values if copy.document is not None else None}
    read = replace(
        world,
        values={**world.values, **known},
        sidecars={**world.sidecars, copy.key.rpartition(".")[0]: copy.sidecar} if copy.sidecar else {},
    )
    return _with_sidecar(moved, read)


def _moved(row: Row, key: str, world: World) -> Row:
    moved = _renamed(row, key, world)
    return _with_sidecar(moved, world) if sidecar_differs(moved, world) else moved


def _renamed(row: Row, key: str, world: World) -> Row:
    config = world.governing(key)
    assert config
    name = _plain_name(config, key, row.token) or (key if row.name == row.key else row.name)
    return replace(row, key=key, name=name, state="present", known=KnownState.PRESENT)


def _stays(row: Row, world: World) -> Row:
    config = world.governing(row.key)
    assert config
    here = replace(row, state="present", known=KnownState.PRESENT)
    changed = _read_again(row, world)
    if changed:
        token = world.pictures[row.key]
        here = replace(here, token=token, digest=world.digests[token])
    if sidecar_differs(row, world):
        return _with_sidecar(here, world)
    return _named(here, world) if changed else here


def _read_again(row: Row, world: World) -> bool:
    """Whether there are other bytes to be read under the key of an asset."""
    config = world.governing(row.key)
    return config is not None and config.update_image and world.pictures.get(row.key, row.token) != row.token


def new_row(key: str, world: World) -> Row:
    """An asset that is made now."""
    config, sidecar = world.governing(key), world.sidecar_of(key)
    assert config
    token = world.pictures[key]
    values = (world.values[sidecar] if sidecar else None) or {}
    return Row(
        key=key,
        name=_plain_name(config, key, token) or _metadata_name(values, config) or key,
        state="present",
        known=KnownState.PRESENT,
        token=token,
        sidecar=sidecar,
        entries=_from_bucket(values),
        digest=world.digests[token],
        born=world.passes + 1,
        document=None if not sidecar or world.values[sidecar] is None else _from_bucket(values),
    )


def _from_bucket(values: Mapping[str, Value]) -> Entries:
    return {name: (value, "bucket") for name, value in values.items()}


def sidecar_differs(row: Row, world: World) -> bool:
    """Whether there is a sidecar to be dealt with, or one that went."""
    return not _sidecar_frozen(row, world) and world.sidecar_of(row.key) != row.sidecar


def _sidecar_frozen(row: Row, world: World) -> bool:
    """Whether the sidecar that was read stays as it was read."""
    config = world.governing(row.key)
    return config is not None and not config.update_metadata and row.sidecar not in (None, UNREAD)


def _with_sidecar(row: Row, world: World) -> Row:
    entries, sidecar = merged(row, world), world.sidecar_of(row.key)
    values = None if sidecar is None else world.values[sidecar]
    document = _from_bucket(values) if values is not None else (None if sidecar is None else row.document)
    return replace(_named(row, world), sidecar=sidecar, entries=entries, document=document)


def merged(row: Row, world: World) -> Entries:
    """The metadata once the sidecar of now is merged into them."""
    config, sidecar = world.governing(row.key), world.sidecar_of(row.key)
    assert config
    if sidecar is not None and world.values[sidecar] is None:
        return row.entries  # nothing of it can be used
    entries = _from_bucket((sidecar and world.values[sidecar]) or {})
    users = {name: entry for name, entry in row.entries.items() if entry[1] == "user"}
    match config.metadata_strategy:
        case MetadataStrategy.MERGE_BUCKET_WINS:
            return users | entries
        case MetadataStrategy.MERGE_USER_WINS:
            return entries | users
        case MetadataStrategy.OVERWRITE:
            return entries
        case MetadataStrategy.UNTIL_FIRST_CHANGE:
            return row.entries if row.edited else entries
        case MetadataStrategy.APPEND:
            return entries | row.entries


def _plain_name(config: MirrorConfig, key: str, token: str) -> str | None:
    match config.naming:
        case NamingStrategy.FULL_PATH:
            return key
        case NamingStrategy.FILE_NAME:
            return key.rpartition("/")[2]
        case NamingStrategy.ETAG:
            return token
        case NamingStrategy.METADATA:
            return None


def _metadata_name(values: Mapping[str, Value], config: MirrorConfig) -> str | None:
    value = values.get(str(config.naming_key))
    return None if value is None else str(value)


def _named(row: Row, world: World) -> Row:
    """Named again, as every asset is whose object or sidecar was read."""
    config, sidecar = world.governing(row.key), world.sidecar_of(row.key)
    assert config
    plain = _plain_name(config, row.key, row.token)
    if plain is not None:
        return replace(row, name=plain)
    if _sidecar_frozen(row, world):
        return row  # the sidecar that named it is not read again
    if sidecar is None:
        return replace(row, name=row.key)
    values = world.values[sidecar]
    return row if values is None else replace(row, name=_metadata_name(values, config) or row.key)


def _hides(row: Row, world: World) -> bool:
    """Whether settling this orphan puts it out of sight."""
    return policy_for(row, world) is not Orphans.KEEP and row.known in (KnownState.PRESENT, KnownState.MISSING)


def policy_for(row: Row, world: World) -> Orphans:
    """What happens to this asset once its object is gone: a project keeps it, and what people did is not removed."""
    policy = Orphans.KEEP if row.projects else world.orphaned(row.key)
    return Orphans.TRASH if policy is Orphans.REMOVE and (row.edited or row.tags) else policy


def _orphaned(row: Row, world: World) -> Row | None:
    """An asset whose key is not selected any more; None: it is removed."""
    if row.known in (KnownState.TRASHED, KnownState.KEPT):
        return row
    match policy_for(row, world):
        case Orphans.KEEP:
            if row.known is KnownState.MISSING:
                return row
            return replace(row, known=KnownState.MISSING, state="missing" if row.state == "present" else row.state)
        case Orphans.REMOVE:
            return None
        case _:
            return replace(row, known=KnownState.TRASHED, state="trash")


def _held(before: Mapping[str, Row], going: Mapping[str, Row], *, listed: bool) -> set[str]:
    standing = Counter(_group(row) for row in before.values() if row.known in (KnownState.PRESENT, KnownState.MISSING))
    leaving = Counter(map(_group, going.values()))
    if not listed or _too_many(leaving.total(), standing.total()):
        return set(going)
    return {asset for asset, row in going.items() if _too_many(leaving[_group(row)], standing[_group(row)])}


def _too_many(going: int, had: int) -> bool:
    return had >= 10 and 2 * going > had


def _group(row: Row) -> str:
    folder, slash, _ = row.key.partition("/")
    return folder if slash else ""
