"""A certificate in words, for the page and the PDF. Pure."""

from typing import NamedTuple

from chalicelib.certificates.model import Certificate
from chalicelib.errors import Text

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
    "issued_at": Text("Issued at (UTC)", "签发时间（UTC）"),
    "issuer": Text("Issued by", "签发平台"),
}
# What campaigns and institutions choose from; a person's purpose is in her own words
PURPOSES = {
    "production": "企业生产经营碳中和",
    "event": "大型活动碳中和",
    "voluntary": "自愿注销",
    "neutrality": "碳中和",
    "offset": "抵消",
}


class Row(NamedTuple):
    """A fact of a certificate: its name in the JSON, what it is called, what it says."""

    name: str
    label: Text
    said: str


def rows(certificate: Certificate) -> list[Row]:
    """What the certificate says, fact by fact; what it does not say is left out."""
    told = [(name, label, getattr(certificate, name)) for name, label in _LABELS.items()]
    return [Row(name, label, _shown(said)) for name, label, said in told if said is not None]


def _shown(said: str | int | list[str]) -> str:
    """As the page's script expects it."""
    if isinstance(said, list):
        return "、".join(said)
    return f"{said:,}" if isinstance(said, int) else said
