"""Decide where a source may be another one than in earlier passes, so that an absent object proves nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirrorlake.core.columnar import BoolMask, Column, as_binary, mask_of, starts_with
from mirrorlake.core.text import count_noun
from mirrorlake.model.identity import Facts, Identity
from mirrorlake.plan.guard import HALVED_FROM

OTHER_FOLDER = "The folder is not the one that earlier passes saw: possibly another disk, or none, is mounted there."
OTHER_BUCKET = "The bucket is not the one that earlier passes saw: its {} changed."
_SHOWN_MOUNTS = 3  # in one message


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """The keys below which the source may be another one than in earlier passes."""

    reasons: tuple[str, ...] = ()  # sentences
    everything: bool = False
    below: tuple[str, ...] = ()  # prefixes of keys, if not everything is in doubt

    @property
    def any(self) -> bool:
        """Whether anything is in doubt."""
        return self.everything or bool(self.below)

    def cover(self, key: str) -> bool:
        """Whether this key is in doubt."""
        return self.everything or key.startswith(self.below)

    def holds(self, keys: Column) -> BoolMask:
        """Which of these keys are in doubt."""
        if self.everything or not self.below:
            return np.full(len(keys), self.everything, dtype=np.bool_)
        raw = as_binary(keys)
        return np.any([mask_of(starts_with(raw, prefix)) for prefix in self.below], axis=0)


NO_DOUBTS = Doubts()


def compare(before: Identity | None, now: Identity) -> Doubts:
    """Where `now` is not what earlier passes saw. What is unknown on either side does not count; nor do hints."""
    if before is None:
        return NO_DOUBTS
    changed = differing(before.facts, now.facts)
    if changed:
        reason = OTHER_FOLDER if now.hints is None else OTHER_BUCKET.format(" and ".join(changed))
        return Doubts(reasons=(reason,), everything=True)
    if before.mounts is None or now.mounts is None:
        return NO_DOUBTS
    prefixes = sorted({*before.mounts, *now.mounts})
    others = [
        prefix
        for prefix in prefixes
        if (prefix in before.mounts) != (prefix in now.mounts) or differing(before.mounts[prefix], now.mounts[prefix])
    ]
    return _doubt_mounts(others)


def is_other(before: Identity | None, now: Identity | None) -> bool:
    """Whether anything that is known on both sides differs, hints included."""
    return now is not None and (bool(_changed_hints(before, now)) or compare(before, now).any)


def combine(first: Doubts, second: Doubts) -> Doubts:
    """The keys that either doubts."""
    if first.everything or not second.any:
        return first
    if second.everything or not first.any:
        return second
    return _doubt_mounts(sorted({*first.below, *second.below}))


def need_contents(before: Identity | None, now: Identity) -> bool:
    """Whether only the contents show that a bucket is the same: a hint changed, or none is known on both sides."""
    if now.hints is None:
        return False
    hints: Facts = {} if before is None or before.hints is None else before.hints
    return not hints.keys() & now.hints.keys() or bool(differing(hints, now.hints))


def doubt_contents(before: Identity | None, now: Identity, *, kept: int, lost: int) -> Doubts:
    """Whether the contents show that a bucket is another one, given how many known objects it has and has not.

    `lost` counts the known objects that are gone or replaced, apart from moves. They prove nothing if a hint shows that
    the bucket is the same; if no hint is known, those of a bucket with few objects prove nothing either.
    """
    if lost <= kept or not need_contents(before, now):
        return NO_DOUBTS
    changed = _changed_hints(before, now)
    if not changed and kept + lost < HALVED_FROM:
        return NO_DOUBTS
    also = f", and its {' and '.join(changed)} changed" if changed else ""
    share = f"{lost:,} of {count_noun(kept + lost, 'known object')} {'is' if lost == 1 else 'are'} gone or replaced"
    return Doubts(reasons=(f"The bucket is possibly another one of the same name: {share}{also}.",), everything=True)


def differing(before: Facts, now: Facts) -> list[str]:
    """The names of facts that are known on both sides and differ."""
    return sorted(name for name in before.keys() & now.keys() if before[name] != now[name])


def _changed_hints(before: Identity | None, now: Identity) -> list[str]:
    if before is None or before.hints is None or now.hints is None:
        return []
    return differing(before.hints, now.hints)


def _doubt_mounts(prefixes: list[str]) -> Doubts:
    if not prefixes:
        return NO_DOUBTS
    shown = ", ".join(repr(prefix) for prefix in prefixes[:_SHOWN_MOUNTS])
    more = f" and {len(prefixes) - _SHOWN_MOUNTS:,} more folders" if len(prefixes) > _SHOWN_MOUNTS else ""
    reason = f"Not the disk that earlier passes saw, or none, is mounted at {shown}{more}."
    return Doubts(reasons=(reason,), below=tuple(prefixes))
