"""Cold starts of both functions as they are deployed, beside the bare SDK, and the layer's size."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.progress import track

from benchmarks.cold_start.built import Built, build
from benchmarks.cold_start.starts import Start, dearest, start
from benchmarks.corpus import Corpus
from benchmarks.measuring import measured, ratio
from benchmarks.parts import Cell, Check, Part

_MAX_LAYER_MB = 12
READY = {
    "ingest": "import ingest_handler as h; h._telemetry(); h._intake()",
    "deliver": "import deliver_handler as h; h._telemetry(); h._deliverer()",
}
# What the first request makes beside: Secrets Manager's client, whose call is refused by a closed port.
_FIRST_FETCH = """
import functools
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.errors import SecretUnavailable
try:
    ManagedSecret(functools.partial(h.secrets_client, tries=1), "keys").fetch()
except SecretUnavailable:
    pass
else:
    raise SystemExit("a closed port gave a secret")
"""
_BARE = 'boto3.client("sqs") alone'


class _Case(NamedTuple):
    code: str
    paths: Sequence[str] = ()


def measure(corpus: Corpus, rounds: int) -> list[Part]:
    """The table of starts; ``corpus`` is not needed. Raises LocalError when the build fails."""
    built = build()
    with tempfile.TemporaryDirectory() as folder:
        cases = _cases(built, built.without_byte_code(Path(folder) / "sources"))
        starts = _interleaved(cases, rounds)
    return [_part(built, cases, starts)]


def _cases(built: Built, sources: Built) -> dict[str, _Case]:
    cases = {
        "import boto3": _Case("import boto3"),
        _BARE: _Case('import boto3; boto3.client("sqs")'),
        "... and Secrets Manager's": _Case('import boto3; boto3.client("sqs"); boto3.client("secretsmanager")'),
    }
    for function, code in READY.items():
        cases[function] = _Case(code, built.paths(function))
        cases[f"{function}, first secret asked for"] = _Case(code + _FIRST_FETCH, built.paths(function))
    cases["ingest, layer without byte code"] = _Case(READY["ingest"], sources.paths("ingest"))
    return cases


def _interleaved(cases: Mapping[str, _Case], rounds: int) -> dict[str, list[Start]]:
    starts: dict[str, list[Start]] = {name: [] for name in cases}
    for number in track(range(rounds + 1), description=f"{'cold starts':<28}"):
        for name, case in cases.items():
            taken = start(case.code, case.paths)
            if number:
                starts[name].append(taken)
    return starts


def _part(built: Built, cases: Mapping[str, _Case], starts: Mapping[str, Sequence[Start]]) -> Part:
    seconds = {name: measured([taken.seconds for taken in all_]) for name, all_ in starts.items()}
    rows: list[dict[str, Cell]] = []
    for name, all_ in starts.items():
        times = ratio(seconds[name], seconds[_BARE])
        rows.append(
            {
                "start": name,
                "ms": seconds[name].median * 1000,
                "MB": measured([taken.megabytes for taken in all_]).median,
                "x": times.median,
                "range": f"{times.least:.2f} to {times.most:.2f}",
            }
        )
    layer_mb = built.layer_bytes() / 1e6
    dear = [f"Dearest imports of {name}: {_listed(cases[name])}." for name in READY]
    return Part(
        "cold-start",
        "Cold start: imports and first-use set-up, fresh processes",
        rows,
        (
            "CPU and memory of the code alone, without the interpreter's own start, on a warm page cache; the built "
            f"layer, {layer_mb:.1f} MB unpacked, with its byte code.",
            *dear,
        ),
        [
            *(Check(f"cold start of {name}, beside {_BARE}", ratio(seconds[name], seconds[_BARE]).median, 1.2)
              for name in READY),
            Check("the layer unpacked", layer_mb, _MAX_LAYER_MB, "MB"),
        ],
    )  # fmt: skip


def _listed(case: _Case) -> str:
    return ", ".join(f"{package} {ms:.0f} ms" for package, ms in dearest(case.code, case.paths))
