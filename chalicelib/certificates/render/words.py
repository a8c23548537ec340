"""A certificate in words, for the page and the PDF. Pure."""

from typing import NamedTuple

from chalicelib.certificates.model import Certificate
from chalicelib.errors import Text
from chalicelib.labels import CERTIFICATE_KINDS, PURPOSES, beijing

TITLES = {
    "cancellation": Text("Certificate of voluntary cancellation", "碳积分自愿注销证书"),
    "donation": Text("Certificate of donation", "碳积分捐赠证书"),
    "campaign": Text("Certificate of carbon neutrality support", "碳中和支持证书"),
    "retirement": Text("Certificate of retirement", "减排量注销证书"),
}
_LABELS = {
    "serial": Text("Serial", "证书编号"),
    "kind": Text("Kind", "类别"),
    "holder": Text("Holder", "持有人"),
    "beneficiary": Text("Beneficiary", "受益方"),
    "grams": Text("Reductions, gCO2e", "减排量（克 CO2e）"),
    "points": Text("Carbon points", "碳积分"),
    "purpose": Text("Purpose", "用途"),
    "title": Text("Title", "名称"),
    "campaign": Text("Campaign", "活动编号"),
    "donors": Text("Donors", "捐赠人数"),
    "scenarios": Text("Scenarios", "减排场景"),
    "methodologies": Text("Methodologies", "方法学"),
    "issued_at": Text("Issued at", "签发时间"),
    "issuer": Text("Issued by", "签发平台"),
}


class Row(NamedTuple):
    """A fact of a certificate: its name in the JSON, its label, what it says in Chinese, and the same ``beside`` it.

    ``beside`` is a code's label in English or a time in UTC, and empty for all else. The page's script builds the same
    two from what was signed.
    """

    name: str
    label: Text
    said: str
    beside: str = ""

    @property
    def whole(self) -> str:
        return f"{self.said} {self.beside}".rstrip()


def rows(certificate: Certificate) -> list[Row]:
    """What the certificate says, fact by fact; what it does not say is left out."""
    told = [(name, label, getattr(certificate, name)) for name, label in _LABELS.items()]
    return [Row(name, label, *_shown(certificate, name, said)) for name, label, said in told if said is not None]


def moment(stamp: str) -> str:
    """A time as people in Shanghai read it."""
    return f"{beijing(stamp)}（北京时间）"


def _shown(certificate: Certificate, name: str, said: str | int | list[str]) -> tuple[str, str]:
    if isinstance(said, list):
        return "、".join(said), ""
    if isinstance(said, int):
        return f"{said:,}", ""
    if name == "issued_at":
        return moment(said), said
    label = _label(certificate, name, said)
    return (label.zh, label.en) if label else (said, "")


def _label(certificate: Certificate, name: str, said: str) -> Text | None:
    """Of a code; a person's purpose is in her own words, even where these look like a code."""
    if name == "kind":
        return CERTIFICATE_KINDS[said]
    if name == "purpose" and certificate.kind != "cancellation":
        return PURPOSES.get(said)
    return None
