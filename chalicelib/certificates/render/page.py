"""The public page of a certificate. Its script verifies the signature in the reader's own browser."""

from html import escape
from pathlib import Path
from string import Template

from chalicelib.certificates.model import CertificateAnswer
from chalicelib.certificates.render.words import BETWEEN, TITLES, Row, mixed, moment, rows, uncovered
from chalicelib.edge.pages import Assets
from chalicelib.errors import Text

_UNSIGNED = Text(
    "This note is not part of what is signed. It disappears once they are recovered.",
    "本提示不在签名范围内，追回后不再显示。",
)
_OWN = Path(__file__).parent / "static"
ASSETS = Assets(
    {
        "certificate.js": (_OWN / "certificate.js", "text/javascript; charset=utf-8"),
        "certificate.css": (_OWN / "certificate.css", "text/css; charset=utf-8"),
    }
)


def html(certificate: CertificateAnswer) -> str:
    """Chinese with English beside it. Paths are relative: stages have a path of their own."""
    title = TITLES[certificate.kind]
    return Template((_OWN / "certificate.html").read_text("utf-8")).substitute(
        root="../../",
        version=ASSETS.version,
        title=title.zh,
        subtitle=title.en,
        serial=escape(certificate.serial),
        status=certificate.status,
        revoked=_revoked(certificate),
        uncovered=_uncovered(certificate),
        jws=escape(certificate.jws or ""),
        rows="".join(_row(row) for row in rows(certificate)),
        mix=_mix(certificate),
    )


def _mix(certificate: CertificateAnswer) -> str:
    """Apart from what was signed: the mix is known later, and follows from the signed mix of its month."""
    if (row := mixed(certificate)) is None:
        return ""
    label = f"{escape(row.label.zh)} <small lang=en>{escape(row.label.en)}</small>"
    beside = f" <small lang=en>{escape(row.beside)}</small>" if row.beside else ""
    value = f"{escape(row.value).replace(BETWEEN, '<br>')}{beside}<br><small>{_source(certificate)}</small>"
    return f'<table id="mix"><tbody><tr><th scope="row">{label}</th><td>{value}</td></tr></tbody></table>'


def _source(certificate: CertificateAnswer) -> str:
    """What the mix follows from."""
    if (source := certificate.mix_source) is None:
        return "月结后由该月来源构成推算 <span lang=en>It will follow from the mix of the month.</span>"
    month = f'<a href="../mixes/{source.month}">{source.month}</a>'
    english = f"<span lang=en>It follows from the signed mix of {month}.</span>"
    return f"由 {month} 已签名的来源构成推算，不在本凭证签名之内 {english}"


def _row(row: Row) -> str:
    label = f"{escape(row.label.zh)} <small lang=en>{escape(row.label.en)}</small>"
    beside = f" <small lang=en>{escape(row.beside)}</small>" if row.beside else ""
    return f'<tr><th scope="row">{label}</th><td data-claim="{row.name}">{escape(row.value)}{beside}</td></tr>\n'


def _revoked(certificate: CertificateAnswer) -> str:
    if certificate.status == "valid":
        return ""
    at = certificate.revoked_at or certificate.issued_at
    reason = f"{escape(certificate.reason or '')}<br>{moment(at)} <small lang=en>{escape(at)}</small>"
    return f'<p class="status revoked" id="revoked">已撤销 <small lang=en>Revoked</small>：{reason}</p>'


def _uncovered(certificate: CertificateAnswer) -> str:
    if (note := uncovered(certificate)) is None:
        return ""
    chinese, english = escape(note.zh + _UNSIGNED.zh), escape(f"{note.en} {_UNSIGNED.en}")
    return f'<p class="status uncovered" id="uncovered">{chinese}<br><small lang=en>{english}</small></p>'
