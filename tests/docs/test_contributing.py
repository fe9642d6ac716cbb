"""CONTRIBUTING.md names what is there, and its checklists are held by the tests that it names."""

import re
from pathlib import Path

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.metrics import DELIVER_METRICS, INGEST_METRICS, Metric

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
PACKAGE = ROOT / "layers" / "relay" / "dreamdata_relay"
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
CHECKLISTS = PAGE.partition("## Checklists")[2].partition("## A release")[0]
DECLARED = {name: value for name, value in vars(metrics).items() if isinstance(value, Metric)}


def found(pattern: str, text: str = PAGE) -> list[str]:
    """Each distinct match; a pattern that finds nothing is a mistake of the test."""
    matches = sorted(set(re.findall(pattern, text, re.MULTILINE)))
    assert matches
    return matches


# What only a run makes.
_MADE = (".venv/", ".local/")


@pytest.mark.parametrize("path", found(r"`([a-z_.]+/[\w./-]*|[a-zA-Z_]+\.(?:py|yaml|md|txt))`"))
def test_every_path_exists(path: str) -> None:
    assert path.startswith(_MADE) or (ROOT / path).exists()


@pytest.mark.parametrize("target", found(r"make ([a-z][a-z-]+)"))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("module", found(r"python -m (tools\.\w+)"))
def test_every_generator_exists(module: str) -> None:
    assert (ROOT / (module.replace(".", "/") + ".py")).is_file()


def test_every_checklist_names_the_tests_that_hold_it() -> None:
    sections = re.split(r"^### ", CHECKLISTS, flags=re.MULTILINE)[1:]

    assert len(sections) == 4
    for section in sections:
        held = [row for row in _ROW.findall(section)[1:] if "tests/" in row[2]]
        assert len(held) >= 3, section.partition("\n")[0]


@pytest.mark.parametrize("name", DECLARED)
def test_a_metric_is_in_the_list_of_a_function(name: str) -> None:
    assert DECLARED[name] in INGEST_METRICS + DELIVER_METRICS


@pytest.mark.parametrize("name", DECLARED)
def test_somebody_counts_a_metric(name: str) -> None:
    """One that is declared and never counted would look like health."""
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "metrics.py")
    code += "\n".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))

    assert re.search(rf"\b{name}\b", code)
