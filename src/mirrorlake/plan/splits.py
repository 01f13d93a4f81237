"""Divide the assets of a project into train, valid and test. Pure.

The split of an asset depends on its group and the settings alone, so it never changes because others were added: the
function `split_of` of the catalog hashes seed and group into one of 100 places.
"""

from __future__ import annotations

from mirrorlake.core.errors import UsageError
from mirrorlake.model.splits import (
    BY_ASSET,
    BY_CONTENT,
    BY_FOLDER,
    BY_METADATA,
    SEED_LIMIT,
    Split,
    SplitCounts,
    SplitSettings,
)
from mirrorlake.select.metadata import KEY

WHOLE = 100  # percent
NOTABLE = 5  # percentage points between what was asked for and what there is


def check_settings(settings: SplitSettings) -> SplitSettings:
    """The settings, if they are valid. Raises UsageError."""
    parts = (settings.train, settings.valid, settings.test)
    if any(part < 0 for part in parts) or sum(parts) != WHOLE:
        raise UsageError(
            f"The percentages {', '.join(map(str, parts))} do not sum to {WHOLE}.",
            "Name three whole percentages, such as 70 train, 20 valid and 10 test.",
        )
    if not 0 <= settings.seed <= SEED_LIMIT:
        raise UsageError(f"The seed {settings.seed} is out of range.", f"Use a number from 0 to {SEED_LIMIT}.")
    key = settings.by.removeprefix(BY_METADATA) if settings.by.startswith(BY_METADATA) else None
    if settings.by not in (BY_ASSET, BY_CONTENT, BY_FOLDER) and (key is None or not KEY.fullmatch(key)):
        raise UsageError(f"Assets cannot be grouped by {settings.by!r}.", "Use asset, content, folder or metadata.KEY.")
    return settings


def explain_counts(settings: SplitSettings, counts: SplitCounts) -> tuple[str, ...]:
    """Sentences about numbers that differ notably from the percentages, as they do with few or unequal groups."""
    total = counts.train + counts.valid + counts.test
    notes: list[str] = []
    for split in Split:
        wanted, found = getattr(settings, split.value), getattr(counts, split.value)
        if wanted and not found and total:
            notes.append(f"{split.value} is empty. Try another seed, or group by something with more values.")
        elif total and abs(100 * found / total - wanted) > NOTABLE:
            notes.append(f"{split.value} has {100 * found / total:.0f}% of the assets instead of {wanted}%.")
    return tuple(notes)
