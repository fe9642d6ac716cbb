"""The stack's dashboard as a picture, drawn over sample data: ``python -m tools.dashboard dashboard.png``.

CloudWatch draws it for real; this is to see its layout and to find a chart without a line before anybody deploys it.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

from tools.transform import transformed

matplotlib.use("Agg")
import matplotlib.pyplot as plt

_GRID_COLUMNS = 24
_POINTS = 60


class Line(NamedTuple):
    """One line of a chart: which metric, of what, and how it is named."""

    namespace: str
    metric: str
    dimension: str
    value: str
    statistic: str
    label: str


def dashboard_body() -> dict[str, Any]:
    """The body of the template's dashboard; each ``${Name}`` in it stands as ``Name``."""
    text: str = transformed()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    body: dict[str, Any] = json.loads(re.sub(r"\$\{([^}]+)\}", r"\1", text))
    return body


def lines_of(widget: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of a chart."""
    for namespace, metric, dimension, value, options in widget["properties"]["metrics"]:
        yield Line(namespace, metric, dimension, value, options["stat"], options["label"])


def sample(line: Line) -> list[float]:
    """An hour of made-up values, the same at every run and different for each line."""
    seed = sum(map(ord, line.metric + line.statistic + line.value))
    return [abs(((seed * (minute + 7)) % 97) - 30.0) for minute in range(_POINTS)]


def draw(body: Mapping[str, Any], values: Callable[[Line], list[float]], target: Path) -> int:
    """Draw ``body`` with the values of each line into the PNG ``target``; how many lines were drawn."""
    widgets = body["widgets"]
    rows = max(widget["y"] + widget["height"] for widget in widgets)
    figure = plt.figure(figsize=(_GRID_COLUMNS * 0.75, rows * 0.6))
    drawn = 0
    for widget in widgets:
        axes = figure.add_axes(
            (
                (widget["x"] + 0.9) / _GRID_COLUMNS,
                1 - (widget["y"] + widget["height"] - 0.9) / rows,
                (widget["width"] - 1.4) / _GRID_COLUMNS,
                (widget["height"] - 1.9) / rows,
            )
        )
        axes.set_title(widget["properties"]["title"], fontsize=10, loc="left")
        axes.set_ylabel(widget["properties"].get("yAxis", {}).get("left", {}).get("label", ""), fontsize=8)
        axes.tick_params(labelsize=7)
        for line in lines_of(widget):
            axes.plot(values(line), label=line.label, linewidth=1)
            drawn += 1
        axes.legend(fontsize=7, loc="upper right")
    figure.savefig(target, dpi=80)
    plt.close(figure)
    return drawn


if __name__ == "__main__":
    draw(dashboard_body(), sample, Path(sys.argv[1]))
