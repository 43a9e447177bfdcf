"""Curves as SVG, drawn from kept figures; no library is needed for a few lines and points."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 44, 52
COLOURS = ("#1f6feb", "#d1480f", "#2a7d3f", "#7a3ea8")

Points = Sequence[tuple[float, float]]
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One picture: of which benchmark, its words, and series by name -> pattern of figures whose number is x.

    What stands in braces in `x` is a figure of the run.
    """

    benchmark: str
    title: str
    x: str
    y: str
    series: Mapping[str, str]


CURVES: dict[str, Curve] = {
    "growth": Curve(
        "growth",
        "CPU per order over the orders in the database",
        "complete orders in the database",
        "CPU ms an order",
        {
            "intake": r"intake_cpu_ms_at_(\d+)",
            "life": r"life_cpu_ms_at_(\d+)",
            "bare limit": r"limit_cpu_ms_at_(\d+)",
        },
    ),
    "latency": Curve(
        "latency",
        "Time to the 202 over the load",
        "percent of {full_orders_per_s:,.0f} orders a second",
        "ms",
        {"p50": r"p50_ms_at_(\d+)", "p99": r"p99_ms_at_(\d+)"},
    ),
    "mixed": Curve(
        "mixed",
        "Orders in the house under the mixed load",
        "seconds",
        "orders not yet shipped",
        {"in the house": r"in_house_after_(\d+)_s"},
    ),
    "soak": Curve(
        "soak",
        "Memory over orders",
        "orders shipped",
        "PSS, MiB",
        {"web, workers, sweep, warehouse": r"pss_mib_after_(\d+)"},
    ),
}


def draw_all(kept: Mapping[str, Figures], folder: Path = DOCS / "pictures") -> list[Path]:
    """Draw each curve whose benchmark has figures; return the files."""
    drawn = []
    for name, curve in CURVES.items():
        series = {label: points(kept.get(curve.benchmark, {}), pattern) for label, pattern in curve.series.items()}
        if any(series.values()):
            path = folder / f"bench-{name}.svg"
            told = replace(curve, x=curve.x.format_map(kept[curve.benchmark]))
            path.write_text(svg(told, series), encoding="utf-8")
            drawn.append(path)
    return drawn


def points(figures: Figures, pattern: str) -> list[tuple[float, float]]:
    """(x, y) of the figures whose name fits, x being the number in it."""
    found = [(re.fullmatch(pattern, name), value) for name, value in figures.items()]
    return sorted((float(match.group(1)), value) for match, value in found if match)


def ticks(highest: float) -> list[float]:
    """From 0 to at least `highest` in four to ten round steps."""
    if highest <= 0:
        return [0.0, 1.0]
    size = 10 ** math.floor(math.log10(highest))
    step = next(size * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if highest / (size * part) <= 8)
    return [step * n for n in range(math.ceil(highest / step) + 1)]


def svg(curve: Curve, series: Mapping[str, Points]) -> str:
    """The picture: both axes from 0, a line with its points and name for each series."""
    everything = [point for line in series.values() for point in line]
    xs, ys = ticks(max(x for x, _ in everything)), ticks(max(y for _, y in everything))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" fill="#111">{escape(curve.title)}</text>',
        *_axes(xs, ys),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle" fill="#444">{escape(curve.x)}</text>',
        f'<text x="8" y="{TOP - 6}" fill="#444">{escape(curve.y)}</text>',
    ]
    for (label, line), colour in zip(series.items(), COLOURS, strict=False):
        if line:
            parts += _line(label, [(_x(x, xs), _y(y, ys)) for x, y in line], colour)
    return "\n".join([*parts, "</svg>", ""])


def _axes(xs: Sequence[float], ys: Sequence[float]) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    lines = []
    for value in ys:
        at = _y(value, ys)
        lines += [f'<path d="M{LEFT} {at:.1f}H{right}" stroke="#ddd"/>', _word(LEFT - 8, at + 4, value, "end")]
    for value in xs:
        at = _x(value, xs)
        lines += [f'<path d="M{at:.1f} {bottom}v5" stroke="#888"/>', _word(at, bottom + 19, value, "middle")]
    return [*lines, f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#888"/>']


def _word(x: float, y: float, value: float, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#444">{value:,.9g}</text>'


def _line(label: str, line: Points, colour: str) -> list[str]:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in line] if len(line) <= 25 else []
    x, y = line[-1]
    name = f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(label)}</text>'
    return [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, name]


def _x(value: float, xs: Sequence[float]) -> float:
    return LEFT + value / xs[-1] * (WIDTH - LEFT - RIGHT)


def _y(value: float, ys: Sequence[float]) -> float:
    return HEIGHT - BOTTOM - value / ys[-1] * (HEIGHT - TOP - BOTTOM)
