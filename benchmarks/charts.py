"""Charts of what was measured, as SVG for the documentation."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.parts import Part

_BLUE, _GREY = "#2f5fd0", "#9aa3b2"
# Told apart by people who do not see all colours, too.
_SEGMENTS = ("#2f5fd0", "#e69f00", "#009e73", "#56b4e9", "#cc79a7", "#d55e00", "#444444")


def draw(parts: Sequence[Part], folder: Path) -> list[Path]:
    """Draw a chart of each part that has one; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_drawn(part, folder) for part in parts if part.lines or part.chart]


def _drawn(part: Part, folder: Path) -> Path:
    path = folder / f"{part.name}.svg"
    # The same file for the same figures, with text that stays text.
    with mpl.rc_context({"svg.hashsalt": "dreamdata-relay", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(7.5, 4.2 if part.lines else 0.9 + 0.32 * len(part.rows)), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        paint: Callable[[Axes, Part], None] = _lines if part.lines else _bars
        paint(axes, part)
        figure.suptitle(part.title, x=0.01, ha="left")
        figure.savefig(path, metadata={"Date": None})
    return path


def _bars(axes: Axes, part: Part) -> None:
    label, value = part.chart or ("", "")
    kept = [number for number, row in enumerate(part.rows) if isinstance(row[value], float | int)]
    rows = [part.rows[number] for number in kept]
    names = [str(row[label]) for row in rows]
    values = [float(row[value] or 0) for row in rows]
    own = [_BLUE if name in part.own else _GREY for name in names]
    bars = axes.barh(range(len(rows)), values, color=own)
    axes.bar_label(bars, [f" {one:.3g}" for one in values])
    left = [0.0] * len(rows)
    for (name, amounts), colour in zip(part.segments.items(), _SEGMENTS, strict=False):
        widths = [amounts[number] for number in kept]
        axes.barh(range(len(rows)), widths, left=left, color=colour, label=name)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    if part.segments:
        axes.legend(fontsize=7, frameon=False, loc="center right")
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    axes.set_xlabel(value)


def _lines(axes: Axes, part: Part) -> None:
    for name, points in part.lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1.2, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("events")
    axes.set_ylabel("CPU seconds")
    axes.legend(fontsize=7, frameon=False)
