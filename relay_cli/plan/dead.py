"""The events in a stack's dead letters."""

import json
from collections.abc import Iterator

from relay_cli.context import Chosen
from relay_cli.dead_choice import each_letter
from relay_cli.letters import Letter


def each_text(given: Chosen) -> Iterator[bytes]:
    """The text of each event; a letter that holds none, or what is left of one, is passed over."""
    found: list[bytes] = []

    def look(letter: Letter) -> None:
        if not letter.is_stub:
            found.extend(json.dumps(event).encode() for event in letter.events() if event)

    each_letter(given, look)
    yield from found
