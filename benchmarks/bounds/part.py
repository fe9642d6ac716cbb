"""The bounds' figures: time by the number of events, and memory of the largest invocations."""

from collections.abc import Callable, Mapping, Sequence

from rich.progress import track

from benchmarks.bounds import keyed, worst
from benchmarks.bounds.growth import Points, points, slope
from benchmarks.bounds.hostile import LARGE, MANY
from benchmarks.bounds.memory import needs
from benchmarks.bounds.strangers import part_of, search
from benchmarks.bounds.work import body_of, deliver, ingest, messages_of
from benchmarks.corpus import Corpus, make_corpus
from benchmarks.ingest.ours import read
from benchmarks.parts import Cell, Check, Part

_CORPUS = "the corpus"
_COUNTS = (10, 32, 100, 316, 1_000, 3_162, 10_000, 31_623, 100_000)
_FEW_COUNTS = _COUNTS[::2]
_MOST = _COUNTS[-1]
# Linear: an exponent of 1, give or take what caches and fixed costs move it by.
_STEEPEST, _FLATTEST = 1.1, 0.9
_MAX_TIMES_EVENT = 3.0
# A piece is at most some six bytes; below a thousand of them fixed costs are most of the time.
_LARGE_FROM = 1_000
_STRANGERS = 400
_KEYED = 60
_BATCHES_S = 240.0

type _Make = Callable[[int], Sequence[bytes]]


def measure(corpus: Corpus, rounds: int) -> list[Part]:
    """All tables; each point is the least of three tries, so ``rounds`` does not matter."""
    events = make_corpus(_MOST, seed=corpus.seed).events
    # What lies on the queue was completed by ingest.
    completed = [bytes(event) for event in read(body_of(events))[0]]
    grown = {_CORPUS: _grown(lambda count: events[:count], lambda count: completed[:count], _COUNTS)}
    for name, make in track({**MANY, **LARGE}.items(), description=f"{'bounds: time':<28}"):
        grown[name] = _grown(make, make, _FEW_COUNTS)
    return [
        _growth({name: grown[name] for name in (_CORPUS, *MANY)}),
        _large(grown),
        _memory(corpus),
        _strangers(corpus),
        keyed.part_of(keyed.search(corpus.seed, _KEYED)),
        worst.part_of(worst.search(corpus.seed, _BATCHES_S)),
    ]


def _grown(taken: _Make, queued: _Make, counts: Sequence[int]) -> tuple[Points, Points]:
    """Of ingest and of deliver."""
    return (
        points(lambda count: body_of(taken(count)), ingest, counts),
        points(lambda count: messages_of(queued(count)), deliver, counts),
    )


def _growth(grown: Mapping[str, tuple[Points, Points]]) -> Part:
    rows: list[dict[str, Cell]] = []
    for name, both in grown.items():
        row: dict[str, Cell] = {"events": name}
        for function, found in zip(("ingest", "deliver"), both, strict=True):
            row[f"{function}: us/event of 1,000"] = dict(found)[1_000] / 1_000 * 1e6
            row["of 100,000" if function == "ingest" else "of 100,000 "] = found[-1][1] / _MOST * 1e6
            row[f"{function}: slope"] = slope(found)
        rows.append(row)
    slopes = {name: [slope(found) for found in both] for name, both in grown.items()}
    own, hostile = slopes[_CORPUS], [one for name, both in slopes.items() if name in MANY for one in both]
    return Part(
        "growth",
        "Bounds: time by the number of events, 10 to 100,000 in one go",
        rows,
        (
            "slope: the exponent by which time grows with the number of events; 1 is linear, less is cheaper together. "
            "Everything but sending: read, judge, pack, the answers to what is refused.",
        ),
        [
            Check("time by the number of events, steeper slope", max(own), _STEEPEST, "(slope)"),
            Check("time by the number of events, flatter slope", min(own), _FLATTEST, "(slope)", at_least=True),
            Check("the same of hostile events, steepest slope", max(hostile), _STEEPEST, "(slope)"),
        ],
    )


def _large(grown: Mapping[str, tuple[Points, Points]]) -> Part:
    rows: list[dict[str, Cell]] = []
    for name in LARGE:
        row: dict[str, Cell] = {"event": name}
        for function, found in zip(("ingest", "deliver"), grown[name], strict=True):
            row[f"{function}: us/piece at worst"] = max(y / x * 1e6 for x, y in found if x >= _LARGE_FROM)
            row["ms of 100,000" if function == "ingest" else "ms of 100,000 "] = found[-1][1] * 1e3
        rows.append(row)
    worst = max(y / x * 1e6 for name in LARGE for found in grown[name] for x, y in found if x >= _LARGE_FROM)
    return Part(
        "growth-large",
        "Bounds: one event of 1,000 to 100,000 pieces",
        rows,
        ("Not a line but steps: what nests deeper than 6,000 levels, and what is too large, is refused.",),
        [Check("one hostile event, each piece of it", worst, 10, "us")],
    )


def _strangers(corpus: Corpus) -> Part:
    return part_of(search(corpus.seed, _STRANGERS))


def _memory(corpus: Corpus) -> Part:
    rows: list[dict[str, Cell]] = []
    times = []
    for need in track(list(needs(corpus.events)), description=f"{'bounds: memory':<28}"):
        # What inflates is as large as what could have come unpacked.
        size = 6.29 if "gzip" in need.name else need.event
        rows.append(
            {
                "invocation": need.name,
                "event, MB": need.event,
                "idle, MB": need.idle,
                "peak above idle, MB": need.peak,
                "x event": need.peak / size,
                "parsing alone": need.parsed / size,
                "the function": need.after_event / size,
            }
        )
        times.append((need.name, need.after_event / size))
    real, hostile = times[:4], times[4:]
    return Part(
        "memory",
        "Bounds: memory of the largest invocations",
        rows,
        (
            "The largest event Lambda hands over, through the handler, boto3 and urllib3 to servers in another "
            "process. x event: multiples of its size, of gzip's when unpacked. Parsing alone is the runtime's: "
            "json.loads holds bytes, text and event at once, at two bytes a character where one is not Latin-1. The "
            "function: the peak above what is resident with the event in hand.",
        ),
        [
            *(Check(f"memory the function adds: {name}", one, _MAX_TIMES_EVENT, "x event") for name, one in real),
            Check(
                "memory the function adds: hostile, the worst",
                max(one for _, one in hostile),
                _MAX_TIMES_EVENT,
                "x event",
            ),
        ],
    )
