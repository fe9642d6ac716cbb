"""Charts of what was measured, as small SVG files for the documentation: a bar a row, a line of text a bar."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.parts import Part
from benchmarks.report import cell

_WIDTH, _NAMES, _ROW, _TOP = 760, 300, 20, 30
# What is left for a bar, once its number stands behind it.
_LONGEST = _WIDTH - _NAMES - 60
# Each can be read on a light and on a dark page.
_OWN, _OTHER, _TEXT = "#4f7fe0", "#9aa3b2", "#768390"


def draw(parts: Sequence[Part], folder: Path) -> list[Path]:
    """Draw a chart of each part that has one; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_drawn(part, *part.chart, folder / f"{part.name}.svg") for part in parts if part.chart]


def _drawn(part: Part, label: str, value: str, path: Path) -> Path:
    bars = [(str(row[label]), float(row[value] or 0)) for row in part.rows if isinstance(row[value], float | int)]
    scale = _LONGEST / max(amount for _, amount in bars)
    size = f'width="{_WIDTH}" height="{_TOP + _ROW * len(bars) + 6}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" fill="{_TEXT}">']
    lines.append(f'<text x="8" y="18" font-weight="bold">{escape(part.title)}: {escape(value)}</text>')
    for number, (name, amount) in enumerate(bars):
        top, colour, length = _TOP + _ROW * number, _OWN if name in part.own else _OTHER, amount * scale
        lines.append(
            f'<text x="{_NAMES}" y="{top + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_NAMES + 8}" y="{top + 2}" width="{length:.1f}" height="{_ROW - 5}" fill="{colour}"/>'
            f'<text x="{_NAMES + 14 + length:.1f}" y="{top + 13}">{cell(amount)}</text>'
        )
    path.write_text("\n".join([*lines, "</svg>\n"]))
    return path
