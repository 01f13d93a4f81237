"""Progress bars for a terminal, in their own module because rich is loaded only if they are shown."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from mirrorlake.mirror.progress import Progress as PassProgress


class _BarProgress:
    """Two tasks: listing, whose end is unknown, then processing."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._listing = progress.add_task("Listing", total=None)
        self._looking = progress.add_task("Looking", total=None, visible=False)

    def listed(self, objects: int) -> None:
        self._progress.update(self._listing, completed=objects)

    def planned(self, to_process: int) -> None:
        done = self._progress.tasks[self._listing].completed
        self._progress.update(self._listing, total=done, completed=done, description="Listed")
        self._progress.update(self._looking, total=to_process, visible=to_process > 0)

    def processed(self, objects: int, failed: int) -> None:
        self._progress.update(
            self._looking, completed=objects, description=f"Processing ({failed} failed)" if failed else "Processing"
        )


@contextmanager
def step_bar(console: Console) -> Generator[Callable[[str, int, int], None]]:
    """A bar that receives an activity with a done and a total count."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda doing, done, total: progress.update(task, description=doing, completed=done, total=total)


@contextmanager
def spinner(console: Console, sentence: str) -> Generator[Callable[[str], None]]:
    """A spinner with a text that can be replaced until its work is done."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True) as progress:
        task = progress.add_task(sentence, total=None)
        yield lambda another: progress.update(task, description=another)


@contextmanager
def pass_bars(console: Console) -> Generator[PassProgress]:
    """The bars of a pass."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _BarProgress(progress)
