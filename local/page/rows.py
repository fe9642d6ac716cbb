"""What the page is told: a row for each event, and the overview above them. The members' names are the JSON's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from dreamdata_relay.messages.masking import masked

type State = Literal["queued", "held", "delivered", "dead", "dropped", "lost"]
STATES: tuple[State, ...] = ("queued", "held", "delivered", "dead", "dropped", "lost")
# What can come of it no more: it is forgotten first.
CLOSED = frozenset({"delivered", "dropped", "lost"})


class Row(Struct, frozen=True, rename="camel"):
    """One event.

    ``key`` names it on the page. ``name``: of a track its event, of a page or screen its name. ``way``: ``http:<name of
    the relay key>``, ``http`` until that is known, ``sns``, ``eventbridge``, ``queue``; empty where it was first seen
    in the sandbox. ``reason``: why it is held, the refusal's code, or the privacy rule that dropped it. Times are
    ISO 8601, UTC, milliseconds. ``lag_seconds``: from the queue to Dreamdata. ``payload``: the payload's messageId.
    ``tries``: how often deliver received it. ``version``: the page's counter when the row changed last.
    """

    key: str
    message_id: str
    type: str
    name: str
    user: str
    way: str
    state: State
    reason: str
    taken_at: str
    delivered_at: str | None
    next_try_at: str | None
    lag_seconds: float | None
    payload: str | None
    tries: int
    version: int = 0


class LagPoint(Struct, frozen=True):
    """Seconds from the queue to Dreamdata, median and 95th percentile, of what was delivered in the second ``at``."""

    at: str
    p50: float
    p95: float


class FillPoint(Struct, frozen=True):
    """One request that Dreamdata was sent; ``status`` None: it was not answered."""

    at: str
    bytes: int
    events: int
    status: int | None


class RefusedRequest(Struct, frozen=True):
    """A request of which the relay took no event: its answer's ``status`` and words, and who sent it where to."""

    at: str
    status: int
    code: str
    message: str
    path: str
    agent: str

    def without(self, keys: Sequence[str]) -> "RefusedRequest":
        """The same without ``keys``, which its sender may have written anywhere."""
        return msgspec.structs.replace(self, path=masked(self.path, keys), agent=masked(self.agent, keys))


class Overview(Struct, frozen=True):
    """What stands above the rows.

    ``counts`` by state, of the rows and of the delivered events that have made room. ``queue``: messages ``visible``,
    ``inFlight`` and ``dead``. ``mode`` and ``refused`` as :mod:`local.page.switches` has them. ``stack``: "ok", or in a
    line what is wrong. ``kept``: the most rows there are; ``forgotten``: how many have made room. ``refusals``: how
    many requests were refused, ``refusal`` the last of them.
    """

    counts: dict[str, int]
    queue: dict[str, int]
    lag: list[LagPoint]
    fill: list[FillPoint]
    mode: str
    refused: list[str]
    stack: str
    kept: int
    forgotten: int
    refusals: int
    refusal: RefusedRequest | None


def iso(seconds: float) -> str:
    """``seconds`` since the epoch as ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> float:
    """Seconds since the epoch of a moment in ISO 8601."""
    return datetime.fromisoformat(text).timestamp()
