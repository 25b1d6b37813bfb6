"""Write `src/demijohn/static/icons.svg`, one symbol for each icon named below, from an unpacked `lucide-static`.

Run: npm pack lucide-static && tar xzf lucide-static-*.tgz && python .ci/face/build_icons.py package/icons
"""

import re
import sys
from pathlib import Path

TARGET = Path(__file__).parents[2] / "src/demijohn/static/icons.svg"

# our name -> Lucide's name
ICONS = {
    "activity": "activity", "alert": "triangle-alert", "archive": "archive", "arrow-down": "arrow-down",
    "arrow-left": "arrow-left", "arrow-right": "arrow-right", "arrow-up": "arrow-up", "bell": "bell",
    "book": "book-open", "bookmark": "bookmark", "box": "box", "briefcase": "briefcase", "bug": "bug",
    "building": "building-2", "calendar": "calendar", "camera": "camera", "cart": "shopping-cart",
    "chart": "chart-column", "check": "check", "check-circle": "circle-check", "chevron-down": "chevron-down",
    "chevron-left": "chevron-left", "chevron-right": "chevron-right", "chevron-up": "chevron-up",
    "clock": "clock", "close": "x", "cloud": "cloud", "code": "code", "comment": "message-square",
    "copy": "copy", "credit-card": "credit-card", "dashboard": "layout-dashboard", "database": "database",
    "dot": "dot", "download": "download", "external": "external-link", "eye": "eye", "eye-off": "eye-off",
    "file": "file-text", "filter": "list-filter", "flag": "flag", "folder": "folder", "gift": "gift",
    "globe": "globe", "heart": "heart", "help": "circle-question-mark", "history": "history", "home": "house",
    "image": "image", "inbox": "inbox", "info": "info", "key": "key-round", "link": "link", "list": "list",
    "columns": "columns-3",
    "lock": "lock", "mail": "mail", "map-pin": "map-pin", "menu": "menu", "minus": "minus",
    "minus-circle": "circle-minus", "money": "banknote", "monitor": "monitor", "moon": "moon",
    "more": "ellipsis-vertical", "paperclip": "paperclip", "pencil": "pencil", "phone": "phone",
    "plus": "plus", "plus-circle": "circle-plus", "power": "power", "print": "printer",
    "refresh": "refresh-cw", "save": "save", "search": "search", "send": "send", "server": "server",
    "settings": "settings", "shield": "shield-check", "sign-in": "log-in", "sign-out": "log-out",
    "sort": "chevrons-up-down", "star": "star", "sun": "sun", "table": "table-2", "tag": "tag", "tags": "tags",
    "terminal": "square-terminal", "thumbs-up": "thumbs-up", "trash": "trash-2", "truck": "truck",
    "undo": "undo-2", "upload": "upload", "user": "user", "user-plus": "user-plus", "users": "users",
    "wrench": "wrench", "zap": "zap",
}  # fmt: skip


def symbol(name: str, source: str) -> str:
    inner = re.sub(r"\s+", " ", source[source.index(">", source.index("<svg")) + 1 : source.index("</svg>")]).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inner.replace(" />", "/>").replace("> <", "><")}</symbol>'


def main(folder: Path) -> None:
    symbols = [symbol(name, (folder / f"{lucide}.svg").read_text()) for name, lucide in sorted(ICONS.items())]
    head = "<!-- Icons of Lucide (https://lucide.dev), ISC licence: see LICENSE-lucide.txt. Made by .ci/face. -->"
    body = "\n".join(symbols)
    TARGET.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{head}\n{body}\n</svg>\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
