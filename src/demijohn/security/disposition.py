"""The name of a file that is handed out, so that every browser takes it as it is."""

import re
import unicodedata
from urllib.parse import quote

LONGEST = 150
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


def attachment(name: str) -> str:
    """The value of Content-Disposition that saves a file under this name.

    Source:
        RFC 6266, with the fallback in ASCII that its appendix D advises, and `filename*` of RFC 8187.
    """
    clean = UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .")[-LONGEST:] or "file"
    plain = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode() or "file"
    value = f'attachment; filename="{plain}"'
    return value if plain == clean else f"{value}; filename*=UTF-8''{quote(clean, safe='')}"
