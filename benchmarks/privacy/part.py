"""The privacy rules' figures: an event under four rules, without rules and in the exact way, and a cold start."""

from collections.abc import Callable, Sequence

import orjson
from rich.progress import track

from benchmarks.cold_start.built import build
from benchmarks.cold_start.part import READY
from benchmarks.cold_start.starts import Start, start
from benchmarks.corpus import Corpus
from benchmarks.measuring import interleaved, measured, ratio
from benchmarks.parts import Cell, Check, Part
from benchmarks.privacy.typical import COMPILED, keys
from dreamdata_relay.privacy.rules import Rules, rules_of

_MAX_US = 12.0
_MAX_PERCENT = 2.0
_EVENTS = 5_000
_PARSED, _OFF, _ON, _ODD = "orjson.loads alone", "no rules", "four rules", "four rules, a name by an escape"
# All that a function does more when it has rules: it reads them, and the secret only at the first event.
_WITH_RULES = f"""
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import rules_of
rules_of({COMPILED!r})
"""


def measure(corpus: Corpus, rounds: int) -> list[Part]:
    """Both tables. Raises LocalError when the build fails."""
    return [_speed(corpus, rounds), _starts(rounds)]


def _speed(corpus: Corpus, rounds: int) -> Part:
    rules, held = rules_of(COMPILED), keys()
    assert rules
    events = corpus.events[:_EVENTS]
    odd = [event.replace(b'"context"', b'"c\\u006fntext"', 1) for event in events]
    changed = sum(bool(rules.judged(event, "http:shop", held).changed) for event in events)
    cases: dict[str, Callable[[], object]] = {
        _PARSED: lambda: [orjson.loads(event) is None for event in events],
        _OFF: lambda: _judged(None, events),
        _ON: lambda: [rules.judged(event, "http:shop", held) for event in events],
        _ODD: lambda: [rules.judged(event, "http:shop", held) for event in odd],
    }
    seconds = interleaved(cases, rounds, "privacy: rules")
    us = {name: found.median / len(events) * 1e6 for name, found in seconds.items()}
    rows: list[dict[str, Cell]] = []
    for name, found in seconds.items():
        times = ratio(found, seconds[_PARSED])
        row: dict[str, Cell] = {"rules": name, "us/event": us[name], "x": times.median}
        rows.append({**row, "range": f"{times.least:.2f} to {times.most:.2f}"})
    return Part(
        "privacy",
        "Privacy rules: judging and changing an event",
        rows,
        (
            f"{len(events)} events, {sum(map(len, events)) // len(events)} bytes on average, of which the rules change "
            f"{changed}: an IP address truncated, queries cut, emails pseudonymised, members dropped, at nine paths.",
        ),
        [Check("four privacy rules, a typical event", us[_ON], _MAX_US, "us")],
    )


def _judged(rules: Rules | None, events: Sequence[bytes]) -> list[object]:
    """As the functions ask whether there are rules."""
    return [event if rules is None else rules.judged(event, "http:shop", None) for event in events]


def _starts(rounds: int) -> Part:
    built = build()
    cases = {function: (code, built.paths(function)) for function, code in READY.items()}
    cases |= {f"{function}, four rules": (code + _WITH_RULES, paths) for function, (code, paths) in cases.items()}
    starts: dict[str, list[Start]] = {name: [] for name in cases}
    for number in track(range(rounds + 1), description=f"{'privacy: cold starts':<28}"):
        for name, (code, paths) in cases.items():
            taken = start(code, paths)
            if number:
                starts[name].append(taken)
    seconds = {name: measured([taken.seconds for taken in all_]) for name, all_ in starts.items()}
    rows: list[dict[str, Cell]] = []
    checks = []
    for function in READY:
        name = f"{function}, four rules"
        more = (ratio(seconds[name], seconds[function]).median - 1) * 100
        rows += [{"start": one, "ms": seconds[one].median * 1000, "% more": more if one == name else None}
                 for one in (function, name)]  # fmt: skip
        checks.append(Check(f"cold start of {function}, four privacy rules", more, _MAX_PERCENT, "%"))
    note = (
        "Imports, first-use set-up and reading the compiled rules, fresh processes; the median of the rounds' ratios."
    )
    return Part("privacy-cold-start", "Privacy rules: cold start", rows, (note,), checks)
