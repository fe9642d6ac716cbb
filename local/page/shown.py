"""The rows as they are shown, in the order of their last change."""

from collections import OrderedDict

import msgspec

from local.page.rows import STATES, Row


class Shown:
    """Rows by key; `version` grows with each change, `counts` has their number by state."""

    def __init__(self, version: int = 0) -> None:
        self.version = version
        self.counts: dict[str, int] = dict.fromkeys(STATES, 0)
        self._rows: OrderedDict[str, Row] = OrderedDict()

    def put(self, row: Row) -> bool:
        """Show `row`, which gets the next version if it differs from what is shown; whether it does."""
        old = self._rows.get(row.key)
        if old is not None and msgspec.structs.replace(old, version=0) == row:
            return False
        self.version += 1
        self._rows[row.key] = msgspec.structs.replace(row, version=self.version)
        self._rows.move_to_end(row.key)
        if old is not None:
            self.counts[old.state] -= 1
        self.counts[row.state] += 1
        return True

    def remove(self, key: str) -> Row | None:
        """Show it no more; the row."""
        row = self._rows.pop(key, None)
        if row is not None:
            self.counts[row.state] -= 1
        return row

    def get(self, key: str) -> Row | None:
        """One row."""
        return self._rows.get(key)

    def since(self, version: int) -> list[Row]:
        """The rows that changed after `version`, oldest change first."""
        found: list[Row] = []
        for row in reversed(self._rows.values()):
            if row.version <= version:
                break
            found.append(row)
        return found[::-1]
