"""Lines of a record that are taken out of it: once they are read nothing of them stays in the folder."""

from contextlib import suppress
from pathlib import Path

_MOST_BYTES = 4 * 1024 * 1024


class Taking:
    """The record at `path`, of which who writes begins a new one wherever it is not there.

    It is taken aside, read, and removed at the next look: a line may have been on its way into it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_name(f"{path.stem}.taken{path.suffix}")
        self._offset = 0
        self._rest = b""
        self._aside.unlink(missing_ok=True)

    def lines(self) -> list[bytes]:
        """The whole lines since the last look; none where there are none."""
        new = self._read()
        if len(new) < _MOST_BYTES:
            self._aside.unlink(missing_ok=True)
            self._offset = 0
            with suppress(FileNotFoundError):
                self._path.rename(self._aside)
                new += self._read()
        *whole, self._rest = (self._rest + new).split(b"\n")
        return whole

    def _read(self) -> bytes:
        try:
            with self._aside.open("rb") as file:
                file.seek(self._offset)
                new = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return b""
        self._offset += len(new)
        return new
