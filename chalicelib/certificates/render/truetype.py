"""A TrueType font of a few glyphs, with the tables that a PDF asks for (ISO 32000-2, 9.9.1) and no others. Pure."""

import struct
from collections.abc import Mapping, Sequence

from chalicelib.certificates.render.glyphs import Glyph

UNITS = 1000  # in the size of a letter
ASCENT, DESCENT = 880, -120
_BOX = struct.Struct(">hhhhh")  # contours, then the bounds: left, bottom, right, top
_WORD = 0xFFFFFFFF


def font(glyphs: Sequence[Glyph]) -> bytes:
    """The font file; a glyph's number is its place in ``glyphs``, and 0 is for what is missing."""
    outlines = [each.outline + bytes(-len(each.outline) % 4) for each in glyphs]
    ends = [sum(map(len, outlines[:number])) for number in range(len(outlines) + 1)]
    boxes = [_BOX.unpack_from(each.outline) if each.outline else (0, 0, 0, 0, 0) for each in glyphs]
    bounds = [min(box[1] for box in boxes), min(box[2] for box in boxes)]
    bounds += [max(box[3] for box in boxes), max(box[4] for box in boxes)]
    metrics = [struct.pack(">Hh", each.advance, box[1]) for each, box in zip(glyphs, boxes, strict=True)]
    return _file(
        {
            "glyf": b"".join(outlines),
            "head": _head(bounds),
            "hhea": _hhea(glyphs, boxes),
            "hmtx": b"".join(metrics),
            "loca": struct.pack(f">{len(ends)}I", *ends),
            "maxp": _maxp(glyphs, boxes),
        }
    )


def _head(bounds: Sequence[int]) -> bytes:
    version, magic = 0x00010000, 0x5F0F3CF5
    begin = struct.pack(">IIIIHHqq", version, version, 0, magic, 0, UNITS, 0, 0)
    return begin + struct.pack(">4h2H3h", *bounds, 0, 6, 2, 1, 0)  # 1: places in loca are of 32 bits


def _hhea(glyphs: Sequence[Glyph], boxes: Sequence[tuple[int, ...]]) -> bytes:
    widest = max(each.advance for each in glyphs)
    left = min(box[1] for box in boxes)
    right = min(each.advance - box[3] for each, box in zip(glyphs, boxes, strict=True))
    extent = max(box[3] for box in boxes)
    begin = struct.pack(">I3hH3h", 0x00010000, ASCENT, DESCENT, 0, widest, left, right, extent)
    return begin + struct.pack(">3h4hhH", 1, 0, 0, 0, 0, 0, 0, 0, len(glyphs))


def _maxp(glyphs: Sequence[Glyph], boxes: Sequence[tuple[int, ...]]) -> bytes:
    contours = max(box[0] for box in boxes)
    points = max(_points(each.outline, box[0]) for each, box in zip(glyphs, boxes, strict=True))
    return struct.pack(">I14H", 0x00010000, len(glyphs), points, contours, 0, 0, 1, *[0] * 8)


def _points(outline: bytes, contours: int) -> int:
    """One more than the number of the last contour's last point."""
    if not contours:
        return 0
    last = _BOX.size + 2 * (contours - 1)
    return int.from_bytes(outline[last : last + 2]) + 1


def _file(tables: Mapping[str, bytes]) -> bytes:
    """The tables behind their directory, which is sorted by name, each with its sum."""
    place, bits = 12 + 16 * len(tables), len(tables).bit_length() - 1
    span = 16 << bits
    directory = struct.pack(">I4H", 0x00010000, len(tables), span, bits, 16 * len(tables) - span)
    content, head = b"", 0
    for name, table in tables.items():
        head = place if name == "head" else head
        directory += struct.pack(">4sIII", name.encode(), _sum(table), place, len(table))
        padded = table + bytes(-len(table) % 4)
        content += padded
        place += len(padded)
    file = directory + content
    adjustment = struct.pack(">I", (0xB1B0AFBA - _sum(file)) & _WORD)
    return file[: head + 8] + adjustment + file[head + 12 :]


def _sum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & _WORD
