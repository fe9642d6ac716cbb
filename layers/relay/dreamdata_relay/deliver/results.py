"""The outcome of an invocation's payloads."""

from msgspec import Struct, field

from dreamdata_relay.deliver.payloads import Payload, Piece, Since
from dreamdata_relay.deliver.responses import Hold, Refused


class Results(Struct):
    """The outcome of every piece, each exactly once.

    ``refused`` and ``failed`` are single events that Dreamdata refused, or failed on, alone. Each comes with the moment
    when this first happened to it, alone or with others. ``acceptances``: how many payloads were accepted in all; the
    last one of them to be posted was number ``last_accepted`` of all ``posts``. ``contradicted``: Dreamdata refused
    something and then accepted the same events, so no refusal is believed. ``ambiguous``: how many events were posted
    without an answer. ``stopped``: why posting stopped early, if it did, with the longest Retry-After of any answer.
    """

    delivered: list[Piece] = field(default_factory=list)
    held: list[tuple[Piece, Hold]] = field(default_factory=list)
    refused: list[tuple[Piece, Refused, Since]] = field(default_factory=list)
    failed: list[tuple[Piece, Hold, Since]] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)
    acceptances: int = 0
    posts: int = 0
    last_accepted: int = 0
    contradicted: bool = False
    ambiguous: int = 0
    stopped: Hold | None = None

    def going_on(self) -> "Results":
        """Return the results to begin another round with: what was accepted and posted so far, and no outcome."""
        return Results(
            acceptances=self.acceptances,
            posts=self.posts,
            last_accepted=self.last_accepted,
            contradicted=self.contradicted,
        )
