"""The events in a stack's dead letters."""

from collections.abc import Iterator

from relay_cli.context import Chosen
from relay_cli.dead_choice import each_letter
from relay_cli.errors import WrongInput
from relay_cli.letters import Letter
from relay_cli.rules import events


def each_text(given: Chosen) -> Iterator[bytes]:
    """The text of each event; what holds none, or a part of one only, is passed over."""
    found: list[bytes] = []

    def look(letter: Letter) -> None:
        if letter.is_stub:
            return
        try:
            found.extend(events.read(letter.body.encode("utf-8", "surrogatepass")))
        except WrongInput:
            return

    each_letter(given, look)
    yield from found
