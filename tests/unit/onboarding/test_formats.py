"""Files as programs really write them are accepted; what only begins like one is not."""

import pytest

from chalicelib.onboarding.documents.formats import is_of
from infra.dev.demo.files import jpeg, pdf, png

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
GOOD = pdf("hello")


@pytest.mark.parametrize(
    "content",
    [GOOD, b"\xef\xbb\xbf" + GOOD, b"\r\n" + GOOD, b"x" * 200 + GOOD, GOOD + b"\0" * 1000, GOOD.replace(b"%%EOF", b"")],
)
def test_a_pdf_that_every_reader_opens_is_one(content: bytes) -> None:
    assert is_of(PDF, content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 and nonsense",
        GOOD[:-60],
        b"x" * 1024 + GOOD,
        b"PK\x03\x04" + GOOD,
        b"<html>" + GOOD,
        png(1),
        jpeg(),
    ],
)
def test_what_only_claims_to_be_a_pdf_is_none(content: bytes) -> None:
    assert not is_of(PDF, content)


def test_pictures_are_whole() -> None:
    assert is_of(PNG, png(1))
    assert is_of(PNG, png(1) + b"\n")
    assert is_of(JPEG, jpeg())
    assert is_of(JPEG, jpeg() + b"\0\0")
    for cut in (png(1)[:-12], png(1)[:8], b"\x89PNG\r\n\x1a\n nonsense IEND", jpeg(), GOOD, b""):
        assert not is_of(PNG, cut)
    for cut in (jpeg()[:-2], b"\xff\xd8\xff", png(1), GOOD, b""):
        assert not is_of(JPEG, cut)
