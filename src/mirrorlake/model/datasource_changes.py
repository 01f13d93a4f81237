"""The history of a datasource: who changed what, from which value to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from mirrorlake.model.activity import Action, Activity
from mirrorlake.model.public import public_noun


@public_noun
class SettingChange:
    """One setting that was changed. Values are those of a settings file; null where it had or has its default."""

    setting: str
    """Its name in a settings file, or `connection`, or that of an option such as `region`."""
    old: Any
    new: Any


@public_noun
class DatasourceChange:
    """One change of a datasource, with who made it."""

    id: int
    """The number of the activity."""
    at: datetime
    actor_kind: str
    """How the actor is identified: user, token, worker or schedule."""
    actor: str
    action: str
    """The kind of action: create, change_settings, delete or force_run."""
    changes: tuple[SettingChange, ...]
    """Empty if nothing but the action itself is known."""


def datasource_change(activity: Activity) -> DatasourceChange:
    """The activity of a datasource as a change of its settings."""
    return DatasourceChange(
        id=activity.id,
        at=activity.at,
        actor_kind=activity.actor_kind,
        actor=activity.actor,
        action=activity.action,
        changes=tuple(_changes(activity.action, activity.details)),
    )


def _changes(action: str, details: Mapping[str, Any]) -> Iterator[SettingChange]:
    if action == Action.CREATE:
        for name in ("uri", "connection"):
            if details.get(name) is not None:
                yield SettingChange(setting=name, old=None, new=details[name])
    if action != Action.CHANGE_SETTINGS:
        return
    yield from _differences(details)
    yield from _differences(details.get("access"))
    connection = details.get("connection")
    if connection is not None:
        yield SettingChange(setting="connection", old=connection.get("before"), new=connection.get("after"))


def _differences(states: Mapping[str, Any] | None) -> Iterator[SettingChange]:
    """What differs between the members `before` and `after`."""
    if states is None:
        return
    old, new = (dict(_flat(states.get(name) or {})) for name in ("before", "after"))
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield SettingChange(setting=name, old=old.get(name), new=new.get(name))


def _flat(values: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """Each value with its path, such as `mirror_configs[0].settings.orphans`. Lists of texts are values."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(cast("Mapping[str, Any]", value), f"{where}{name}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in cast("list[Any]", value)):
            for place, one in enumerate(cast("list[Mapping[str, Any]]", value)):
                yield from _flat(one, f"{where}{name}[{place}].")
        else:
            yield f"{where}{name}", value
