"""The certificate as one page A4."""

import segno

from chalicelib.certificates.model import CertificateAnswer
from chalicelib.certificates.render.letters import cut, drawable, incomplete, wrapped
from chalicelib.certificates.render.sheet import BLACK, HEIGHT, WIDTH, Colour, Sheet
from chalicelib.certificates.render.words import TITLES, Row, mixed, moment, rows, uncovered

_GREEN: Colour = (0.08, 0.38, 0.18)
_GREY: Colour = (0.4, 0.45, 0.42)
_RED: Colour = (0.7, 0.15, 0.12)
_AMBER: Colour = (0.63, 0.36, 0)
_LEFT, _VALUES, _WIDE, _BOTTOM = 64, 210, 320, 196  # points
_SIZE, _LEADING, _GAP = 11, 15.5, 15
_STATED_ELSEWHERE = {"kind", "campaign", "issuer"}  # by the title and by the address
_REASON_LINES = 7  # the longest reason, 200 letters of a whole em each, takes 5
_ADDRESS_LINES = 3


def a4(certificate: CertificateAnswer) -> bytes:
    """The PDF: what the certificate says, and a QR code that leads to its public page."""
    title = TITLES[certificate.kind]
    sheet = Sheet(f"{title.zh} {certificate.serial}")
    sheet.frame(28, 28, WIDTH - 56, HEIGHT - 56, 2.5, _GREEN)
    sheet.frame(34, 34, WIDTH - 68, HEIGHT - 68, 0.6, _GREEN)
    sheet.text(_LEFT, 770, "上海市碳普惠", 12, _GREEN)
    sheet.text(_LEFT + 84, 770, "Shanghai Carbon Inclusion", 9, _GREY)
    sheet.text(_LEFT, 722, title.zh, 30, _GREEN)
    sheet.text(_LEFT, 698, title.en, 12, _GREY)
    y = _revoked(sheet, certificate) if certificate.status == "revoked" else 656.0
    y = _uncovered(sheet, certificate, y)
    facts = [row for row in (*rows(certificate), mixed(certificate)) if row and row.name not in _STATED_ELSEWHERE]
    for row, lines in zip(facts, _fitted([row.whole for row in facts], y - _BOTTOM), strict=True):
        y = _fact(sheet, y, row, lines)
    _proof(sheet, certificate)
    if any(map(incomplete, [*(row.whole for row in facts), certificate.reason or ""])):
        _missing(sheet)
    if certificate.jws:  # so that the file can be verified without its address
        sheet.tell("CertificateJWS", certificate.jws)
    return sheet.file()


def _fitted(texts: list[str], height: float) -> list[list[str]]:
    """The lines of each text; where not all fit, the longest are cut. The public page has all of it."""
    wide = _WIDE / _SIZE
    whole = [wrapped(drawable(text), wide) for text in texts]
    for most in range(max(map(len, whole)), 0, -1):
        fitting = [cut(lines, most, wide) for lines in whole]
        if sum(map(_height, fitting)) <= height:
            break
    return fitting


def _height(lines: list[str]) -> float:
    return max(len(lines) - 1, 0.7) * _LEADING + _GAP + 3  # at least the label's two lines


def _revoked(sheet: Sheet, certificate: CertificateAnswer) -> float:
    """The revocation in a frame as high as its reason; returns the base line for the first fact."""
    at, wide = certificate.revoked_at or certificate.issued_at, (WIDTH - 2 * _LEFT - 8) / 10
    lines = cut(wrapped(drawable(certificate.reason or ""), wide), _REASON_LINES, wide)
    more = 13 * (len(lines) - 1)
    sheet.frame(_LEFT - 6, 634 - more, WIDTH - 2 * _LEFT + 12, 46 + more, 1.5, _RED)
    sheet.text(_LEFT + 4, 660, "已撤销", 16, _RED)
    sheet.text(_LEFT + 60, 660, f"Revoked  {moment(at)} {at}", 9, _RED)
    _lines(sheet, (_LEFT + 4, 642), lines, size=10, leading=13, colour=_RED)
    return 608.0 - more


def _uncovered(sheet: Sheet, certificate: CertificateAnswer, y: float) -> float:
    """The note about grams that await recovery, in a frame; returns the base line for the first fact."""
    if (note := uncovered(certificate)) is None:
        return y
    sheet.frame(_LEFT - 6, y - 16, WIDTH - 2 * _LEFT + 12, 36, 1.5, _AMBER)
    sheet.text(_LEFT + 4, y + 4, note.zh, _SIZE, _AMBER)
    sheet.text(_LEFT + 4, y - 9, note.en, 7.5, _AMBER)
    return y - 42


def _fact(sheet: Sheet, y: float, row: Row, lines: list[str]) -> float:
    """One fact; returns the base line for the next."""
    sheet.text(_LEFT, y, row.label.zh, _SIZE)
    sheet.text(_LEFT, y - 10, row.label.en, 7, _GREY)
    _lines(sheet, (_VALUES, y), lines, size=_SIZE, leading=_LEADING)
    return y - _height(lines)


def _lines(
    sheet: Sheet, at: tuple[float, float], lines: list[str], *, size: float, leading: float, colour: Colour = BLACK
) -> None:
    for number, line in enumerate(lines):
        sheet.text(at[0], at[1] - number * leading, line, size, colour)


def _proof(sheet: Sheet, certificate: CertificateAnswer) -> None:
    """How to check it: this sheet is a picture of the public page, which is what counts."""
    sheet.squares(_LEFT, 64, segno.make_qr(certificate.url, error="m").matrix, 104)
    x = _LEFT + 124
    sheet.text(x, 152, "扫描二维码，在公开页面核验签名及凭证状态", 11)
    sheet.text(x, 139, "Scan to verify the signature and the status on the public page.", 7.5, _GREY)
    wide = (WIDTH - _LEFT + 12 - x) / 7.5
    address = cut(wrapped(drawable(certificate.url), wide), _ADDRESS_LINES, wide)
    _lines(sheet, (x, 122), address, size=7.5, leading=9)
    sheet.text(x, 92, "本凭证内容以公开页面为准。1 个碳积分对应 1 克二氧化碳当量。", 9)
    sheet.text(x, 80, "The public page prevails. 1 carbon point stands for 1 gram of CO2e.", 7.5, _GREY)


def _missing(sheet: Sheet) -> None:
    sheet.text(_LEFT + 124, 64, "“〓”表示本页无法显示的文字，请以公开页面为准。", 9, _RED)
    note = "〓 stands for a character that cannot be printed here: see the public page."
    sheet.text(_LEFT + 124, 53, note, 7.5, _RED)
