"""What became of an invocation's payloads."""

from msgspec import Struct, field

from dreamdata_relay.deliver.payloads import Payload, Piece, Since
from dreamdata_relay.deliver.responses import Hold, Refused


class Results(Struct):
    """Every piece's end, each exactly once.

    ``refused`` and ``failed`` are single events: Dreamdata refused them alone, or failed on them alone, with the moment
    when it first did so, alone or with others. ``acceptances``: how many payloads it took in all, of which the last to
    be posted was the ``last_accepted``-th of all ``posts``.
    ``contradicted``: it refused something and then took the same events, so that no
    refusal can be believed.
    ``ambiguous``: how many events were posted without an answer. ``stopped``: why nothing more was posted, where
    something was left or more would have come, with the longest time that any answer asked for.
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
