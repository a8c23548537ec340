"""Native libraries without what only a debugger reads."""

import struct
from pathlib import Path

_ELF64_LITTLE = b"\x7fELF\x02\x01"
_SEGMENT = struct.Struct("<8xQ16xQ16x")  # offset and size in the file


def strip(path: Path) -> None:
    """Cut off everything behind the last segment that the loader maps: symbol table and section headers.

    As ``strip`` does, but it knows no machine's instructions, so that a library for arm64 is cut on x86-64 as well.
    """
    data = bytearray(path.read_bytes())
    if not data.startswith(_ELF64_LITTLE):
        return
    (segments,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    ends = [sum(_SEGMENT.unpack_from(data, segments + number * size)) for number in range(count)]
    del data[max(ends) :]
    struct.pack_into("<Q", data, 40, 0)  # no section headers …
    struct.pack_into("<HH", data, 60, 0, 0)  # … none of them, and no names
    path.write_bytes(data)
