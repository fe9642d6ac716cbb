"""JSON read value by value, a stretch of the file at a time."""

import json
import re
from typing import TextIO

from relay_cli.errors import WrongInput
from relay_cli.history.records import MAX_RECORD

_BLANK = re.compile(r"[ \t\r\n]*")
_ANY = json.JSONDecoder()


class Stretch:
    """What is read of the file and not yet taken; it grows only where a value takes more."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._ended = False
        self.text = ""
        self.at = 0
        self.line = 1

    def more(self) -> bool:
        """Read on; False: there is no more."""
        if not self._ended:
            read = self._file.read(MAX_RECORD // 4)
            self._ended = not read
            self.text, self.at = self.text[self.at :] + read, 0
        return not self._ended

    def take(self, end: int) -> str:
        """The text up to ``end``."""
        taken = self.text[self.at : end]
        self.line += taken.count("\n")
        self.at = end
        return taken

    def skip_blanks(self) -> str:
        """The next character, which stays; empty at the end of the file."""
        while True:
            self.take(past_blanks(self.text, self.at))
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""


def past_blanks(text: str, at: int) -> int:
    """The place of the next character that is none."""
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # nothing is a match, too


def value_of(stretch: Stretch) -> str:
    """The next value, as it is written."""
    while True:
        try:
            _, end = _ANY.raw_decode(stretch.text, stretch.at)
            # A number goes on, perhaps, where the stretch ends.
            if end < len(stretch.text) or not stretch.more():
                break
        except (ValueError, RecursionError):
            if len(stretch.text) - stretch.at > MAX_RECORD or not stretch.more():
                raise broken(stretch.line) from None
    if end - stretch.at > MAX_RECORD:
        raise broken(stretch.line)
    return stretch.take(end)


def broken(line: int) -> WrongInput:
    """To be raised for the value that begins there."""
    return WrongInput(
        f"the value that begins in line {line} is not JSON, or longer than {MAX_RECORD:,} bytes; nothing tells where"
        " the next one begins"
    )
