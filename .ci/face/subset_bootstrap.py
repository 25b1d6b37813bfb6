"""Write the admin's `bootstrap.min.css`: Bootstrap's compiled CSS without what the admin cannot use.

Left out: components that need Bootstrap's JavaScript (which the admin does not load), the utilities for the widest
screens (`xl`, `xxl`), spaces, gaps and order for `sm` and `lg`, the coloured variants of links and list groups, rounded
single sides, and what marks a field as right. Every other class keeps its name and its rules, so a template written
with Bootstrap 5.3's documentation at hand looks as it says there.

Run: npm pack bootstrap@5.3 && tar xzf bootstrap-*.tgz && python .ci/face/subset_bootstrap.py package
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "src/demijohn/admin/static/vendor"

NEEDS_SCRIPT = (
    r"carousel|accordion|offcanvas|tooltip|bs-popover|popover|toast|collapsing|modal-backdrop|navbar|dropup|dropstart"
    r"|dropend|dropdown-center|dropup-center"
)
WIDEST = r"(?:[a-z-]+-)?(?:xl|xxl)(?:-[a-z0-9-]+)?"
RARE = (
    r"placeholder(?!-shown)[\w-]*|ratio[\w-]*|form-range|form-floating|vr|hstack|bg-gradient|focus-ring[\w-]*"
    r"|icon-link[\w-]*|text-bg-[\w-]+"
)
COLOURS = "primary|secondary|success|danger|warning|info|light|dark"
SELDOM = (
    rf"link-(?:{COLOURS}|body-emphasis|opacity|underline|offset)[\w-]*|list-group-item-(?:{COLOURS})"
    r"|rounded-(?:top|end|bottom|start)-[\w-]+|modal-(?:fullscreen|sm|lg)[\w-]*|object-fit-[\w-]+|order-[\w-]+"
    r"|is-valid|valid-feedback|list-group-horizontal-[\w-]+|table-responsive-[\w-]+|sticky-(?:sm|md|lg)-[\w-]+"
    r"|(?:[mp][xytbse]?|gap|row-gap|column-gap|g|gx|gy|offset|float|text)-(?:sm|lg)-[\w-]+"
)
LEFT_OUT = re.compile(
    rf"\.(?:(?:{NEEDS_SCRIPT})[\w-]*|{WIDEST}|{RARE}|{SELDOM})(?![\w-])|\.was-validated[^,]*:valid|:focus-visible\.is-valid"
)
KEYFRAMES_LEFT_OUT = re.compile(r"@keyframes (placeholder|progress)")


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """Each top-level rule as (what stands before the brace, what stands inside)."""
    start = 0
    while (brace := css.find("{", start)) != -1:
        depth, end = 1, brace + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[start:brace].strip(), css[brace + 1 : end - 1]
        start = end


def subset(css: str) -> str:
    kept = []
    for head, body in blocks(css):
        if head.startswith(("@media", "@supports")):
            inner = subset(body)
            kept.append(f"{head}{{{inner}}}" if inner else "")
        elif head.startswith("@"):
            kept.append("" if KEYFRAMES_LEFT_OUT.match(head) else f"{head}{{{body}}}")
        else:
            selectors = [one for one in re.split(r",(?![^(]*\))", head) if not LEFT_OUT.search(one)]
            kept.append(f"{','.join(selectors)}{{{body}}}" if selectors else "")
    return "".join(kept)


def main(package: Path) -> None:
    for name in ("bootstrap.min.css", "bootstrap.rtl.min.css"):
        css = (package / "dist/css" / name).read_text()
        licence = css[: css.index("*/") + 2].replace('@charset "UTF-8";', "")
        rest = re.sub(r"/\*.*?\*/", "", css[css.index("*/") + 2 :], flags=re.DOTALL)
        note = "/* Subset made by .ci/face/subset_bootstrap.py of the demijohn sources. */"
        (VENDOR / name).write_text(f'@charset "UTF-8";{licence}\n{note}\n{subset(rest)}\n')
    shutil.copy(package / "LICENSE", VENDOR / "LICENSE-bootstrap.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
