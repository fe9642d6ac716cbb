"""How far it is: a bar with the time left, on stderr, where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from relay_cli import output


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """A bar up to ``total``; what it gives is told how far, and in a few words what that comes to."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=output.errors, disable=not output.errors.is_terminal) as shown:
        task = shown.add_task(title, total=total or None, words="")
        yield lambda done, words: shown.update(task, completed=done, words=words)
