"""Whether bytes are of the kind of file that they are announced as. Pure.

Read as every reader of such files does: what real programs write before the header or after the end is tolerated.
A file that was cut off, or that only begins like one, is refused.
"""

from collections.abc import Callable

_HEAD_BYTES = 1024  # PDF readers look for the header here (ISO 32000-2, annex I)
_TAIL_BYTES = 2048  # where the end mark stands, whatever follows it
# A file that begins like one of these is that, whatever it contains: archives, programs, pictures, web pages
_OTHERS = (b"PK", b"MZ", b"\x7fELF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"<")
_PNG = b"\x89PNG\r\n\x1a\n"  # ISO 15948, 5.2


def _pdf(content: bytes) -> bool:
    end = content[-_TAIL_BYTES:]
    header = b"%PDF-" in content[:_HEAD_BYTES] and not content.startswith(_OTHERS)
    return header and (b"%%EOF" in end or b"startxref" in end)


def _png(content: bytes) -> bool:
    return content.startswith(_PNG) and content[12:16] == b"IHDR" and b"IEND" in content[-_TAIL_BYTES:]


def _jpeg(content: bytes) -> bool:
    return content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[-_TAIL_BYTES:]


_CHECKS: dict[str, Callable[[bytes], bool]] = {"application/pdf": _pdf, "image/png": _png, "image/jpeg": _jpeg}


def is_of(content_type: str, content: bytes) -> bool:
    """Whether ``content`` is a whole file of this media type."""
    return _CHECKS[content_type](content)
