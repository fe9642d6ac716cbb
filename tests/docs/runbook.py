"""docs/operations.md read as what it is to an operator: for each alarm what is seen, typed, and printed in the end."""

import re
from dataclasses import dataclass
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
_BLOCK = r"\n\n((?:    .+\n)+)"
_SEEN = re.compile(rf"You see \(`(relay [^`]+)`\):{_BLOCK}")
_TYPED = re.compile(rf"Type[^:\n]*:{_BLOCK}")
_MENDED = re.compile(rf"Mended, it prints(?:[^:\n]*:{_BLOCK}| nothing but what it listens to\.)")
_ROW = re.compile(r"^\| ((?:`\w+Alarm`(?:, )?)+) \| \[([^\]]+)\]\(#([\w-]+)\) \| `([^`]+)` \|$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A section: its alarms, the command that shows the fault and what it shows, the one to type and its last word."""

    title: str
    alarms: tuple[str, ...]
    look: str
    seen: str
    command: str
    mended: str

    def is_seen(self, output: str) -> bool:
        """Whether ``output`` of ``look`` shows the fault as it is written here."""
        return all(shows(line, output) for line in self.seen.splitlines())

    def is_mended(self, output: str) -> bool:
        """Whether ``output`` of ``command`` is that of the end."""
        if not self.mended:
            return all(line.startswith("relay: listening to ") for line in output.splitlines())
        return all(shows(line, output) for line in self.mended.splitlines())


def shows(line: str, output: str) -> bool:
    """Whether a line of the page is found in ``output``; its times, numbers, stack and ``...`` stand for any."""
    parts = re.split(r"(\d[\d:.]*\d|\d|\.\.\.|messages?|dead letters?|relay --stack shop|\s+)", line)
    pattern = "".join(map(_pattern, parts))
    return re.search(pattern, output) is not None


def _pattern(part: str) -> str:
    if part == "...":
        return ".*"
    if re.fullmatch(r"\d+:\d+:\d+", part):
        return r"\d\d:\d\d:\d\d"
    if part == "relay --stack shop":
        return r"(?:RELAY_LOCAL_DIR=\S+ )?\S*relay --(?:local|stack \S+)"
    if part == "0":
        return r"\b0"
    if part[:1].isdigit():
        return r"\d[\d.]*"
    if part.startswith(("message", "dead letter")):
        return f"{part.removesuffix('s')}s?"
    return r"\s+" if part.isspace() else re.escape(part)


def rows() -> list[tuple[tuple[str, ...], str, str, str]]:
    """The table: alarms, title, anchor, command."""
    return [
        (tuple(re.findall(r"`(\w+)`", alarms)), title, anchor, command)
        for alarms, title, anchor, command in _ROW.findall(TEXT)
    ]


def sections() -> dict[str, str]:
    """The text of each section by its title."""
    parts = re.split(r"^## (.+)\n", TEXT, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def entry(title: str) -> Entry:
    """The section ``title``."""
    text = sections()[title]
    (seen,) = _SEEN.findall(text)
    (typed,) = _TYPED.findall(text)
    (mended,) = _MENDED.findall(text)
    alarms = next(alarms for alarms, name, *_ in rows() if name == title)
    return Entry(title, alarms, seen[0], _plain(seen[1]), _plain(typed), _plain(mended))


def _plain(block: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in block.splitlines())


ENTRIES = {title: entry(title) for _, title, *_ in rows()}
