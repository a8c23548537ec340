"""The outlines of 38 000 letters, read from a file of 7 MB one block at a time: only what a sheet needs.

The file is made by ``make fonts`` of Noto Sans (docs/adr/0015). Its head lists the blocks: the first code point and the
place of each. A block is compressed; its entries list code point, width and length of each outline, which follow.
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "fonts" / "glyphs.bin"
_MAGIC = b"glyphs 1"
_COUNT, _PLACE, _ENTRY = struct.Struct(">I"), struct.Struct(">II"), struct.Struct(">IHH")
_BLOCK = 64  # letters: a sheet of 150 letters opens about 60 blocks, 0.2 ms each
_BEYOND = 0x110000


class Glyph(NamedTuple):
    """A letter's shape: an entry of TrueType's table ``glyf`` without instructions, empty for a blank.

    ``advance`` is its width in thousandths of the size, as is every number in the outline.
    """

    advance: int
    outline: bytes


@lru_cache(maxsize=4096)
def glyph(letter: str) -> Glyph | None:
    """The shape of ``letter``; None where there is none."""
    number = bisect_right(_places(), (ord(letter), _BEYOND << 32)) - 1
    return _block(number).get(ord(letter)) if number >= 0 else None


@cache
def _places() -> list[tuple[int, int]]:
    with FILE.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"{FILE.name} is no file of glyphs")
        [count] = _COUNT.unpack(file.read(_COUNT.size))
        return [(first, place) for first, place in _PLACE.iter_unpack(file.read(count * _PLACE.size))]


@lru_cache(maxsize=256)
def _block(number: int) -> dict[int, Glyph]:
    (_, begin), (_, end) = _places()[number : number + 2]
    with FILE.open("rb") as file:
        file.seek(begin)
        content = zlib.decompress(file.read(end - begin))
    [count] = _COUNT.unpack_from(content)
    entries = list(islice(_ENTRY.iter_unpack(content[_COUNT.size : _COUNT.size + count * _ENTRY.size]), count))
    found, place = {}, _COUNT.size + count * _ENTRY.size
    for code, advance, length in entries:
        found[code] = Glyph(advance, content[place : place + length])
        place += length
    return found


def packed(glyphs: dict[int, Glyph]) -> bytes:
    """The file that holds ``glyphs`` by code point."""
    blocks = list(_blocks(sorted(glyphs.items())))
    place = len(_MAGIC) + _COUNT.size + (len(blocks) + 1) * _PLACE.size
    head = [_MAGIC, _COUNT.pack(len(blocks) + 1)]
    for first, block in blocks:
        head.append(_PLACE.pack(first, place))
        place += len(block)
    return b"".join([*head, _PLACE.pack(_BEYOND, place), *(block for _, block in blocks)])


def _blocks(glyphs: list[tuple[int, Glyph]]) -> Iterator[tuple[int, bytes]]:
    for begin in range(0, len(glyphs), _BLOCK):
        part = glyphs[begin : begin + _BLOCK]
        entries = [_ENTRY.pack(code, each.advance, len(each.outline)) for code, each in part]
        content = [_COUNT.pack(len(part)), *entries, *(each.outline for _, each in part)]
        yield part[0][0], zlib.compress(b"".join(content), 9)
