"""Small real files, made in code: a PDF with a line of text, a PNG and a JPEG of one dot."""

import base64
import struct
import zlib

# The smallest baseline JPEG: one white dot
_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AR//Z"
)
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"


def pdf(text: str) -> bytes:
    """One page with ``text`` (ASCII, no brackets) on it."""
    drawn = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


def png(shade: int) -> bytes:
    """One grey dot, ``shade`` from 0 to 255."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes([0, shade]))) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """One white dot."""
    return base64.b64decode(_JPEG)


def document(kind: str, of: str) -> tuple[str, bytes]:
    """Content type and content of a document of this kind: licences as JPEG, identities as PNG, the rest as PDF."""
    if kind == "business_licence":
        return JPEG, jpeg()
    if kind == "legal_person_identity":
        return PNG, png(sum(of.encode()) % 256)
    return PDF, pdf(f"{kind} of {of}")
