"""Explain which rule selects or excludes one key. Pure; a pass applies the same rules, a column at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from mirrorlake.formats.registry import format_of_name, opt_in_suffixes_of, suffixes_of
from mirrorlake.model.companions import METADATA, ROLES
from mirrorlake.model.explanations import ConfigMatch, Explanation, Origin, Verdict
from mirrorlake.model.media import MediaKind
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.select.pairing import possible_keys
from mirrorlake.select.rules import Rule, Rules, path_pattern
from mirrorlake.select.stream import ASLEEP, EMPTY, LIBRARY_PREFIX
from mirrorlake.select.suffix_match import SuffixMatcher

_OPT_IN_SUFFIXES = opt_in_suffixes_of(tuple(MediaKind))


def explain(key: str, rules: Rules, info: ObjectInfo | None) -> Explanation:
    """Explain which rule selects or excludes `key`. `info` is the store's description of the object, if any."""
    by_name = _by_name(key, rules)
    if by_name is not None:
        return by_name
    judgements = tuple(_match_configs(key, rules))
    last = judgements[-1]
    if not last.takes:
        reason = " ".join(_explain_excluded(judgement) for judgement in judgements)
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason, judgements=judgements)
    verdict, reason = Verdict.ASSET, _explain_selected(last)
    skip = None if info is None else _skip_reason(info)
    if skip is not None:
        verdict, reason = Verdict.SKIPPED, f"{reason} But it is not read: {skip}."
    sidecars = tuple(possible_keys(key, METADATA, rules))
    return Explanation(key=key, verdict=verdict, reason=reason, judgements=judgements, sidecars=sidecars)


def without_object(explanation: Explanation) -> Explanation:
    """The explanation of a key that neither the source nor the library has: no asset, whatever the rules select."""
    if explanation.verdict is not Verdict.ASSET:
        return explanation
    reason = f"There is no object with this key, and a run has never seen one. If one appears: {explanation.reason}"
    return replace(explanation, verdict=Verdict.ABSENT, reason=reason)


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
    if rules.labels is not None and rules.labels.claims(pa.array([key], pa.string()))[0]:
        image = rules.labels.images(pa.array([key], pa.string()))[0].as_py()
        reason = f"The key is that of a label file: its image is named by {rules.labels.reach.value}, {image!r}."
        return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
    named_alone = pa.array([key], pa.string())
    opted_in = bool(rules.opted_in(named_alone, SuffixMatcher(named_alone))[0])
    for role in ROLES:
        suffix, stem_suffix = rules.suffixes.get(role.name), None if opted_in else rules.stem_suffix(role)
        if suffix is not None and key.endswith(suffix):
            asset = key.removesuffix(suffix)
            reason = f"The key has the sidecar suffix {suffix!r}: {role.name} of {asset!r}, never an asset."
            return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
        if stem_suffix is not None and (ending := key[-len(stem_suffix) :]).isascii() and ending.lower() == stem_suffix:
            stem = key[: -len(stem_suffix)]
            reason = f"The key is the sidecar of every image named {stem!r} plus one suffix, such as {stem + '.jpg'!r}."
            return Explanation(key=key, verdict=Verdict.SIDECAR, reason=reason)
    named = format_of_name(key)
    if named is None:
        reason = f"The key has no supported suffix: {', '.join(suffixes_of(rules.media))}."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    if named.kind not in rules.media:
        reason = f"The key has the suffix of {named.phrase}: the setting `media` does not include {named.kind}."
        return Explanation(key=key, verdict=Verdict.LEFT, reason=reason)
    return None


def _match_configs(key: str, rules: Rules) -> Iterator[ConfigMatch]:
    below = key[len(rules.prefix) :]
    needs_opt_in = rules.by_stem and key.lower().endswith(_OPT_IN_SUFFIXES)
    for place, rule in enumerate(rules.rules):
        includes = rule.opt_ins if needs_opt_in else rule.includes
        pattern = None if includes is None else includes.match_one(below)
        exclude = None if pattern is None or rule.excludes is None else rule.excludes.match_one(below)
        origin, text = (None, None) if pattern is None else _origin(rule, pattern, rules.prefix)
        selects = pattern is not None and exclude is None
        yield ConfigMatch(
            config=place, config_id=rule.config.id, origin=origin, pattern=text, exclude=exclude, takes=selects
        )
        if selects:
            return


def _origin(rule: Rule, pattern: str, prefix: str) -> tuple[Origin | None, str | None]:
    """The setting that contains the pattern that matched, and the pattern as written there."""
    for origin, patterns in rule.written.items():
        for text in patterns:
            if pattern == (path_pattern(text, prefix) if origin is Origin.PATHS else text):
                return origin, text
    return None, None


def _explain_selected(judgement: ConfigMatch) -> str:
    who = _name_config(judgement)
    if judgement.pattern is None:
        return f"{who} selects it: the config has no patterns, which means everything."
    return f"{who} selects it by {judgement.pattern!r} of {judgement.origin}."


def _explain_excluded(judgement: ConfigMatch) -> str:
    who = _name_config(judgement)
    if judgement.exclude is not None:
        return f"{who} excludes it by {judgement.exclude!r} of exclude."
    return f"No pattern of {who[0].lower()}{who[1:]} selects it."


def _name_config(judgement: ConfigMatch) -> str:
    number = f"Config {judgement.config + 1}"
    return number if judgement.config_id is None else f"{number} ({judgement.config_id})"


def _skip_reason(info: ObjectInfo) -> str | None:
    if info.size == 0:
        return EMPTY
    return f"storage class {info.storage_class}" if info.storage_class in ASLEEP else None
