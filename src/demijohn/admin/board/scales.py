"""Axes: round ticks, short numbers, moments in words. Pure functions over plain values."""

import datetime as dt
import math
from collections.abc import Sequence

STEPS = (1, 2, 2.5, 5, 10)
SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round values from at or below `low` to at or above `high`, at equal steps, at most `most` steps."""
    if high <= low:
        high = low + 1
    rough = (high - low) / most
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(magnitude * factor for factor in STEPS if magnitude * factor >= rough * 0.999_999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def short_number(value: float) -> str:
    """A number in few signs: `1.2k`, `3M`, `0.25`, `-7`."""
    for size, suffix in SUFFIXES:
        if abs(value) >= size:
            return f"{_plain(value / size)}{suffix}"
    return _plain(value)


def _plain(value: float) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 1 else 3
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_label(day: dt.date, *, span_days: int) -> str:
    """A day on an axis that spans so many days: `5 Nov`, `Nov 2026`, `2026`."""
    if span_days <= 92:
        return f"{day.day} {day:%b}"
    return f"{day:%b %Y}" if span_days <= 3 * 366 else f"{day:%Y}"


def spread(count: int, *, most: int) -> list[int]:
    """Positions of at most `most` labels among `count`, the first among them, at equal steps."""
    step = max(1, math.ceil(count / most))
    return list(range(0, count, step))


def every_day(days: Sequence[dt.date]) -> list[dt.date]:
    """All days from the first to the last."""
    first, last = min(days), max(days)
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
