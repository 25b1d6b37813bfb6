"""Figures drawn as SVG on the server: no script, no style attribute, colours by class (`board.css`)."""

import math
from collections.abc import Iterator

from markupsafe import Markup

from demijohn.admin.board.figures import Figure
from demijohn.admin.board.scales import day_label, short_number, spread, ticks

WIDTH, HEIGHT = 440, 200
TOP, BOTTOM, RIGHT = 12, 28, 12
LETTER = 7
"""About how wide a letter of an axis is, in the drawing's units."""
BAR_ROW = 30
MOST_LABELS = 6

GRID = Markup(
    '<line class="dm-grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/><text class="dm-tick" x="{3}" y="{4}">{5}</text>'
)
RECT = Markup('<rect class="dm-bar dm-s{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')
DOT = Markup('<circle class="dm-dot dm-s{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>')
TEXT = Markup('<text class="{}" x="{}" y="{}">{}</text>')
RING = Markup(
    '<circle class="dm-ring dm-s{0}" cx="{1}" cy="{1}" r="{2}" fill="none" stroke-width="{3}" '
    'stroke-dasharray="{4} {5}" stroke-dashoffset="{6}" transform="rotate(-90 {1} {1})"><title>{7}</title></circle>'
)
SPARK = Markup(
    '<svg class="dm-spark" viewBox="0 0 100 24" role="img" aria-label="{}">'
    '<polyline class="dm-line dm-s0" points="{}"/></svg>'
)


def drawn(figure: Figure) -> Markup:
    """The chart; an empty one is for the caller to tell."""
    if figure.kind == "donut":
        return donut(figure)
    if figure.kind == "bar" and not figure.days:
        return rows(figure)
    return columns(figure) if figure.kind == "bar" else lines(figure)


def svg(figure: Figure, inner: Markup, *, width: int = WIDTH, height: int = HEIGHT) -> Markup:
    head = Markup('<svg class="dm-chart dm-chart-{}" viewBox="0 0 {} {}" role="img" aria-label="{}" direction="ltr">')
    return head.format(figure.kind, width, height, figure.title) + inner + Markup("</svg>")


class Plane:
    """Where values and positions are in the drawing."""

    def __init__(self, low: float, high: float, count: int) -> None:
        self.ticks = ticks(min(low, 0), max(high, 0))
        self.low, self.high = self.ticks[0], self.ticks[-1]
        self.left = 10 + LETTER * max(len(short_number(tick)) for tick in self.ticks)
        self.count = max(count, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

    def x(self, position: float) -> float:
        """The middle of a position."""
        return round(self.left + (position + 0.5) * self.step, 1)

    @property
    def step(self) -> float:
        return (WIDTH - RIGHT - self.left) / self.count

    def grid(self) -> Markup:
        return Markup("").join(
            GRID.format(self.left, WIDTH - RIGHT, self.y(t), self.left - 6, self.y(t) + 4, short_number(t))
            for t in self.ticks
        )

    def labels(self, figure: Figure) -> Markup:
        names = axis_names(figure)
        chosen = spread(len(names), most=MOST_LABELS)
        return Markup("").join(TEXT.format("dm-label", self.x(at), HEIGHT - 8, names[at]) for at in chosen)


def axis_names(figure: Figure) -> list[str]:
    if not figure.days:
        return [name if len(name) <= 12 else f"{name[:11]}…" for name in figure.labels]
    span = (figure.days[-1] - figure.days[0]).days
    return [day_label(day, span_days=span) for day in figure.days]


def lines(figure: Figure) -> Markup:
    every = [value for one in figure.series for value in one.values]
    plane = Plane(min(every, default=0), max(every, default=0), len(figure.labels))
    parts = [plane.grid(), plane.labels(figure)]
    for number, one in enumerate(figure.series):
        points = [(plane.x(at), plane.y(value)) for at, value in enumerate(one.values)]
        path = " ".join(f"{x},{y}" for x, y in points)
        if len(figure.series) == 1 and len(points) > 1:
            floor = plane.y(max(plane.low, 0))
            area = f"{points[0][0]},{floor} {path} {points[-1][0]},{floor}"
            parts.append(Markup('<polygon class="dm-area dm-s{}" points="{}"/>').format(number, area))
        parts.append(Markup('<polyline class="dm-line dm-s{}" points="{}"/>').format(number, path))
        if len(points) <= 31:
            parts += [DOT.format(number, *point, told(figure, at, number)) for at, point in enumerate(points)]
    return svg(figure, Markup("").join(parts))


def told(figure: Figure, at: int, series: int) -> str:
    """One point in words, as a tool tip."""
    name = figure.series[series].name
    return f"{figure.labels[at]}: {f'{name} ' if name else ''}{figure.series[series].values[at]:,g}"


def columns(figure: Figure) -> Markup:
    ups = [sum(max(one.values[at], 0) for one in figure.series) for at in range(len(figure.labels))]
    downs = [sum(min(one.values[at], 0) for one in figure.series) for at in range(len(figure.labels))]
    plane = Plane(min(downs, default=0), max(ups, default=0), len(figure.labels))
    return svg(figure, plane.grid() + Markup("").join(stacks(figure, plane)) + plane.labels(figure))


def stacks(figure: Figure, plane: Plane) -> Iterator[Markup]:
    width = round(max(plane.step * 0.72, 1), 1)
    for at in range(len(figure.labels)):
        up = down = 0.0
        for number, one in enumerate(figure.series):
            value = one.values[at]
            start = up if value >= 0 else down
            if value >= 0:
                up += value
            else:
                down += value
            top, foot = sorted((plane.y(start), plane.y(start + value)))
            if foot > top:
                left = round(plane.x(at) - width / 2, 1)
                yield RECT.format(number, left, top, width, round(foot - top, 1), told(figure, at, number))


def rows(figure: Figure) -> Markup:
    """Bars that lie, each with its label before and its number behind: labels may be long."""
    most = max((sum(max(one.values[at], 0) for one in figure.series) for at in range(len(figure.labels))), default=0)
    longest = max((len(name) for name in figure.labels), default=0)
    left = min(10 + LETTER * longest, 180)
    parts = [row(figure, at, left=left, unit=(WIDTH - left - 55) / (most or 1)) for at in range(len(figure.labels))]
    return svg(figure, Markup("").join(parts), height=max(len(figure.labels), 1) * BAR_ROW + 4)


def row(figure: Figure, at: int, *, left: int, unit: float) -> Markup:
    """One lying bar, its series end to end; a unit of its values is so wide."""
    x, y, name = float(left), at * BAR_ROW + 6, figure.labels[at]
    parts = [TEXT.format("dm-row-label", left - 8, y + 13, name if len(name) <= 24 else f"{name[:23]}…")]
    for number, one in enumerate(figure.series):
        width = round(max(one.values[at], 0) * unit, 1)
        if width:
            parts.append(RECT.format(number, round(x, 1), y, width, 18, told(figure, at, number)))
        x += width
    value = short_number(sum(one.values[at] for one in figure.series))
    return Markup("").join([*parts, TEXT.format("dm-row-value", round(x + 6, 1), y + 13, value)])


RADIUS, THICK, CENTRE = 80, 30, 110


def donut(figure: Figure) -> Markup:
    """A ring of one series; what its colours are is told beside it."""
    values = figure.series[0].values if figure.series else ()
    whole = sum(values)
    around = 2 * math.pi * RADIUS
    parts, done = [], 0.0
    for number, value in enumerate(values):
        length = value / (whole or 1) * around
        shown = max(length - 2, 1) if len(values) > 1 else length
        dashes = (round(shown, 2), round(around - shown, 2), round(-done, 2))
        parts.append(RING.format(number, CENTRE, RADIUS, THICK, *dashes, told(figure, number, 0)))
        done += length
    parts.append(TEXT.format("dm-total", CENTRE, CENTRE + 8, short_number(whole)))
    return svg(figure, Markup("").join(parts), width=2 * CENTRE, height=2 * CENTRE)


def sparkline(values: list[int], *, title: str) -> Markup:
    """A line of a word's height, of values from zero up."""
    most = max(values, default=0) or 1
    step = 96 / max(len(values) - 1, 1)
    spots = [(round(at * step + 2, 1), round(22 - value / most * 20, 1)) for at, value in enumerate(values)]
    return SPARK.format(title, " ".join(f"{x},{y}" for x, y in spots))
