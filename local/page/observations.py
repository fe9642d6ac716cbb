"""What the observer sees, each with the time of the look: the model's only input. Times are seconds since the epoch."""

from dataclasses import dataclass, replace

from local.page.cleaning import RuleChange


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event in a message: its id (empty where it is refused and has none of its own), its text as it lies there.

    mark: tells events without an id by their text. type, name, user: as a row shows them. becomes: what deliver makes
    of the text; empty where that is the same, or nothing. changes: of the privacy rules, after which the texts are.
    dropped: by which rule; then there is no text, nor anything else but the id and the type.
    """

    message_id: str
    mark: str
    text: bytes
    type: str
    name: str
    user: str
    becomes: bytes = b""
    changes: tuple[RuleChange, ...] = ()
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in one message of a queue, read once: its events, and where they came from. sent_at: when it was sent
    first, where it is the rest of another the first of them.
    """

    events: tuple[SeenEvent, ...]
    way: str
    sent_at: float
    is_rest: bool = False

    def without_texts(self) -> "Contents":
        """The same, to remember it by: the model keeps the texts."""
        return replace(self, events=tuple(replace(event, text=b"", becomes=b"") for event in self.events))


@dataclass(frozen=True, slots=True)
class Place:
    """A message as a look at the queue found it."""

    message: str
    receives: int
    visible_at: float
    contents: Contents


@dataclass(frozen=True, slots=True)
class QueueLook:
    """All messages on the queue at one moment."""

    at: float
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that the queue handed to deliver."""

    at: float
    place: Place


@dataclass(frozen=True, slots=True)
class Came:
    """Events with an id that a request brought, and that its answer says were accepted; and dropped ones."""

    at: float
    events: tuple[SeenEvent, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. code, detail: of the refusal, empty where the redrive policy moved it."""

    message: str
    contents: Contents
    attributes: tuple[tuple[str, str], ...]

    @property
    def code(self) -> str:
        """Why it is there."""
        return dict(self.attributes).get("error_code", "out_of_tries")


@dataclass(frozen=True, slots=True)
class DeadLook:
    """All dead letters at one moment."""

    at: float
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """An event that the sandbox took."""

    index: int
    at: float
    payload: str
    event: SeenEvent


@dataclass(frozen=True, slots=True)
class Held:
    """An invocation of deliver that held messages, as its log line says."""

    at: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds that the oldest event of a delivered payload took, by the function's own metric."""

    at: float
    payload: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Behind:
    """Of what the sandbox took from `since` on, part is not read yet; None: all of it is."""

    since: float | None


type Observation = QueueLook | Passed | Came | DeadLook | Received | Behind | Held | Lag


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages there are: visible and hidden on the queue, and dead letters."""

    visible: int
    hidden: int
    dead: int


@dataclass(frozen=True, slots=True)
class Reset:
    """The sandbox has forgotten everything."""
