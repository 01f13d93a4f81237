"""Explain which rule selects or excludes one key. Pure; a pass applies the same rules, a column at a time."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlake.formats.suffixes import MEDIA_TYPES, media_type_of_name
from mirrorlake.model.companions import METADATA, ROLES
from mirrorlake.model.explanations import Explanation, Judgement, Origin, Verdict
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.select.pairing import possible_keys
from mirrorlake.select.rules import Rule, Rules, literal
from mirrorlake.select.stream import ASLEEP, EMPTY, LIBRARY_PREFIX


def explain(key: str, rules: Rules, info: ObjectInfo | None) -> Explanation:
    """Explain which rule selects or excludes `key`. `info` is the store's description of the object, if any."""
    told = _by_name(key, rules)
    if told is not None:
        return told
    judgements = tuple(_judgements(key, rules))
    last = judgements[-1]
    if not last.takes:
        reason = " ".join(_left(judgement) for judgement in judgements)
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason, judgements=judgements)
    verdict, reason = Verdict.ASSET, _taken(last)
    skip = None if info is None else _skip(info)
    if skip is not None:
        verdict, reason = Verdict.SKIPPED, f"{reason} But it is not read: {skip}."
    sidecars = tuple(possible_keys(key, METADATA, rules.suffixes))
    return Explanation(key=key, verdict=verdict, reason=reason, judgements=judgements, sidecars=sidecars)


def _by_name(key: str, rules: Rules) -> Explanation | None:
    """The verdict that depends on the name alone, before any config is consulted."""
    if not key.startswith(rules.prefix):
        reason = f"The key does not start with the datasource's prefix {rules.prefix!r}, so it is never listed."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    if key.startswith((LIBRARY_PREFIX, rules.prefix + LIBRARY_PREFIX)):
        reason = f"The key is under {LIBRARY_PREFIX}, which belongs to the library."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    if key.endswith("/"):
        reason = "The key is a folder marker: some tools create an object with such a name in place of a folder."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    for role in ROLES:
        suffix, stem_suffix = rules.suffixes.get(role.name), role.stem_suffix
        if suffix is not None and key.endswith(suffix):
            asset = key.removesuffix(suffix)
            reason = f"The key has the sidecar suffix {suffix!r}: {role.name} of {asset!r}, never an asset."
            return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
        if stem_suffix is not None and (ending := key[-len(stem_suffix) :]).isascii() and ending.lower() == stem_suffix:
            stem = key[: -len(stem_suffix)]
            reason = f"The key is the sidecar of every image named {stem!r} plus one suffix, such as {stem + '.jpg'!r}."
            return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
    if media_type_of_name(key) is None:
        reason = f"The key has no supported suffix: {', '.join(MEDIA_TYPES)}."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    return None


def _judgements(key: str, rules: Rules) -> Iterator[Judgement]:
    below = key[len(rules.prefix) :]
    for place, rule in enumerate(rules.rules):
        pattern = rule.takes.match_one(below)
        exclude = None if pattern is None or rule.leaves is None else rule.leaves.match_one(below)
        origin, said = (None, None) if pattern is None else _origin(rule, pattern, rules.prefix)
        takes = pattern is not None and exclude is None
        yield Judgement(config=place, id=rule.config.id, origin=origin, pattern=said, exclude=exclude, takes=takes)
        if takes:
            return


def _origin(rule: Rule, pattern: str, prefix: str) -> tuple[Origin | None, str | None]:
    """The setting that contains the pattern that matched, and the pattern as written there."""
    for origin, patterns in rule.said.items():
        for said in patterns:
            if pattern == (literal(said, prefix) if origin is Origin.PATHS else said):
                return origin, said
    return None, None


def _taken(judgement: Judgement) -> str:
    who = _named(judgement)
    if judgement.pattern is None:
        return f"{who} selects it: the config has no patterns, which means everything."
    return f"{who} selects it by {judgement.pattern!r} of {judgement.origin}."


def _left(judgement: Judgement) -> str:
    who = _named(judgement)
    if judgement.exclude is not None:
        return f"{who} excludes it by {judgement.exclude!r} of exclude."
    return f"No pattern of {who[0].lower()}{who[1:]} selects it."


def _named(judgement: Judgement) -> str:
    number = f"Config {judgement.config + 1}"
    return number if judgement.id is None else f"{number} ({judgement.id})"


def _skip(info: ObjectInfo) -> str | None:
    if info.size == 0:
        return EMPTY
    return f"storage class {info.storage_class}" if info.storage_class in ASLEEP else None
