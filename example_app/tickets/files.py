"""Sample files as customers send them: a photo of a flask, an invoice, a list of what arrived."""

import random
import struct
import zlib
from functools import cache
from io import BytesIO

from demijohn.admin import store_file
from demijohn.database import StoredFile

WIDTH, HEIGHT = 320, 240
NECK, FOOT = 24, 84
"""Half the width of the flask at its neck and foot (pixels)."""

Colour = tuple[int, int, int]

GLASS: tuple[Colour, ...] = ((46, 125, 100), (150, 84, 38), (58, 104, 168), (140, 60, 96))
PAPER: Colour = (238, 236, 230)


def sent_file(rng: random.Random) -> StoredFile:
    """One of them, stored for a record to come."""
    name, body = rng.choice((("photo.png", photo(rng.choice(GLASS))), ("invoice.pdf", invoice(rng)), arrived(rng)))
    return store_file(BytesIO(body), name)


@cache
def photo(glass: Colour) -> bytes:
    """A flask of this colour, as PNG."""
    rows = b"".join(b"\x00" + row(y, glass) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def row(y: int, glass: Colour) -> bytes:
    """A line of the picture: paper, glass as wide as the flask is there, paper."""
    half = 0 if not 20 <= y < 220 else NECK if y < 90 else min(FOOT, NECK + (y - 90))
    side = bytes(PAPER) * (WIDTH // 2 - half)
    shade = tuple(min(255, part + (220 - y) // 4) for part in glass) if half else PAPER
    return side + bytes(shade) * (2 * half) + side


def invoice(rng: random.Random) -> bytes:
    """A page with a number, as PDF."""
    text = f"BT /F1 18 Tf 60 760 Td (Invoice {rng.randint(1000, 9999)}) Tj ET".encode()
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF\n"


def arrived(rng: random.Random) -> tuple[str, bytes]:
    """What was in the parcel, as CSV."""
    lines = [f"{rng.choice(('Carboy', 'Airlock', 'Bung', 'Siphon'))},{rng.randint(1, 6)}" for _ in range(3)]
    return "arrived.csv", "\n".join(["what,pieces", *lines, ""]).encode()
