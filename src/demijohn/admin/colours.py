"""Colours from one accent, for light and for dark: pure functions over `#rrggbb`.

Contrast is that of WCAG 2.2 (relative luminance of sRGB). What our pages put under and over an accent is below.
"""

from dataclasses import dataclass

READABLE = 4.5
"""WCAG 2.2, 1.4.3: text of normal size."""
COMFORTABLE = 7.0
"""What the accent of the dark theme keeps above its ground; our choice, as the stock green does."""

LIGHT_GROUNDS = ("#ffffff", "#f6f7f5", "#eff2ef", "#f0f4f1")
"""Surface, page, sunken and hover of `tokens.css`, light."""
DARK_GROUNDS = ("#181d1c", "#111514", "#1f2524", "#222a28")
"""The same, dark."""
STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Shades:
    """The accent of one theme, and what goes with it."""

    accent: str
    strong: str
    soft: str
    on_accent: str


def channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    red, green, blue = (linear(value / 255) for value in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Between 1 (none) and 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with this share (0 to 1) of `other`."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(own + (its - own) * share):02x}" for own, its in pairs)


def moved(colour: str, towards: str, grounds: tuple[str, ...], least: float) -> str:
    """The colour nearest to this one, on the way to another, that has at least this contrast to each ground."""
    found = (mix(colour, towards, step / STEPS) for step in range(STEPS + 1))
    return next((one for one in found if least_contrast(one, grounds) >= least), towards)


def readable(colour: str) -> str:
    """The colour itself if text in it can be read on the light pages and white text on it, else the nearest darker."""
    return moved(colour, "#000000", LIGHT_GROUNDS, READABLE)


def light_shades(accent: str) -> Shades:
    soft = mix(accent, "#ffffff", 0.88)
    return Shades(
        accent=accent,
        strong=moved(mix(accent, "#000000", 0.25), "#000000", (*LIGHT_GROUNDS, soft), READABLE + 1),
        soft=soft,
        on_accent="#ffffff",
    )


def dark_shades(accent: str) -> Shades:
    lit = moved(accent, "#ffffff", DARK_GROUNDS, COMFORTABLE)
    soft = mix(lit, DARK_GROUNDS[0], 0.82)
    return Shades(
        accent=lit,
        strong=moved(mix(lit, "#ffffff", 0.3), "#ffffff", (*DARK_GROUNDS, soft), COMFORTABLE),
        soft=soft,
        on_accent=moved(mix(accent, "#000000", 0.75), "#000000", (lit,), COMFORTABLE),
    )
