"""A library with a second companion role that exists in this test alone: labels in `a.jpg.labels.json`.

    python -m tests.support.labelled CONNINFO FOLDER

All that the role needs is at the top: its row in the registry and its reader. The column layouts are derived from the
registry at import, so the passes run in a separate process with this module as its program.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import MappingProxyType

from mirrorlake.core.errors import BadSidecar
from mirrorlake.model import companions
from mirrorlake.model.companions import CompanionRole
from mirrorlake.model.runs import OutcomeKind
from mirrorlake.select import companion_readers
from mirrorlake.select.companion_readers import CompanionContent

LABELS = CompanionRole(
    name="labels",
    stem_suffix=None,
    full_name_suffix=lambda _: ".labels.json",
    max_bytes=1000,
    outcome=OutcomeKind.LABELS_CHANGED,
)


def read_labels(data: bytes) -> CompanionContent:
    """A list of boxes."""
    try:
        boxes = json.loads(data)["boxes"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadSidecar("It holds no boxes.", "Write them.") from error
    return CompanionContent(values=json.dumps({"count": len(boxes)}), document=json.dumps({"boxes": boxes}))


def register() -> None:
    """Register the role. Must run before modules are imported whose column layouts depend on the roles."""
    companions.ROLES = (*companions.ROLES, LABELS)
    companion_readers.READERS = MappingProxyType({**companion_readers.READERS, LABELS.name: read_labels})


def main(conninfo: str, folder: Path) -> None:
    """Run the scenario, pass by pass."""
    from tests.support.labelled_library import LabelledLibrary  # noqa: PLC0415 - see `register`

    with LabelledLibrary(conninfo, folder) as library:
        library.imports_every_companion()
        library.reads_changed_labels_alone()
        library.follows_what_comes_goes_and_cannot_be_used()
        library.moves_assets_with_their_companions()


if __name__ == "__main__":
    register()
    main(sys.argv[1], Path(sys.argv[2]))
