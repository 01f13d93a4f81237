"""Say in words which rule takes or leaves one key. Pure; the same rules decide in a pass, a column at a time."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlake.formats.suffixes import MEDIA_TYPES, media_type_of_name
from mirrorlake.model.explanations import Explanation, Judgement, Origin, Verdict
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.select.rules import Rule, Rules, literal
from mirrorlake.select.sidecars import SIDECAR_SUFFIX
from mirrorlake.select.stream import ASLEEP, EMPTY, LIBRARY_PREFIX


def explain(key: str, rules: Rules, info: ObjectInfo | None) -> Explanation:
    """Which rule takes or leaves `key`. `info` is what the store says of the object, None where it says nothing."""
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
    return Explanation(
        key=key, verdict=verdict, reason=reason, judgements=judgements, sidecars=_sidecars(key, rules.sidecar_suffix)
    )


def _by_name(key: str, rules: Rules) -> Explanation | None:
    """What the name alone decides, before any config is asked."""
    if not key.startswith(rules.prefix):
        reason = f"It does not start with the datasource's prefix {rules.prefix!r}, so it is never listed."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    if key.startswith((LIBRARY_PREFIX, rules.prefix + LIBRARY_PREFIX)):
        reason = f"It stands under {LIBRARY_PREFIX}, which is the library's own."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    if key.endswith("/"):
        reason = "It is a folder marker: some tools put an object with such a name where a folder is meant."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    suffix = rules.sidecar_suffix
    if suffix is not None and key.endswith(suffix):
        reason = f"It ends in the sidecar suffix {suffix!r}: metadata of {key.removesuffix(suffix)!r}, never an asset."
        return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
    ending = key[-len(SIDECAR_SUFFIX) :]
    if ending.isascii() and ending.lower() == SIDECAR_SUFFIX:
        stem = key[: -len(SIDECAR_SUFFIX)]
        reason = f"It is the sidecar of every image named {stem!r} plus one suffix, such as {stem + '.jpg'!r}."
        return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
    if media_type_of_name(key) is None:
        reason = f"Its name ends in no supported suffix: {', '.join(MEDIA_TYPES)}."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    return None


def _judgements(key: str, rules: Rules) -> Iterator[Judgement]:
    below = key[len(rules.prefix) :]
    for place, rule in enumerate(rules.rules):
        pattern = rule.takes.match_one(below)
        exclude = None if pattern is None or rule.leaves is None else rule.leaves.match_one(below)
        origin, said = (None, None) if pattern is None else _origin(rule, pattern, rules.prefix)
        takes = pattern is not None and exclude is None
        yield Judgement(
            config=place, config_id=rule.config.id, origin=origin, pattern=said, exclude=exclude, takes=takes
        )
        if takes:
            return


def _origin(rule: Rule, pattern: str, prefix: str) -> tuple[Origin | None, str | None]:
    """Where a pattern that matched stands, and how it is written there."""
    for origin, patterns in rule.said.items():
        for said in patterns:
            if pattern == (literal(said, prefix) if origin is Origin.PATHS else said):
                return origin, said
    return None, None


def _taken(judgement: Judgement) -> str:
    who = _named(judgement)
    if judgement.pattern is None:
        return f"{who} takes it: it has no patterns, which means everything."
    return f"{who} takes it by {judgement.pattern!r} of {judgement.origin}."


def _left(judgement: Judgement) -> str:
    who = _named(judgement)
    if judgement.exclude is not None:
        return f"{who} leaves it out by {judgement.exclude!r} of exclude."
    return f"No pattern of {who[0].lower()}{who[1:]} takes it."


def _named(judgement: Judgement) -> str:
    number = f"Config {judgement.config + 1}"
    return number if judgement.config_id is None else f"{number} ({judgement.config_id})"


def _skip(info: ObjectInfo) -> str | None:
    if info.size == 0:
        return EMPTY
    return f"storage class {info.storage_class}" if info.storage_class in ASLEEP else None


def _sidecars(key: str, suffix: str | None) -> tuple[str, ...]:
    base = key[: key.rfind(".")] + SIDECAR_SUFFIX
    return (base,) if suffix is None else (key + suffix, base)
