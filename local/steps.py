"""Shows what is being done, and how long each step took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Steps:
    """Prints one line a step when it is done; while it runs a terminal shows a spinner."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """The step named `name`, from entering to leaving; marked as failed when an exception leaves it."""
        begin = time.monotonic()
        mark = "[red]✗[/]"
        try:
            with self.console.status(name):
                yield
            mark = "[green]✓[/]"
        finally:
            self.console.print(f"{mark} {name:<58}[dim]{time.monotonic() - begin:6.1f} s[/]")

    def say(self, text: str) -> None:
        """One line that is no step."""
        self.console.print(text, soft_wrap=True)
